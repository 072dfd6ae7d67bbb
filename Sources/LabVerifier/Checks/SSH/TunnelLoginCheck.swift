import Foundation
import LabFile

/// `tunnel-login`: somebody is logged in through a reverse tunnel.
struct TunnelLoginCheck: Check {
    static let spec = CheckSpec(
        "tunnel-login", mode: .once, basis: .guest,
        "The machine holds an accepted session from its own loopback whose client end belongs to the ssh process that "
            + "carries the tunnel.",
        fields: [
            .init("to", .machine, required: true, "The machine behind the tunnel."),
            .init("through", .machine, required: true, "Where the tunnel's port is open."),
            .init("port", .port, required: true, "That port."),
            .init("user", .string, "The login; the machine's own unless given."),
        ])

    private let to: String
    private let through: String
    private let port: Int
    private let user: String?

    init(_ fields: Fields) throws {
        to = try fields.required("to")
        through = try fields.required("through")
        guard let number = fields.integer("port") else { throw MissingField(name: "port") }
        port = number
        user = fields.string("user")
    }

    func judge(on bench: any Bench) async throws -> Finding {
        let behind = try bench.machine(to)
        let front = try bench.machine(through)
        let login = user ?? behind.user
        async let journalRead = SSHJournal.read(to, on: bench)
        async let socketsRead = Sockets.read(to, on: bench)
        async let frontRead = Sockets.read(through, on: bench)
        let (journal, sockets, server) = try await (journalRead, socketsRead, frontRead)
        let expected = Localized(
            ko: "\(through)의 \(port)번 터널을 지나 \(to)에 \(login)(으)로 로그인해 있어요",
            en: "\(login) is logged in to \(to) through the tunnel at \(through):\(port)")
        func finding(_ verdict: Verdict, _ observed: Localized, _ hint: Localized? = nil) -> Finding {
            Finding(verdict, machine: to, expected: expected, observed: observed, hint: hint)
        }
        let tunnel: TunnelState
        switch TunnelState.find(
            server: server, port: port, address: front.address, client: sockets, at: behind.seenAddress)
        {
        case .failure(let absence):
            let why = absence.explained(listen: through, port: port, client: to)
            return finding(.fail, why.observed, why.hint)
        case .success(let found): tunnel = found
        }
        let local = LoginQuery(user: login, origin: try bench.origin("loopback", on: to)).matches(in: journal)
        let live = local.filter { record in
            record.client.port != tunnel.clientPort
                && sockets.established.contains { $0.peer == record.client && $0.pids.contains(record.pid) }
        }
        for record in live.reversed() {
            let end = sockets.established.first { $0.local == record.client && record.isAt($0.peer) }
            guard let end, end.pids.contains(tunnel.clientPid) else { continue }
            return finding(
                .pass,
                Localized(
                    ko: "\(to): \(record.described.ko)\n그 연결의 다른 끝은 터널을 나르는 ssh(\(tunnel.clientPid))예요.",
                    en: "\(to): \(record.described.en)\nThe other end of it is the ssh that carries the tunnel "
                        + "(\(tunnel.clientPid))."))
        }
        if let record = live.last {
            return finding(
                .fail,
                Localized(
                    ko: "\(to)에서 자기 자신에게 로그인했어요(ssh localhost). 터널을 지나지 않았어요: \(record.described.ko)",
                    en: "\(to) has logged in to itself (ssh localhost), not through the tunnel: \(record.described.en)"),
                Localized(
                    ko: "\(through)에서 ssh -p \(port) \(login)@localhost처럼 들어가 보세요.",
                    en: "Log in on \(through), at port \(port) of its own loopback."))
        }
        return finding(
            .fail,
            local.isEmpty
                ? LoginQuery(user: login, origin: try bench.origin("loopback", on: to))
                    .explain(journal, on: to).observed
                : Localized(
                    ko: "터널은 있지만 지금 그리로 들어와 있는 로그인이 없어요.",
                    en: "The tunnel stands, but nobody is logged in through it now."),
            Localized(
                ko: "\(through)에서 터널의 포트로 로그인한 채로, 다른 창에서 lab check를 해 보세요.",
                en: "Log in at the tunnel's port on \(through), stay there, and run lab check in another window."))
    }
}
