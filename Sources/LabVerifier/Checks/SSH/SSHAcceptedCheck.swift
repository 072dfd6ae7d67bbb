import Foundation
import LabFile

/// `ssh-accepted`: sshd's own records have such a login.
struct SSHAcceptedCheck: Check {
    static let spec = CheckSpec(
        "ssh-accepted", mode: .once, basis: .guest, "sshd's own journal records have such a login.",
        fields: [
            .init("on", .machine, required: true, "The server."),
            .init("from", .string, "The machine that it came from, or `loopback`."),
            .init("user", .string, "The login; the machine's own unless given."),
            .init("method", .oneOf(["password", "publickey"]), "How it was accepted."),
            .init("key-of", .machine, "Whose key was accepted."),
            .init("key-name", .string, "That key's file name under ~/.ssh; any unless given."),
            .init("port", .port, "The server's port."),
            .init("session", .oneOf(["shell", "command", "sftp"]), "What it ran."),
            .init("since-open", .boolean, "Only logins after the step opened count."),
        ])

    private let machine: String
    private let from: String?
    private let user: String?
    private let method: String?
    private let keyOf: String?
    private let keyName: String?
    private let port: Int?
    private let session: String?
    private let sinceOpen: Bool

    init(_ fields: Fields) throws {
        machine = try fields.required("on")
        from = fields.string("from")
        user = fields.string("user")
        method = fields.string("method")
        keyOf = fields.string("key-of")
        keyName = fields.string("key-name")
        port = fields.integer("port")
        session = fields.string("session")
        sinceOpen = fields.boolean("since-open") ?? false
    }

    func judge(on bench: any Bench) async throws -> Finding {
        let login = try user ?? bench.machine(machine).user
        var query = LoginQuery(user: login, method: method, port: port)
        query.origin = try from.map { try bench.origin($0, on: machine) }
        query.kinds = Set(session.flatMap(SSHLogin.Kind.init(rawValue:)).map { [$0] } ?? [])
        query.after = sinceOpen ? bench.opening : nil
        if let keyOf {
            let owner = try bench.machine(keyOf).user
            query.key = .init(
                machine: keyOf,
                fingerprints: try await UserKeys.read(keyOf, user: owner, name: keyName, on: bench).fingerprints)
        }
        let journal = try await SSHJournal.read(machine, on: bench)
        let expected = expected(login)
        if let found = query.matches(in: journal).last {
            return Finding(
                .pass, machine: machine, expected: expected,
                observed: Localized(
                    ko: "\(machine)의 sshd 기록: \(found.described.ko)",
                    en: "sshd on \(machine) recorded: \(found.described.en)"))
        }
        if let key = query.key, key.fingerprints.isEmpty {
            return Finding(
                .fail, machine: machine, expected: expected,
                observed: Localized(ko: "\(key.machine)에 키가 없어요.", en: "\(key.machine) has no key pair."),
                hint: Localized(ko: "먼저 ssh-keygen으로 키를 만들어요.", en: "Make one first, with ssh-keygen."),
                isElsewhere: true)
        }
        let why = query.explain(journal, on: machine)
        return Finding(
            .fail, machine: machine, expected: expected, observed: why.observed, hint: why.hint,
            isElsewhere: why.isElsewhere)
    }

    private func expected(_ login: String) -> Localized {
        let port = port.map { ":\($0)" } ?? ""
        let details = [from.map { "← \($0)" }, method, keyOf.map { "key: \($0)" }, session].compactMap { $0 }
        let text = details.isEmpty ? "" : " (\(details.joined(separator: ", ")))"
        return Localized(
            ko: "\(machine)\(port)에 \(login) 로그인이 있었어요\(text)",
            en: "\(machine)\(port) has accepted a login of \(login)\(text)")
    }
}
