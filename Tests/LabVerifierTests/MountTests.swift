import LabFile
import Synchronization
import Testing

@testable import LabVerifier

@Suite struct MountTests {
    private func check(_ values: [String: FieldValue] = [:]) throws -> MountCheck {
        try MountCheck(
            fields(
                values.merging(
                    ["on": .string("server01"), "path": .string("/srv/data"), "device": .string("vdb")]
                ) { old, _ in old }))
    }
    private let fstab: [String: FieldValue] = ["fstab": .boolean(true)]
    private let both = "mounted /dev/vdb ext4\nfstab /dev/vdb\n"

    @Test func theDiskByFstabPasses() async throws {
        #expect(try await check(fstab).judge(on: ScriptedBench(both)).verdict == .pass)
        #expect(try await check().judge(on: ScriptedBench("mounted /dev/vdb1 ext4\n")).verdict == .pass)
        #expect(try await check(["device": .string("vda")]).judge(on: ScriptedBench(both)).verdict == .fail)
    }

    @Test(arguments: [
        "", "fstab /dev/vdb\n", "mounted /dev/vdb ext4\n", "mounted tmpfs tmpfs\nfstab tmpfs\n",
        "mounted /dev/loop0 ext4\nfstab /dev/vdb\n", "mounted /dev/vdb ext4\nfstab /dev/vdc\n",
        "mounted /dev/vdbackup ext4\nfstab /dev/vdbackup\n",
        // Something else lies on top of the disk.
        "mounted /dev/vdb ext4\nmounted tmpfs tmpfs\nfstab /dev/vdb\n",
    ])
    func anythingElseFails(_ said: String) async throws {
        let finding = try await check(fstab).judge(on: ScriptedBench(said))
        #expect(finding.verdict == .fail)
        #expect(!finding.observed.ko.isEmpty && !finding.observed.en.isEmpty)
    }

    @Test func withoutTheToolNothingIsJudged() async throws {
        await #expect(throws: Unjudgeable.self) { try await check().judge(on: ScriptedBench("", status: 127)) }
    }

    @Test func theRealScriptFindsWhatIsMounted() async throws {
        let proc = try MountCheck(fields(["on": .string("server01"), "path": .string("/proc")]))
        let finding = try await proc.judge(on: ScriptedBench.live)
        #expect(finding.verdict == .fail)
        #expect(finding.observed.en.contains("proc is mounted at /proc"), "\(finding.observed.en)")
    }

    @Test func aRebootTells() async throws {
        let values: [String: FieldValue] = [
            "on": .string("server01"), "path": .string("/srv/data"), "device": .string("vdb"),
        ]
        let check = try MountSurvivesRebootCheck(fields(values))
        for (after, verdict) in [("mounted /dev/vdb ext4\n", Verdict.pass), ("fstab /dev/vdb\n", .fail)] {
            let rebooted = Flag()
            var bench = ScriptedBench { _, _, _ in
                Observation(status: 0, output: rebooted.isUp ? after : "mounted /dev/vdb ext4\n")
            }
            bench.rebooted = { _ in rebooted.raise() }
            #expect(try await check.judge(on: bench).verdict == verdict)
        }
        var bench = ScriptedBench("fstab /dev/vdb\n")
        bench.rebooted = { _ in Issue.record("a machine was rebooted for nothing") }
        #expect(try await check.judge(on: bench).verdict == .fail)
    }
}

/// Something that has happened, or not.
private final class Flag: Sendable {
    private let state = Mutex(false)
    var isUp: Bool { state.withLock { $0 } }
    func raise() { state.withLock { $0 = true } }
}
