import Foundation
import LabFile

/// `agent-forwarded`: the first machine's key was used from the middle one, without being there.
struct AgentForwardedCheck: Check {
    static let spec = CheckSpec(
        "agent-forwarded", mode: .once, basis: .guest,
        "The last machine accepted the first one's key from the middle's address inside a session of the first on the "
            + "middle, by the agent that this session forwards, and is open now; a proxy jump does not count.",
        fields: [
            .init("first", .machine, required: true, "The machine that has the key."),
            .init("through", .machine, required: true, "The machine in the middle."),
            .init("to", .machine, required: true, "The last machine."),
            .init("user", .string, "The login on the last machine; its own unless given."),
        ])

    /// Prints the fingerprint of every private key on a machine, wherever people can put one.
    static let privateKeysScript = #"""
        #!perl
        print print_of((private_key($_))[1]), "\n"
            for grep { defined } (key_files(qw(/home /root /tmp /var/tmp /dev/shm /opt /srv /mnt /media), glob "/run/user/*"))[0 .. 99];
        """#

    private let first: String
    private let through: String
    private let to: String
    private let user: String?

    init(_ fields: Fields) throws {
        first = try fields.required("first")
        through = try fields.required("through")
        to = try fields.required("to")
        user = fields.string("user")
    }

    func judge(on bench: any Bench) async throws -> Finding {
        let source = try bench.machine(first)
        let middle = try bench.machine(through)
        let login = try user ?? bench.machine(to).user
        async let keysRead = UserKeys.read(first, user: source.user, on: bench)
        async let lastRead = SSHJournal.read(to, on: bench)
        async let middleRead = SSHJournal.read(through, on: bench)
        async let copiesRead = bench.observe(on: through, as: nil, Self.privateKeysScript, [])
        async let agentsRead = Agents.read(through, on: bench)
        async let socketsRead = Sockets.read(through, on: bench)
        async let forwardedRead = ForwardedAgents.read(through, on: bench)
        let (keys, last, hops) = try await (keysRead, lastRead, middleRead)
        let (copies, agents, sockets) = try await (copiesRead, agentsRead, socketsRead)
        let forwarded = try await forwardedRead

        let lying = Set(copies.output.lines().map(String.init)).intersection(keys.fingerprints)
        if let print = lying.first.map({ shown($0) }) {
            return fail(
                Localized(
                    ko: "\(first)의 개인키(\(print))가 \(through)에 복사되어 있어요.",
                    en: "\(first)'s private key (\(print)) has been copied to \(through)."),
                Localized(
                    ko: "개인키는 만든 컴퓨터를 떠나지 않아요. 지우고, 에이전트 포워딩을 써 보세요.",
                    en: "A private key never leaves the machine it was made on. Remove it, and forward the agent."))
        }
        if let agent = agents.agents.first(where: { !$0.fingerprints.isDisjoint(with: keys.fingerprints) }) {
            return fail(
                Localized(
                    ko: "\(through)에서 따로 도는 ssh-agent(\(agent.pid))가 \(first)의 키를 들고 있어요.",
                    en: "An ssh-agent of \(through)'s own (\(agent.pid)) holds \(first)'s key."),
                Localized(
                    ko: "에이전트는 \(first)에서만 돌고, 중간에서는 포워딩된 소켓을 써야 해요.",
                    en: "The agent runs on \(first) alone; the middle machine uses the socket that is forwarded to it.")
            )
        }
        let query = LoginQuery(
            user: login, origin: .init(name: through, addresses: [middle.seenAddress]), method: "publickey",
            key: .init(machine: first, fingerprints: keys.fingerprints))
        let outer = LoginQuery(origin: .init(name: first, addresses: [source.seenAddress]))
        var lastReason: Finding?
        for login in query.matches(in: last).reversed() {
            switch hop(of: login, outer: outer.matches(in: hops), sockets: sockets) {
            case .success(let sessions):
                let session: SSHLogin
                switch owner(of: login, among: sessions, sockets: sockets, forwarded: forwarded) {
                case .success(let found): session = found
                case .failure(let why):
                    lastReason = lastReason ?? fail(why.observed, why.hint)
                    continue
                }
                return Finding(
                    .pass, machine: to, expected: expected,
                    observed: Localized(
                        ko: "\(to): \(login.described.ko)\n\(through): 그동안 열려 있던 \(first)의 세션 \(session.described.ko)",
                        en: "\(to): \(login.described.en)\n\(through): inside this session of \(first)'s: "
                            + session.described.en))
            case .failure(let why):
                lastReason = lastReason ?? fail(why.observed, why.hint)
            }
        }
        if let lastReason { return lastReason }
        let why = query.explain(last, on: to)
        return fail(why.observed, why.hint)
    }

    private var expected: Localized {
        Localized(
            ko: "\(first)의 에이전트를 \(through)(으)로 포워딩해서 \(to)에 로그인했어요",
            en: "\(to) was logged in to from \(through), with \(first)'s key through a forwarded agent")
    }

    private func fail(_ observed: Localized, _ hint: Localized?) -> Finding {
        Finding(.fail, machine: to, expected: expected, observed: observed, hint: hint)
    }

    /// The session whose forwarded agent a login used: it has to be open now, and the ssh that holds it on the middle
    /// machine has to ask an agent whose socket is that session's own sshd's.
    private func owner(
        of login: SSHLogin, among sessions: [SSHLogin], sockets: Sockets, forwarded: ForwardedAgents
    ) -> Result<SSHLogin, NoServer> {
        let live = sockets.established.first { $0.local == login.client && login.isAt($0.peer) }
        guard let live else {
            return .failure(
                NoServer(
                    observed: Localized(
                        ko: "\(to)에 그렇게 로그인한 기록은 있지만 지금은 열려 있지 않아요. 지난 뒤에는 에이전트로 했는지 볼 수 없어요.",
                        en:
                            "\(to) was logged in to like that, but it is not open now, and afterwards it cannot be seen "
                            + "whether the agent was used."),
                    hint: Localized(
                        ko: "\(to)에 들어간 채로 두고, 다른 터미널에서 lab check를 하세요.",
                        en: "Stay on \(to), and run lab check in another terminal.")))
        }
        let clients = sockets.holders(of: live).filter(\.isClient).map(\.pid)
        let agents = clients.map(forwarded.servers(of:))
        let owner = sessions.last { session in
            let servers = Set([session.childPid, session.pid].compactMap { $0 })
            return agents.contains { !$0.isDisjoint(with: servers) }
        }
        guard let owner else {
            return .failure(
                NoServer(
                    observed: Localized(
                        ko: "\(through)에서 \(to)(으)로 간 ssh가 \(first)에서 포워딩된 에이전트를 쓰고 있지 않아요.",
                        en: "The ssh on \(through) that went on to \(to) does not use an agent forwarded from \(first)."
                    ),
                    hint: Localized(
                        ko: "\(through)에서 echo $SSH_AUTH_SOCK과 ssh-add -l은 무엇이라고 하나요?",
                        en: "On \(through), what do echo $SSH_AUTH_SOCK and ssh-add -l say?")))
        }
        return .success(owner)
    }

    /// The sessions on the middle machine in which a login on the last one may have been made.
    private func hop(of login: SSHLogin, outer: [SSHLogin], sockets: Sockets) -> Result<[SSHLogin], NoServer> {
        guard let moment = login.acceptance?.at else { return .failure(nobody) }
        let open = outer.filter { $0.wasOpen(at: moment) }
        guard !open.isEmpty else { return .failure(nobody) }
        let live = sockets.established.first { $0.local == login.client && login.isAt($0.peer) }
        if let live, sockets.holders(of: live).contains(where: \.isServer) { return .failure(jumped) }
        let sessions = open.filter { login in login.sessions.contains { $0.kind == .shell || $0.kind == .command } }
        if !sessions.isEmpty {
            // A jump opens a connection of its own, which starts nothing and ends with the login behind it.
            let jump = open.contains { other in
                guard other.isVerbose, other.sessions.isEmpty, let began = other.acceptance?.at else { return false }
                return moment.timeIntervalSince(began) < 20 && Self.endTogether(other.ended, login.ended)
            }
            return jump && live == nil ? .failure(jumped) : .success(sessions)
        }
        guard open.contains(where: \.isVerbose) else {
            return .failure(
                NoServer(
                    observed: Localized(
                        ko: "\(through)의 sshd가 VERBOSE보다 적게 기록해서, 그 안에서 셸을 열었는지 알 수 없어요.",
                        en: "sshd on \(through) logs below VERBOSE, so it cannot be seen whether a shell was started."),
                    hint: Localized(
                        ko: "\(through)의 LogLevel을 VERBOSE로 하고 다시 해 보세요.",
                        en: "Set LogLevel VERBOSE on \(through), and do it again.")))
        }
        return .failure(jumped)
    }

    private static func endTogether(_ one: Date?, _ other: Date?) -> Bool {
        switch (one, other) {
        case (nil, nil): true
        case (let one?, let other?): abs(one.timeIntervalSince(other)) < 5
        default: false
        }
    }

    private var nobody: NoServer {
        NoServer(
            observed: Localized(
                ko: "\(to)에 그 키로 로그인했을 때 \(through)에 \(first)에서 온 세션이 열려 있지 않았어요.",
                en: "When \(to) accepted that key, no session of \(first) was open on \(through)."),
            hint: Localized(
                ko: "\(first)에서 ssh -A로 \(through)에 들어간 다음, 그 안에서 \(to)(으)로 가 보세요.",
                en: "Log in from \(first) to \(through) with the agent forwarded, and go on to \(to) from in there."))
    }

    private var jumped: NoServer {
        NoServer(
            observed: Localized(
                ko: "\(through)은(는) 연결을 넘겨 주기만 했어요(ssh -J나 ProxyJump). 거기서 셸이나 명령을 시작하지 않았어요.",
                en: "\(through) only passed the connection on (ssh -J, ProxyJump or -W): no shell or command of "
                    + "\(first)'s made it."),
            hint: Localized(
                ko: "이 단계는 에이전트 포워딩을 연습해요. 중간 컴퓨터에 먼저 로그인하세요.",
                en: "This step is about forwarding the agent: log in on the middle machine first."))
    }
}
