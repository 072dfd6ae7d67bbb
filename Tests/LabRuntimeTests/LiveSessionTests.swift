import Foundation
import LabFile
import LabStore
import Testing

@testable import LabRuntime

/// Needs a host that can run machines: `LAB_TEST_LIVE=1`.
@Suite(.enabled(if: ProcessInfo.processInfo.environment["LAB_TEST_LIVE"] == "1"))
struct LiveSessionTests {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path

    @Test func aSessionStartsStopsResumesAndLeavesNothing() async throws {
        let home = NSTemporaryDirectory() + "lab-live-\(UInt32.random(in: 0...UInt32.max))"
        defer { try? FileManager.default.removeItem(atPath: home) }
        var environment = ProcessInfo.processInfo.environment
        environment["LAB_HOME"] = home
        environment["LAB_RUN"] = home + "/r"
        let paths = LabPaths(environment: environment, root: Self.root)
        try LabPaths.make(home)
        let store = try LabStore(home: home)
        let lab = Lab(
            number: 99, name: "one", title: Localized(ko: "하나", en: "One"),
            machines: [
                MachineSpec(name: "losttemple", image: "workstation", address: "192.168.122.1", user: "shinjaehun")
            ], steps: [], directory: "/nowhere")
        let start = SessionStart(paths: paths, store: store) { print($0) }
        var record = try await start.start(lab, student: "kim").record
        let room = try #require(record.room)
        var session = try await LiveSession.attach(record, lab: lab, paths: paths)
        let agent = session.agent("losttemple")
        #expect(try await agent.check(["/bin/hostname"]) == "losttemple\n")
        let door = try await agent.check([
            "/bin/sh", "-c",
            "ss -ltn 'sport = :22022' | wc -l; systemctl --failed --no-legend; systemd-analyze blame | head; df -h /; free -m",
        ])
        print(door)
        #expect(door.hasPrefix("3\n"))
        let status = try await GuestStream(agent).run(
            .words(["sh", "-c", "id -un; pwd; exit 7"]), as: "shinjaehun", input: { nil },
            output: { number, data in
                #expect(number == 1)
                print(String(decoding: data, as: UTF8.self))
            })
        #expect(status == 7)
        try await agent.check(["/bin/sh", "-c", "echo kept > /root/kept; sync"])
        try await SessionEnd(paths: paths, store: store).stop(record, lab: lab) { print($0) }
        #expect(!room.isAlive)
        record = try await start.resume(try #require(try store.session(record.id)), lab: lab)
        session = try await LiveSession.attach(record, lab: lab, paths: paths)
        #expect(try await session.agent("losttemple").check(["/bin/cat", "/root/kept"]) == "kept\n")
        try await SessionEnd(paths: paths, store: store).finish(record)
        #expect(!FileManager.default.fileExists(atPath: paths.session(record.id)))
    }
}
