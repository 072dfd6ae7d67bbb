import Foundation
import LabFile

/// `tunnel-survives-reboot`: after a machine of the tunnel was rebooted, the tunnel is back.
struct TunnelSurvivesRebootCheck: Check {
    static let spec = CheckSpec(
        "tunnel-survives-reboot", mode: .disturbs, basis: .outside,
        "A machine is rebooted cleanly (its boot id is another), and all of the tunnels are back in time by themselves.",
        fields: [
            .init("reboot", .machine, required: true, "The machine that is rebooted."),
            .init("listen", .machine, required: true, "Where the tunnels' ports are open."),
            .init("ports", .list(.port), required: true, "Those ports."),
            .init("client", .machine, required: true, "The machine that opens the tunnels."),
            .init("within-seconds", .integer, "How long it may take once the machine is up; 120 unless given."),
        ])

    private let rebooted: String
    private let listen: String
    private let ports: [Int]
    private let client: String
    private let seconds: Int

    init(_ fields: Fields) throws {
        rebooted = try fields.required("reboot")
        listen = try fields.required("listen")
        ports = fields.strings("ports").compactMap { Int($0) }
        guard !ports.isEmpty else { throw MissingField(name: "ports") }
        client = try fields.required("client")
        seconds = fields.integer("within-seconds") ?? 120
    }

    func judge(on bench: any Bench) async throws -> Finding {
        let server = try bench.machine(listen)
        let far = try bench.machine(client)
        // One that was opened a moment ago is given time to stand.
        if let absence = try await wait(server, far, seconds: bench.limit(30, work: 5), on: bench) {
            return finding(
                .fail,
                absence.observed
                    + Localized(
                        ko: "지금도 그렇지 않아서 재부팅해 보지 않았어요.",
                        en: "It is not so even now, so the machine was not rebooted."), absence.hint)
        }
        let boot = try await bootID(bench)
        try await bench.reboot(rebooted)
        guard try await bootID(bench) != boot else {
            throw Unjudgeable(
                Localized(
                    ko: "\(rebooted)이(가) 재부팅되지 않았어요. 잠시 뒤에 다시 해 보세요.",
                    en: "\(rebooted) did not reboot. Try again in a moment."))
        }
        let clock = ContinuousClock()
        let start = clock.now
        if let absence = try await wait(server, far, seconds: bench.limit(seconds, work: 20), on: bench) {
            let waited = (clock.now - start).components.seconds
            return finding(
                .fail,
                Localized(
                    ko: "\(rebooted)을(를) 재부팅하고 \(waited)초가 지난 뒤:",
                    en: "\(waited) s after \(rebooted) was up again:")
                    + absence.observed,
                Localized(
                    ko: "재부팅된 뒤에 누가 터널을 여나요? 그 프로그램은 부팅할 때 시작되나요?",
                    en: "Who opens the tunnels after a reboot, and is that started at boot?"))
        }
        let took = (clock.now - start).components.seconds
        return finding(
            .pass,
            Localized(
                ko: "\(rebooted)을(를) 재부팅한 뒤 \(took)초 만에 터널 \(named)이(가) 모두 돌아왔어요.",
                en: "\(took) s after \(rebooted) was up again, the tunnels at \(named) were all back."),
            nil)
    }

    /// Waits until all tunnels stand; gives why one does not, when the time has passed.
    private func wait(_ server: MachineSpec, _ far: MachineSpec, seconds: Int, on bench: any Bench) async throws
        -> NoServer?
    {
        let end = ContinuousClock.now + .seconds(seconds)
        var pause = Duration.milliseconds(500)
        while true {
            guard let absence = try await absence(server, far, on: bench) else { return nil }
            guard ContinuousClock.now < end else { return absence }
            try await Task.sleep(for: pause)
            pause = min(pause * 2, .seconds(4))
        }
    }

    private func absence(_ server: MachineSpec, _ far: MachineSpec, on bench: any Bench) async throws -> NoServer? {
        for port in ports {
            switch try await TunnelState.read(listen: server, port: port, client: far, bench: bench) {
            case .success: continue
            case .failure(let absence): return absence.explained(listen: listen, port: port, client: client)
            }
        }
        return nil
    }

    private func bootID(_ bench: any Bench) async throws -> String {
        try await bench.look(on: rebooted, "cat /proc/sys/kernel/random/boot_id").output
    }

    private var named: String { ports.map { "\(listen):\($0)" }.joined(separator: ", ") }

    private func finding(_ verdict: Verdict, _ observed: Localized, _ hint: Localized?) -> Finding {
        Finding(
            verdict, machine: rebooted,
            expected: Localized(
                ko: "\(rebooted)을(를) 재부팅해도 터널 \(named)이(가) 돌아와요",
                en: "the tunnels at \(named) are back after a reboot of \(rebooted)"),
            observed: observed, hint: hint)
    }
}
