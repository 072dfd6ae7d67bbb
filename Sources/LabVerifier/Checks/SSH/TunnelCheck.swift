import Foundation
import LabFile

/// `tunnel`: a reverse tunnel stands and carries what is sent into it.
struct TunnelCheck: Check {
    static let spec = CheckSpec(
        "tunnel", mode: .once, basis: .outside,
        "The listener belongs to sshd, to the session of that client; a nonce sent in from `from` comes out at the "
            + "client's target port.",
        fields: [
            .init("listen", .machine, required: true, "Where the tunnel's port is open."),
            .init("port", .port, required: true, "That port."),
            .init("client", .machine, required: true, "The machine that opened the tunnel."),
            .init("target-port", .port, "The port on the client that the tunnel leads to."),
            .init("from", .machine, "Where the probe leaves from; `listen` unless given."),
            .init("word", .string, "Text that is sent when a listener of the student's own is there."),
            .init("banner", .string, "What the far end says first must start so."),
        ])

    private let listen: String
    private let port: Int
    private let client: String
    private let target: Int?
    private let from: String
    private let word: String?
    private let banner: String?

    init(_ fields: Fields) throws {
        listen = try fields.required("listen")
        guard let number = fields.integer("port") else { throw MissingField(name: "port") }
        port = number
        client = try fields.required("client")
        target = fields.integer("target-port")
        from = fields.string("from") ?? listen
        word = fields.string("word")
        banner = fields.string("banner")
    }

    func judge(on bench: any Bench) async throws -> Finding {
        let server = try bench.machine(listen)
        let far = try bench.machine(client)
        let tunnel: TunnelState
        switch try await TunnelState.read(listen: server, port: port, client: far, bench: bench) {
        case .failure(let absence):
            let why = absence.explained(listen: listen, port: port, client: client)
            return finding(.fail, why.observed, why.hint)
        case .success(let found): tunnel = found
        }
        let owner = Localized(
            ko: "\(listen):\(port)은(는) \(client)의 ssh(\(tunnel.clientPid))와 이어진 sshd(\(tunnel.serverPid))의 것이에요.",
            en: "\(listen):\(port) belongs to sshd (\(tunnel.serverPid)), which ssh (\(tunnel.clientPid)) on \(client) "
                + "is connected to.")
        if from != listen, !tunnel.isPublic {
            return finding(
                .fail,
                Localized(
                    ko: "\(owner.ko)\n하지만 127.0.0.1에서만 기다리고 있어서 \(from)에서는 닿지 않아요.",
                    en: "\(owner.en)\nBut it listens on 127.0.0.1 alone, out of reach of \(from)."),
                Localized(
                    ko: "\(listen)의 sshd에서 GatewayPorts를 보세요. ssh -R에도 기다릴 주소를 써야 할 수 있어요.",
                    en: "Look at GatewayPorts of sshd on \(listen); ssh -R may have to name an address as well."))
        }
        let probe = TunnelProbe(listen: server, port: port, client: far, from: from)
        let outcome = try await self.outcome(of: probe, through: tunnel, on: bench)
        return finding(
            outcome.passed ? .pass : .fail,
            Localized(ko: "\(owner.ko)\n\(outcome.seen.ko)", en: "\(owner.en)\n\(outcome.seen.en)"),
            outcome.passed ? nil : outHint)
    }

    private func outcome(of probe: TunnelProbe, through tunnel: TunnelState, on bench: any Bench) async throws
        -> TunnelProbe.Outcome
    {
        if let banner {
            let seen = try await probe.banner(on: bench)
            var passed = false
            if case .open(let said) = seen { passed = said.hasPrefix(banner) }
            guard passed, target != nil else {
                let text = seen.described
                return .init(
                    passed: passed,
                    seen: Localized(
                        ko: "\(from)에서 터널 너머를 보면: \(text.ko)", en: "Through the tunnel, from \(from): \(text.en)"))
            }
        }
        if let target {
            let there = try await Sockets.read(client, on: bench)
            if there.listeners(on: target).isEmpty {
                guard word == nil else {
                    return .init(
                        passed: false,
                        seen: Localized(
                            ko: "\(client)의 \(target)번 포트에서 기다리는 프로그램이 없어서 낱말을 보내지 않았어요.",
                            en: "Nothing listens on port \(target) of \(client), so the word was not sent."))
                }
                return try await probe.nonce(to: target, on: bench)
            }
        }
        return try await probe.witness(word ?? "", to: target, through: tunnel, on: bench)
    }

    private func finding(_ verdict: Verdict, _ observed: Localized, _ hint: Localized?) -> Finding {
        Finding(
            verdict, machine: listen,
            expected: Localized(
                ko: "\(from)에서 \(listen):\(port)에 넣은 것이 SSH 터널로 \(client)에서 나와요",
                en: "what goes in at \(listen):\(port) from \(from) comes out on \(client), through an SSH tunnel"),
            observed: observed, hint: hint)
    }

    private var outHint: Localized {
        from == listen
            ? Localized(
                ko: "ssh -R의 마지막 두 부분(호스트:포트)은 \(client)에서 본 목적지예요. 맞나요?",
                en: "The last two parts of ssh -R (host:port) are the goal as \(client) sees it. Are they right?")
            : Localized(
                ko: "\(listen)의 방화벽이 \(port)번을 허용하나요?", en: "Does the firewall of \(listen) let port \(port) in?")
    }
}
