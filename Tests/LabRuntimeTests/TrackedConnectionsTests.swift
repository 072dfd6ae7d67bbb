import Foundation
import LabFile
import LabStore
import Libvirt
import Testing

@testable import LabRuntime

@Suite("The connections that a room translates")
struct TrackedConnectionsTests {
    private let home = NSTemporaryDirectory() + "lab-connections-" + UUID().uuidString

    private func connections(of id: String) async throws -> TrackedConnections {
        let record = SessionRecord(
            id: id, lab: 7, directory: "/", student: "kim", begun: Date(), state: .stopped, accelerator: "tcg")
        let paths = LabPaths(environment: ["LAB_HOME": home], root: "/")
        try LabPaths.make(TrackedConnections.directory(of: paths.session(id)))
        let lab = Lab(
            number: 7, name: "nat", title: Localized(ko: "", en: ""),
            machines: [
                MachineSpec(name: "d", image: "server", address: "100.64.0.21", user: "a", acceptsInbound: false)
            ], steps: [], directory: "/")
        return TrackedConnections(
            of: LiveSession(
                record: record, lab: lab, paths: paths, connection: try await Connection.open("test:///default")))
    }

    @Test("Those of a moment go with a starting point to another session, and are forgotten with the moment")
    func moments() async throws {
        defer { try? FileManager.default.removeItem(atPath: home) }
        let (first, second) = (try await connections(of: "7-a"), try await connections(of: "7-b"))
        let point = home + "/point"
        try LabPaths.make(point)
        // Nothing was kept: nothing is taken along.
        try first.copy("step-x", to: point)
        try second.adopt("step-x", from: point)
        #expect(try FileManager.default.contentsOfDirectory(atPath: point).isEmpty)
        let kept = home + "/sessions/7-a/connections/step-x"
        try "-F\n".write(toFile: kept, atomically: true, encoding: .utf8)
        try first.copy("step-x", to: point)
        first.forget("step-x")
        #expect(!FileManager.default.fileExists(atPath: kept))
        try second.adopt("step-x", from: point)
        let taken = home + "/sessions/7-b/connections/step-x"
        #expect(try String(contentsOfFile: taken, encoding: .utf8) == "-F\n")
    }

    @Test("Without a room there is nothing to keep and nothing to put back")
    func elsewhere() async throws {
        defer { try? FileManager.default.removeItem(atPath: home) }
        let connections = try await connections(of: "7-c")
        #expect(!connections.arePossible)
        #expect(await connections.keep(as: "stop") == nil)
        #expect(await connections.putBack(to: "stop") == nil)
    }
}
