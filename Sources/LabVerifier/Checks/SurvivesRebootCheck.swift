import LabFile

/// `survives-reboot`: after a clean reboot the port is listened on again.
struct SurvivesRebootCheck: Check {
    static let spec = CheckSpec(
        "survives-reboot", mode: .disturbs, basis: .guest,
        "After a clean reboot the port is listened on again, by that program.",
        fields: [
            .init("on", .machine, required: true, "The machine that is rebooted."),
            .init("port", .port, required: true, "The TCP port."),
            .init("by", .string, "The program, as in listening."),
        ])

    let listening: ListeningCheck
    /// How long the port may take to come back once the machine is up, in seconds.
    private static let patience = 60

    init(_ fields: Fields) throws { listening = try ListeningCheck(fields) }

    func judge(on bench: any Bench) async throws -> Finding {
        let machine = listening.machine
        let before = try await listening.judge(on: bench)
        guard before.verdict == .pass else {
            return finding(
                .fail,
                before.observed
                    + Localized(
                        ko: "지금도 그렇지 않아서 재부팅해 보지 않았어요.",
                        en: "It is not so even now, so the machine was not rebooted."), before.hint)
        }
        let boot = try await bootID(bench)
        try await bench.reboot(machine)
        guard try await bootID(bench) != boot else {
            throw Unjudgeable(
                Localized(
                    ko: "\(machine)이(가) 재부팅되지 않았어요. 잠시 뒤에 다시 해 보세요.",
                    en: "\(machine) did not reboot. Try again in a moment."))
        }
        let patience = bench.patience(Self.patience)
        let end = ContinuousClock.now + .seconds(patience)
        var pause = Duration.milliseconds(500)
        while true {
            let after = try await listening.judge(on: bench)
            if after.verdict == .pass {
                let rebooted = Localized(
                    ko: "\(machine)을(를) 재부팅한 뒤:", en: "after \(machine) was rebooted:")
                return finding(.pass, rebooted + after.observed, nil)
            }
            guard ContinuousClock.now < end else {
                let late = Localized(
                    ko: "\(machine)을(를) 재부팅하고 \(patience)초가 지난 뒤:",
                    en: "\(patience) s after \(machine) was rebooted:")
                return finding(
                    .fail, late + after.observed,
                    Localized(
                        ko: "지금 켜는 것과 부팅할 때 켜지게 하는 것은 서로 다른 명령이에요.",
                        en: "Starting it now and having it started at boot are two different commands."))
            }
            try await Task.sleep(for: pause)
            pause = min(pause * 2, .seconds(4))
        }
    }

    private func bootID(_ bench: any Bench) async throws -> String {
        try await bench.look(on: listening.machine, "cat /proc/sys/kernel/random/boot_id").output
    }

    private func finding(_ verdict: Verdict, _ observed: Localized, _ hint: Localized?) -> Finding {
        let what = listening.program ?? "a listener"
        let koWhat = listening.program ?? "프로그램"
        return Finding(
            verdict, machine: listening.machine,
            expected: Localized(
                ko: "\(listening.machine)을(를) 재부팅해도 \(koWhat)이(가) \(listening.port)번 포트에서 기다려요",
                en: "after a reboot of \(listening.machine) \(what) is on port \(listening.port) again"),
            observed: observed, hint: hint)
    }
}
