import Foundation
import LabFile

/// `ssh-established`: a session stands at this moment, seen on both of its ends.
struct SSHEstablishedCheck: Check {
    static let spec = CheckSpec(
        "ssh-established", mode: .once, basis: .guest,
        "A session seen on both ends at one moment, joined by port and by process.",
        fields: [
            .init("on", .machine, required: true, "The server."),
            .init("from", .machine, required: true, "The client."),
            .init("user", .string, "The login on the server; the machine's own unless given."),
            .init("port", .port, "The server's port; 22 unless given."),
        ])

    private let machine: String
    private let from: String
    private let user: String?
    private let port: Int

    init(_ fields: Fields) throws {
        machine = try fields.required("on")
        from = try fields.required("from")
        user = fields.string("user")
        port = fields.integer("port") ?? 22
    }

    func judge(on bench: any Bench) async throws -> Finding {
        let server = try bench.machine(machine)
        let client = try bench.machine(from)
        let login = user ?? server.user
        async let journalRead = SSHJournal.read(machine, on: bench)
        async let serverRead = Sockets.read(machine, on: bench)
        async let clientRead = Sockets.read(from, on: bench)
        let (journal, there, here) = try await (journalRead, serverRead, clientRead)
        let expected = Localized(
            ko: "\(from)에서 \(machine):\(port)에 \(login)의 SSH 연결이 맺어져 있어요 (ESTABLISHED)",
            en: "an SSH session of \(login) stands between \(from) and \(machine):\(port) (ESTABLISHED)")
        let ends = there.established.filter {
            $0.local.port == port && $0.peer.address == client.seenAddress && $0.peer.port >= SSHLogin.firstStudentPort
        }
        for end in ends {
            let servers = there.holders(of: end).filter(\.isServer)
            let mine = here.established.first {
                $0.local.port == end.peer.port && $0.peer.port == port && $0.peer.address == server.address
            }
            guard let mine, let ssh = here.holders(of: mine).first(where: \.isClient),
                let record = journal.accepted.last(where: { $0.client == end.peer && $0.user == login }),
                servers.contains(where: { $0.pid == record.pid && $0.uid == 0 })
            else { continue }
            return Finding(
                .pass, machine: machine, expected: expected,
                observed: Localized(
                    ko: "\(machine)의 sshd(\(record.pid))와 \(from)의 ssh(\(ssh.pid))가 "
                        + "\(client.seenAddress):\(end.peer.port)로 이어져 있어요.",
                    en: "sshd (\(record.pid)) on \(machine) and ssh (\(ssh.pid)) on \(from) hold the two ends of "
                        + "\(client.seenAddress):\(end.peer.port)."))
        }
        let observed =
            ends.isEmpty
            ? Localized(
                ko: "지금 \(machine):\(port)에 \(from)에서 맺은 연결이 없어요.",
                en: "No connection from \(from) stands on \(machine):\(port) now.")
            : Localized(
                ko: "\(from)에서 온 연결이 있지만 \(login)(으)로 로그인을 마친 ssh의 연결이 아니에요.",
                en: "There is a connection from \(from), but not one of an ssh that has logged in as \(login).")
        return Finding(
            .fail, machine: machine, expected: expected, observed: observed,
            hint: Localized(
                ko: "로그인한 창을 닫지 말고, 다른 창에서 lab check를 해 보세요.",
                en: "Stay logged in, and run lab check in another window."))
    }
}
