import Foundation
import LabFile
import LabStore
import Libvirt
import Testing

@testable import LabRuntime

@Suite("What a command that was interrupted left")
struct InterruptedTests {
    /// A session of two machines in libvirt's own test driver: the first is on; the second as asked.
    private func session(_ id: String, second: DomainState?) async throws -> LiveSession {
        let connection = try await Connection.open("test:///default")
        var record = SessionRecord(
            id: id, lab: 1, directory: "/", student: "kim", begun: Date(), state: .running, accelerator: "tcg")
        record.connection = "test:///default"
        let lab = Lab(
            number: 1, name: "two", title: Localized(ko: "둘", en: "Two"),
            machines: ["one", "two"].map {
                MachineSpec(name: $0, image: "server", address: "192.168.122.201", user: "admin")
            }, steps: [], directory: "/")
        let session = LiveSession(
            record: record, lab: lab, paths: LabPaths(environment: [:], root: "/"), connection: connection)
        for machine in second == nil ? ["one"] : ["one", "two"] {
            let domain = session.domain(machine)
            try await connection.defineDomain(
                xml: "<domain type='test'><name>\(domain)</name><memory>1024</memory><os><type>hvm</type></os></domain>"
            )
            if machine == "one" || second == .running { try await connection.startDomain(domain) }
        }
        return session
    }

    @Test("A machine that is off leaves no other paused when all are to stand still")
    func standingStill() async throws {
        let session = try await session("1-still", second: .shutOff)
        await #expect(throws: LibvirtError.self) { try await Checkpoint.whileStill(session) {} }
        #expect(try await session.states() == ["one": .running, "two": .shutOff])
        let away = try await session.notRunning()
        #expect(away.map(\.machine) == ["two"] && away.map(\.isMissing) == [false])
    }

    @Test("One that is off does not matter where all are on afterwards, and all stand still meanwhile")
    func puttingBack() async throws {
        let session = try await session("1-back", second: .shutOff)
        try await Checkpoint.whileStill(session, allOn: false) {
            #expect(try await session.states() == ["one": .paused, "two": .shutOff])
            try await session.connection.startDomain(session.domain("two"))
            try await session.connection.suspendDomain(session.domain("two"))
        }
        #expect(try await session.states() == ["one": .running, "two": .running])
    }

    @Test("A machine that is missing is no error of those that are there")
    func missing() async throws {
        let session = try await session("1-missing", second: nil)
        let away = try await session.notRunning()
        #expect(away.map(\.machine) == ["two"] && away.map(\.isMissing) == [true])
        #expect(try await session.inRescue().isEmpty)
        #expect(try await Checkpoint.steps(of: session).isEmpty)
    }

    @Test("Who made a room that nobody recorded is ended; a process that has its pid by now is not")
    func leftRoom() async throws {
        let sockets = NSTemporaryDirectory() + "lab-left-" + UUID().uuidString
        try LabPaths.make(sockets)
        defer { try? FileManager.default.removeItem(atPath: sockets) }
        func start(_ word: String) throws -> HostProcess {
            let process = Process()
            process.executableURL = URL(filePath: "/usr/bin/perl")
            process.arguments = ["-e", "sleep 1000", word]
            try process.run()
            let pid = Int(process.processIdentifier)
            try "\(pid)\n".write(toFile: sockets + "/unshare.pid", atomically: true, encoding: .utf8)
            return try #require(HostProcess(pid: pid))
        }
        let maker = try start(sockets)
        // Its command line is the program's as soon as exec(3) is done.
        while !maker.words.contains(sockets) { try await Task.sleep(for: .milliseconds(10)) }
        try await Room.endLeft(in: sockets)
        #expect(!maker.isAlive)
        let stranger = try start(sockets + "2")
        try await Room.endLeft(in: sockets)
        #expect(stranger.isAlive)
        stranger.signal(SIGKILL)
    }

    @Test("What does not end is not waited for")
    func limits() async throws {
        #expect(try await within(seconds: 10) { 1 } == 1)
        #expect(try await within(seconds: 0) { try await Task.sleep(for: .seconds(1000)) } == nil)
        await #expect(throws: LabError.self) { try await within(seconds: 10) { throw LabError(.failed, "no") } }
    }
}
