import Foundation
import LabFile

/// `agent-holds`: an ssh-agent of the user's holds the user's key.
struct AgentHoldsCheck: Check {
    static let spec = CheckSpec(
        "agent-holds", mode: .once, basis: .guest, "An agent of the user's holds the user's key.",
        fields: [
            .init("on", .machine, required: true, "Where the agent runs."),
            .init("user", .string, "Whose agent; the machine's own user's unless given."),
            .init("key-of", .machine, "Whose key; the user's on `on` unless given."),
        ])

    /// Prints the user's number.
    static let userScript = #"""
        #!perl
        print getpwnam $ARGV[0] // "", "\n";
        """#

    private let machine: String
    private let user: String?
    private let keyOf: String

    init(_ fields: Fields) throws {
        machine = try fields.required("on")
        user = fields.string("user")
        keyOf = fields.string("key-of") ?? machine
    }

    func judge(on bench: any Bench) async throws -> Finding {
        let login = try user ?? bench.machine(machine).user
        let owner = keyOf == machine ? login : try bench.machine(keyOf).user
        async let agentsRead = Agents.read(machine, on: bench)
        async let keysRead = UserKeys.read(keyOf, user: owner, on: bench)
        async let idRead = bench.observe(on: machine, as: nil, Self.userScript, [login])
        let (agents, keys, id) = try await (agentsRead, keysRead, idRead)
        let uid = Int(id.output.trimmingCharacters(in: .whitespacesAndNewlines))
        let own = agents.agents.filter { $0.uid == uid }
        let expected = Localized(
            ko: "\(machine)에서 \(login)의 ssh-agent가 \(keyOf)의 키를 들고 있어요",
            en: "an ssh-agent of \(login) on \(machine) holds \(keyOf)'s key")
        func finding(_ verdict: Verdict, _ observed: Localized, _ hint: Localized? = nil) -> Finding {
            Finding(verdict, machine: machine, expected: expected, observed: observed, hint: hint)
        }
        if let agent = own.first(where: { !$0.fingerprints.isDisjoint(with: keys.fingerprints) }) {
            let print = shown(agent.fingerprints.intersection(keys.fingerprints).sorted().first ?? "")
            return finding(
                .pass,
                Localized(
                    ko: "ssh-agent(\(agent.pid))가 \(print)을(를) 들고 있어요.", en: "ssh-agent (\(agent.pid)) holds \(print).")
            )
        }
        if keys.fingerprints.isEmpty {
            return finding(
                .fail, Localized(ko: "\(keyOf)에 \(owner)의 키가 없어요.", en: "\(owner) has no key pair on \(keyOf)."),
                Localized(ko: "먼저 ssh-keygen으로 키를 만들어요.", en: "Make one first, with ssh-keygen."))
        }
        if own.isEmpty {
            return finding(
                .fail,
                Localized(
                    ko: "\(machine)에서 돌고 있는 \(login)의 ssh-agent가 없어요.",
                    en: "No ssh-agent of \(login) runs on \(machine)."),
                Localized(
                    ko: "keychain이나 ssh-agent를 시작하고, 그 출력을 eval로 셸에 넣어야 해요.",
                    en: "Start keychain or ssh-agent, and put what it prints into your shell with eval."))
        }
        let other = own.contains { !$0.fingerprints.isEmpty }
        return finding(
            .fail,
            other
                ? Localized(ko: "ssh-agent가 다른 키를 들고 있어요.", en: "The agent holds another key.")
                : Localized(
                    ko: "ssh-agent가 \(own.count)개 돌고 있지만 아무 키도 들고 있지 않아요.",
                    en: "\(own.count) of \(login)'s agents run, but none holds a key."),
            Localized(
                ko: "ssh-add -l은 무엇이라고 하나요? ssh-add에 키 파일을 알려 주세요.",
                en: "What does ssh-add -l say? Give ssh-add the key's file."))
    }
}
