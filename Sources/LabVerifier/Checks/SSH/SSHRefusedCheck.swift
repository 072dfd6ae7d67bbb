import Foundation
import LabFile

/// `ssh-refused`: the user's right password does not let anyone in.
struct SSHRefusedCheck: Check {
    static let spec = CheckSpec(
        "ssh-refused", mode: .holds, basis: .outside, "The right password is truly refused.",
        fields: [
            .init("on", .machine, required: true, "The server."),
            .init("from", .machine, required: true, "Where the probe leaves from."),
            .init("user", .string, "The login; the machine's own unless given."),
            .init("password", .string, "The login's password; the machine's own unless given."),
            .init("port", .port, "The server's port; 22 unless given."),
        ])

    /// Whether a password is a user's, by the shadow file; `$1` user, `$2` password. 0 right, 3 wrong, else unknown.
    static let passwordScript = #"""
        #!perl
        my $kept = (getpwnam $ARGV[0])[1];
        exit 4 if !defined $kept || length $kept < 3;
        my $made = crypt $ARGV[1], $kept;
        exit 4 if !defined $made;
        exit($made eq $kept ? 0 : 3);
        """#

    private let machine: String
    private let from: String
    private let user: String?
    private let password: String?
    private let port: Int

    init(_ fields: Fields) throws {
        machine = try fields.required("on")
        from = try fields.required("from")
        user = fields.string("user")
        password = fields.string("password")
        port = fields.integer("port") ?? 22
    }

    func judge(on bench: any Bench) async throws -> Finding {
        let server = try bench.machine(machine)
        let login = user ?? server.user
        let expected = Localized(
            ko: "\(machine)에서 \(login)의 패스워드로는 로그인할 수 없어요", en: "\(machine) refuses \(login)'s password")
        func finding(_ verdict: Verdict, _ observed: Localized, _ hint: Localized? = nil) -> Finding {
            Finding(verdict, machine: machine, expected: expected, observed: observed, hint: hint)
        }
        let offer: SSHOffer
        switch try await bench.offer(from: from, to: server.address, port: port, user: login) {
        case .failure(let why): return finding(.fail, why.observed, why.hint)
        case .success(let seen): offer = seen
        }
        let asks = offer.methods.filter { $0 == "password" || $0 == "keyboard-interactive" }
        if asks.isEmpty {
            let list = shown(offer.methods.joined(separator: ", "))
            return finding(
                .pass,
                Localized(
                    ko: "\(from)에서 보니 패스워드를 묻는 방법이 아예 없어요 (남은 방법: \(list)).",
                    en: "Seen from \(from), no method that asks for a password is offered (only \(list))."))
        }
        guard let secret = password ?? server.password else {
            throw Unjudgeable(
                Localized(ko: "\(machine)의 패스워드를 실습 파일이 주지 않아요.", en: "The lab gives no password for \(machine)."))
        }
        let right = try await bench.observe(on: machine, as: nil, Self.passwordScript, [login, secret])
        if right.status == 3 {
            return finding(
                .fail,
                Localized(
                    ko: "\(machine)에서 \(login)의 패스워드가 바뀌었어요. 그래서 거절되어도 증거가 되지 않아요.",
                    en: "\(login)'s password on \(machine) has been changed, so a refusal would prove nothing."),
                Localized(
                    ko: "패스워드는 그대로 두고, 서버가 패스워드를 받지 않게 해 보세요.",
                    en: "Leave the password as it was, and let the server refuse passwords."))
        }
        let accepted = try await tryPassword(secret, login: login, server: server, on: bench)
        let list = asks.joined(separator: ", ")
        return accepted
            ? finding(
                .fail,
                Localized(
                    ko: "\(from)에서 \(login)의 패스워드로 로그인이 됐어요 (\(list)).",
                    en: "\(login)'s password let the harness in from \(from) (\(list) is offered)."),
                Localized(
                    ko: "PasswordAuthentication과 KbdInteractiveAuthentication을 둘 다 보고, sshd가 다시 읽게 하세요.",
                    en: "Look at both PasswordAuthentication and KbdInteractiveAuthentication, and let sshd read them.")
            )
            : finding(
                .pass,
                Localized(
                    ko: "\(from)에서 맞는 패스워드를 냈지만 거절됐어요.",
                    en: "The right password was tried from \(from), and refused."))
    }

    private func tryPassword(_ secret: String, login: String, server: MachineSpec, on bench: any Bench) async throws
        -> Bool
    {
        if bench.hasDoor(from) {
            do {
                return try await bench.outside.passwordAccepted(
                    from: from, to: server.address, port: port, user: login, password: secret)
            } catch is NoCommonAlgorithm {}
        }
        return try await ClientProbe.isLetIn(
            .password(secret), from: from, to: server.address, port: port, user: login, on: bench)
    }
}
