import Foundation
import LabFile

/// `ssh-login`: sshd says that it would accept a machine's user's key; only the public half is shown to it.
struct SSHLoginCheck: Check {
    static let spec = CheckSpec(
        "ssh-login", mode: .holds, basis: .outside,
        "sshd says that it would accept the key (the public half alone is shown to it).",
        fields: [
            .init("on", .machine, required: true, "The server."),
            .init("from", .machine, required: true, "Where the probe leaves from."),
            .init("user", .string, "The login on the server; the machine's own unless given."),
            .init("key-of", .machine, "Whose key; the user's on `from` unless given."),
            .init("port", .port, "The server's port; 22 unless given."),
        ])

    private let machine: String
    private let from: String
    private let user: String?
    private let keyOf: String
    private let port: Int

    init(_ fields: Fields) throws {
        machine = try fields.required("on")
        from = try fields.required("from")
        user = fields.string("user")
        keyOf = fields.string("key-of") ?? from
        port = fields.integer("port") ?? 22
    }

    func judge(on bench: any Bench) async throws -> Finding {
        let server = try bench.machine(machine)
        let login = user ?? server.user
        let owner = try bench.machine(keyOf).user
        let expected = Localized(
            ko: "\(machine)의 sshd가 \(login)의 로그인에 \(keyOf)의 키를 받아 줘요",
            en: "sshd on \(machine) would accept \(keyOf)'s key for \(login)")
        func fail(_ observed: Localized, _ hint: Localized?) -> Finding {
            Finding(.fail, machine: machine, expected: expected, observed: observed, hint: hint)
        }
        let keys = try await UserKeys.read(keyOf, user: owner, on: bench)
        guard !keys.publicKeys.isEmpty else {
            return fail(
                Localized(ko: "\(keyOf)의 \(owner)에게 키가 없어요.", en: "\(owner) on \(keyOf) has no key pair."),
                Localized(ko: "먼저 ssh-keygen으로 키를 만들어요.", en: "Make one first, with ssh-keygen."))
        }
        var last = ClientProbe.Outcome()
        for key in keys.publicKeys.prefix(12) {
            last = try await ClientProbe.run(
                .offer(publicKey: key), from: from, to: server.address, port: port, user: login, on: bench)
            guard last.keyAccepted else { continue }
            return Finding(
                .pass, machine: machine, expected: expected,
                observed: Localized(
                    ko: "\(from)에서 공개키를 보이자 \(machine):\(port)의 sshd가 받아들였어요.",
                    en: "\(machine):\(port) accepted the public key when it was shown from \(from)."))
        }
        let isTold = ["refused", "timed out", "closed", "denied"].contains { last.last.contains($0) }
        if last.banner == nil ? !isTold : last.methods.isEmpty {
            throw Unjudgeable(
                Localized(
                    ko: "\(from)에서 \(machine):\(port)에 ssh로 물어보다가 끊겼어요. 다시 해 보세요.",
                    en: "Asking \(machine):\(port) with ssh from \(from) was cut off. Try again."))
        }
        guard last.banner != nil else {
            // A machine that is off or paused says nothing either, and then nothing is judged.
            _ = try await bench.look(on: machine, "true", [])
            return fail(
                Localized(
                    ko: "\(from)에서 \(machine):\(port)에 닿지 못했어요: \(last.last)",
                    en: "\(machine):\(port) could not be reached from \(from): \(last.last)"),
                Localized(ko: "SSH 서버가 기다리고 있나요?", en: "Does the SSH server listen?"))
        }
        return fail(
            Localized(
                ko: "\(machine):\(port)의 sshd가 \(keyOf)의 키를 받지 않았어요 (남은 방법: \(last.methods.joined(separator: ", "))).",
                en: "\(machine):\(port) did not accept \(keyOf)'s key (it still offers: "
                    + "\(last.methods.joined(separator: ", ")))."),
            Localized(
                ko: "authorized_keys의 내용과 주인, 그리고 홈·.ssh·authorized_keys의 권한을 차례로 보세요.",
                en: "Look at what authorized_keys holds, then at the owner and mode of it, of .ssh and of the home."))
    }
}
