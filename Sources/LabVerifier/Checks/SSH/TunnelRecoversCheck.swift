import Foundation
import LabFile

/// `tunnel-recovers`: a tunnel whose connection is cut is back in time.
struct TunnelRecoversCheck: Check {
    static let spec = CheckSpec(
        "tunnel-recovers", mode: .disturbs, basis: .outside,
        "The tunnel's connection is cut (sshd's side of it is ended), and a new ssh has the tunnel back in time.",
        fields: [
            .init("listen", .machine, required: true, "Where the tunnel's port is open."),
            .init("port", .port, required: true, "That port."),
            .init("client", .machine, required: true, "The machine that opens the tunnel."),
            .init("within-seconds", .integer, "How long it may take; 90 unless given."),
            .init(
                "silent", .boolean,
                "The server's side falls silent first and keeps the port: ssh has to notice in that time, and the keeper to "
                    + "try until the port is free."),
        ])

    /// `$1` process: prints its arguments, one a line.
    static let argumentsScript = "tr '\\0' '\\n' <\"/proc/$1/cmdline\" | head -c 8192"

    /// `$1` process: cuts the connection by ending the server's side of it, if it is still an sshd, once it is older than
    /// 30 s. autossh takes the early end of its first ssh for meant, and one that was sent a signal, too.
    static let cutScript = """
        [ "$(readlink "/proc/$1/exe")" = /usr/sbin/sshd ] || exit 3
        while age=$(ps -o etimes= -p "$1") && [ "$age" -le 32 ]; do sleep 1; done
        kill -KILL "$1"
        """

    /// `$1` process, `$2` seconds: as `cutScript`, but the process only stops, and goes on by itself after that time.
    static let freezeScript = """
        [ "$(readlink "/proc/$1/exe")" = /usr/sbin/sshd ] || exit 3
        while age=$(ps -o etimes= -p "$1") && [ "$age" -le 32 ]; do sleep 1; done
        kill -STOP "$1" || exit 3
        setsid sh -c 'sleep "$2"; kill -CONT "$1"' sh "$1" "$2" </dev/null >/dev/null 2>&1 &
        """

    /// `$1` port, `$2` seconds since 1970: whether an sshd was asked for that port since then and could not have it.
    static let refusedScript = """
        journalctl -q --no-pager -o cat --since="@$2" _COMM=sshd _EXE=/usr/sbin/sshd | grep -q "cannot listen to port: $1$"
        """

    private let listen: String
    private let port: Int
    private let client: String
    private let seconds: Int
    private let isSilent: Bool

    init(_ fields: Fields) throws {
        listen = try fields.required("listen")
        guard let number = fields.integer("port") else { throw MissingField(name: "port") }
        port = number
        client = try fields.required("client")
        seconds = fields.integer("within-seconds") ?? 90
        isSilent = fields.boolean("silent") ?? false
    }

    func judge(on bench: any Bench) async throws -> Finding {
        let server = try bench.machine(listen)
        let far = try bench.machine(client)
        let probe = TunnelProbe(listen: server, port: port, client: far, from: listen)
        func state() async throws -> Result<TunnelState, TunnelState.Absence> {
            try await TunnelState.read(listen: server, port: port, client: far, bench: bench)
        }
        // One that was opened a moment ago is given time to stand.
        let patience = ContinuousClock.now + .seconds(bench.limit(max(30, seconds), work: 20))
        var standing = try await state()
        while case .failure = standing, ContinuousClock.now < patience {
            try await Task.sleep(for: .seconds(1))
            standing = try await state()
        }
        let first: TunnelState
        switch standing {
        case .failure(let absence):
            let why = absence.explained(listen: listen, port: port, client: client)
            return finding(.fail, why.observed, why.hint)
        case .success(let found): first = found
        }
        let before = try await pass(probe, through: first, on: bench)
        guard before.passed else {
            return finding(
                .fail, before.seen,
                Localized(
                    ko: "터널이 지금 어디로 이어지는지 먼저 보세요.", en: "See first where the tunnel leads to now."))
        }
        if isSilent, let deaf = try await freeze(first, on: bench) { return deaf }
        try await cut(first, by: Self.cutScript, on: bench)
        let clock = ContinuousClock()
        let start = clock.now
        // The keeper's four logins are work.
        let deadline = start + .seconds(bench.limit(seconds, work: 20))
        var last = Localized(ko: "", en: "")
        var pause = Duration.milliseconds(500)
        repeat {
            switch try await state() {
            case .success(let tunnel) where tunnel.clientPid != first.clientPid:
                let outcome = try await pass(probe, through: tunnel, on: bench)
                last = outcome.seen
                if outcome.passed {
                    let took = (clock.now - start).components.seconds
                    return finding(
                        .pass,
                        Localized(
                            ko:
                                "터널의 연결을 끊었더니(\(client)의 ssh \(first.clientPid)) \(took)초 뒤에 새 ssh(\(tunnel.clientPid))로 "
                                + "돌아왔어요.\n\(outcome.seen.ko)",
                            en:
                                "After ssh (\(first.clientPid)) on \(client) lost its connection, a new one (\(tunnel.clientPid)) had "
                                + "the tunnel back in \(took) s.\n\(outcome.seen.en)"),
                        nil)
                }
            case .success: break
            case .failure(let absence):
                last = absence.explained(listen: listen, port: port, client: client).observed
            }
            try await Task.sleep(for: pause)
            pause = min(pause * 2, .seconds(4))
        } while clock.now < deadline
        let waited = (clock.now - start).components.seconds
        return finding(
            .fail,
            Localized(
                ko: "연결을 끊은 뒤 \(waited)초가 지나도 터널이 돌아오지 않았어요.\n\(last.ko)",
                en: "\(waited) s after its connection was cut, the tunnel was not back.\n\(last.en)"),
            Localized(
                ko: "cron이나 systemd가 터널을 다시 여나요? 스크립트가 보는 조건 두 가지를 손으로 시험해 보세요.",
                en: "Does cron or systemd open it again? Try by hand the two things that your script tests."))
    }

    private func cut(_ tunnel: TunnelState, by script: String, on bench: any Bench) async throws {
        let limit = String(3 * hearing(on: bench))
        let cut = try await bench.perform(
            on: listen, as: nil, script, [String(tunnel.serverPid), limit], timeout: 60)
        guard cut.status == 0 else {
            throw Unjudgeable(
                Localized(
                    ko: "\(listen)에서 터널의 연결(sshd \(tunnel.serverPid))을 끊을 수 없었어요. 다시 해 보세요.",
                    en: "The tunnel's connection (sshd \(tunnel.serverPid) on \(listen)) could not be cut; try again."))
        }
    }

    /// How long a keeper may take to see that something is wrong, in seconds.
    private func hearing(on bench: any Bench) -> Int { bench.limit(seconds + 5, work: 5) }

    /// Lets the server's side fall silent until ssh has given the connection up and was refused the port once; a finding
    /// when it does not notice in time.
    private func freeze(_ tunnel: TunnelState, on bench: any Bench) async throws -> Finding? {
        let now = try await bench.observe(on: listen, as: nil, "date +%s", []).output
        try await cut(tunnel, by: Self.freezeScript, on: bench)
        let limit = hearing(on: bench)
        /// Whether the script ends with status 0 in time.
        func comes(_ script: String, on machine: String, _ arguments: [String]) async throws -> Bool {
            let deadline = ContinuousClock.now + .seconds(limit)
            repeat {
                if try await bench.observe(on: machine, as: nil, script, arguments).status == 0 { return true }
                try await Task.sleep(for: .seconds(1))
            } while ContinuousClock.now < deadline
            return false
        }
        guard try await comes(#"[ ! -e "/proc/$1" ]"#, on: client, [String(tunnel.clientPid)]) else {
            _ = try await bench.perform(
                on: listen, as: nil, #"kill -CONT "$1""#, [String(tunnel.serverPid)], timeout: 10)
            return finding(
                .fail,
                Localized(
                    ko: "\(listen) 쪽이 \(limit)초 동안 아무 대답도 하지 않았는데 \(client)의 ssh(\(tunnel.clientPid))는 그대로 기다렸어요.",
                    en:
                        "The side of \(listen) did not answer for \(limit) s, and ssh (\(tunnel.clientPid)) on \(client) went "
                        + "on waiting."),
                Localized(
                    ko: "연결이 조용히 죽으면 ssh는 스스로 물어보아야 알아요. man ssh_config에서 ServerAliveInterval을 찾아보세요.",
                    en:
                        "ssh learns of a line that died in silence only by asking. Look for ServerAliveInterval in man ssh_config."
                ))
        }
        // One that asks for the port in vain now has to ask again; one that never asks has the port free in the end, too.
        _ = try await comes(
            Self.refusedScript, on: listen, [String(port), now.trimmingCharacters(in: .whitespacesAndNewlines)])
        return nil
    }

    private func pass(_ probe: TunnelProbe, through tunnel: TunnelState, on bench: any Bench) async throws
        -> TunnelProbe.Outcome
    {
        let arguments = try await bench.observe(
            on: client, as: nil, Self.argumentsScript, [String(tunnel.clientPid)])
        let words = arguments.output.lines().map(String.init)
        let target = Self.target(of: words, port: port)
        if let target {
            let there = try await Sockets.read(client, on: bench)
            if there.listeners(on: target).isEmpty { return try await probe.nonce(to: target, on: bench) }
        }
        return try await probe.witness("", to: target, through: tunnel, on: bench)
    }

    /// The port on the client that `ssh -R […:]PORT:HOST:TARGET` leads to; nil when the arguments do not say.
    static func target(of words: [String], port: Int) -> Int? {
        for (index, word) in words.enumerated() where word.hasPrefix("-") && !word.hasPrefix("--") {
            guard let flag = word.firstIndex(of: "R") else { continue }
            let rest = word[word.index(after: flag)...]
            let spec = rest.isEmpty ? (index + 1 < words.count ? words[index + 1] : "") : String(rest)
            let parts = spec.split(separator: ":").map(String.init)
            guard parts.count >= 3, Int(parts[parts.count - 3]) == port else { continue }
            return Int(parts[parts.count - 1])
        }
        return nil
    }

    private func finding(_ verdict: Verdict, _ observed: Localized, _ hint: Localized?) -> Finding {
        Finding(
            verdict, machine: listen,
            expected: Localized(
                ko: "연결이 끊겨도 \(listen):\(port) 터널이 \(seconds)초 안에 돌아와요",
                en: "the tunnel at \(listen):\(port) is back within \(seconds) s when its connection is cut"),
            observed: observed, hint: hint)
    }
}
