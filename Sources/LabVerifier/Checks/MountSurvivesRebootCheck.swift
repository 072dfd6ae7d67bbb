import LabFile

/// `mount-survives-reboot`: after a clean reboot it is mounted again.
struct MountSurvivesRebootCheck: Check {
    static let spec = CheckSpec(
        "mount-survives-reboot", mode: .disturbs, basis: .guest, "After a clean reboot it is mounted there again.",
        fields: [
            .init("on", .machine, required: true, "The machine that is rebooted."),
            .init("path", .string, required: true, "Where it is mounted."),
            .init("device", .string, "The disk, as in mount."),
        ])

    private let mount: MountCheck

    init(_ fields: Fields) throws { mount = try MountCheck(fields) }

    func judge(on bench: any Bench) async throws -> Finding {
        let before = try await mount.judge(on: bench)
        guard before.verdict == .pass else {
            return finding(
                before,
                before.observed
                    + Localized(
                        ko: "지금도 그렇지 않아서 재부팅해 보지 않았어요.",
                        en: "It is not so even now, so the machine was not rebooted."))
        }
        try await bench.reboot(mount.machine)
        // Local file systems are mounted before the guest agent answers; one with nofail may come a moment later.
        var after = try await mount.judge(on: bench)
        let end = ContinuousClock.now + .seconds(bench.patience(5))
        while after.verdict != .pass, ContinuousClock.now < end {
            try await Task.sleep(for: .milliseconds(500))
            after = try await mount.judge(on: bench)
        }
        return finding(
            after,
            Localized(ko: "\(mount.machine)을(를) 재부팅한 뒤:", en: "after \(mount.machine) was rebooted:") + after.observed
        )
    }

    private func finding(_ found: Finding, _ observed: Localized) -> Finding {
        Finding(
            found.verdict, machine: mount.machine,
            expected: Localized(
                ko: "\(mount.machine)을(를) 재부팅해도 \(mount.path)에 디스크가 마운트돼요",
                en: "after a reboot of \(mount.machine) the disk is mounted at \(mount.path) again"),
            observed: observed, hint: found.hint)
    }
}
