public import Foundation
import LabFile

/// A login that a check looks for in sshd's records, and the reason why none of them is it.
struct LoginQuery: Sendable {
    /// Whose login.
    var user: String?
    /// Where it comes from.
    var origin: Origin?
    /// How it was accepted.
    var method: String?
    /// One of these keys was accepted.
    var key: Key?
    /// The server's port.
    var port: Int?
    /// What it ran.
    var kinds: Set<SSHLogin.Kind> = []
    /// Only logins after this moment count.
    var after: Date?

    /// Where a login comes from.
    struct Origin: Sendable {
        /// What the reader calls it.
        var name: String
        /// Its addresses.
        var addresses: Set<String>
    }

    /// The keys of one machine's user.
    struct Key: Sendable {
        /// The machine that they belong to.
        var machine: String
        /// `SHA256:…`, each.
        var fingerprints: Set<String>
    }

    /// Why no login is the one.
    struct Explanation: Sendable {
        /// What was seen.
        var observed: Localized
        /// A nudge.
        var hint: Localized?
        /// Whether the records tell too little, rather than that something was done wrongly.
        var isElsewhere = false
    }

    /// What keeps a login from being the one that is looked for.
    enum Obstacle: Sendable {
        case old, user, origin, port, method, key, kind, unknownPort, unknownKind
    }

    /// What keeps an accepted login from being the one; empty when it is.
    func obstacles(_ login: SSHLogin) -> [Obstacle] {
        guard let acceptance = login.acceptance else { return [.method] }
        var found: [Obstacle] = []
        // What is asked for may be younger than the login: a client can use one connection for many commands.
        let asked = kinds.isEmpty ? nil : login.sessions.filter { kinds.contains($0.kind) }.map(\.began).max()
        // The opening is by the host's clock, the record by the guest's; they may differ a little.
        if let after, asked ?? acceptance.at < after.addingTimeInterval(-2) { found.append(.old) }
        if let user, login.user != user { found.append(.user) }
        if let origin, !origin.addresses.contains(login.client.address) { found.append(.origin) }
        if let port {
            if let server = login.server {
                if server.port != port { found.append(.port) }
            } else {
                found.append(.unknownPort)
            }
        }
        if let method, !login.wasAccepted(by: method) { found.append(.method) }
        if let key, method == nil || login.wasAccepted(by: "publickey") {
            if !key.fingerprints.contains(acceptance.fingerprint ?? "") { found.append(.key) }
        }
        if !kinds.isEmpty, !login.sessions.contains(where: { kinds.contains($0.kind) }) {
            found.append(login.isVerbose ? .kind : .unknownKind)
        }
        return found
    }

    /// The logins that are looked for, oldest first.
    func matches(in journal: SSHJournal) -> [SSHLogin] {
        journal.accepted.filter { obstacles($0).isEmpty }
    }

    /// Why no login on `machine` is the one: what was seen, and a nudge.
    func explain(_ journal: SSHJournal, on machine: String) -> Explanation {
        let near = journal.accepted.map { ($0, obstacles($0)) }.filter { !$0.1.isEmpty }
            .reversed().min { $0.1.count < $1.1.count }
        if journal.level == .off {
            return Explanation(
                observed: Localized(
                    ko: "\(machine)의 sshd가 로그인을 기록하지 않고 있어요. 세션이 열렸다는 PAM의 기록만 있어요.",
                    en: "sshd on \(machine) does not log: only PAM's \"session opened\" is there, so nobody can tell "
                        + "who logged in and how."),
                hint: Localized(
                    ko: "sshd의 LogLevel이 얼마로 되어 있나요? VERBOSE로 되돌리고 다시 로그인해 보세요.",
                    en: "What is sshd's LogLevel? Set it back to VERBOSE and log in again."),
                isElsewhere: true)
        }
        guard let (login, obstacles) = near, let first = obstacles.first else {
            return Explanation(
                observed: Localized(
                    ko: "\(machine)의 sshd 자신이 남긴 로그인 기록이 하나도 없어요.",
                    en: "There is no record of sshd's own of a login on \(machine)."),
                hint: Localized(
                    ko: "커널이 보증하는 sshd의 기록만 세어요. logger나 echo로 적은 글은 기록이 아니에요.",
                    en: "Only what sshd itself wrote counts; text from logger, systemd-cat or echo does not."))
        }
        let reasons = obstacles.map { reason($0, login) }
        return Explanation(
            observed: Localized(
                ko: "\(machine)에서 가장 비슷한 기록: \(login.described.ko)\n"
                    + reasons.map(\.ko).joined(separator: "\n"),
                en: "Nearest record on \(machine): \(login.described.en)\n"
                    + reasons.map(\.en).joined(separator: "\n")),
            hint: hint(first, machine), isElsewhere: first == .unknownPort || first == .unknownKind)
    }

    private func reason(_ obstacle: Obstacle, _ login: SSHLogin) -> Localized {
        switch obstacle {
        case .old:
            Localized(ko: "이 단계가 열리기 전의 로그인이에요.", en: "It is older than the opening of this step.")
        case .user:
            Localized(ko: "사용자가 \(user ?? "")이(가) 아니에요.", en: "The user is not \(user ?? "").")
        case .origin:
            Localized(
                ko: "\(origin?.name ?? "")에서 온 로그인이 아니에요.", en: "It did not come from \(origin?.name ?? "").")
        case .port:
            Localized(ko: "포트 \(port ?? 0)번으로 들어오지 않았어요.", en: "It did not come in on port \(port ?? 0).")
        case .method:
            Localized(
                ko: "인증 방법이 \(method ?? "")이(가) 아니에요.", en: "It was not accepted by \(method ?? "").")
        case .key:
            Localized(
                ko: "쓰인 키가 \(key?.machine ?? "")의 키가 아니에요.",
                en: "The key is not one of \(key?.machine ?? "")'s.")
        case .kind:
            Localized(
                ko: "그 안에서 \(kindNames) 세션을 시작하지 않았어요.", en: "No \(kindNames) was started in it.")
        case .unknownPort, .unknownKind:
            Localized(
                ko: "sshd의 LogLevel이 VERBOSE보다 낮아서 포트와 세션 종류를 알 수 없어요.",
                en: "sshd logs below VERBOSE, so its record tells neither the port nor what was run.")
        }
    }

    private func hint(_ obstacle: Obstacle, _ machine: String) -> Localized? {
        switch obstacle {
        case .old:
            Localized(ko: "이 단계에서 다시 한 번 해 보세요.", en: "Do it once more, now, in this step.")
        case .user:
            Localized(
                ko: "ssh는 사용자 이름을 주지 않으면 지금 쓰는 이름으로 로그인해요.",
                en: "Without a user name ssh logs in with the name you have here.")
        case .origin:
            Localized(
                ko: "명령을 어느 컴퓨터에서 실행했나요? 프롬프트의 호스트 이름을 보세요.",
                en: "On which machine did you run the command? The prompt names it.")
        case .port:
            Localized(ko: "ssh에 다른 포트를 알려 주는 옵션은 무엇인가요?", en: "Which option tells ssh another port?")
        case .method:
            Localized(
                ko: "ssh -v로 어떤 인증 방법을 차례로 시도하는지 보세요.",
                en: "ssh -v shows which methods are tried, one after the other.")
        case .key:
            Localized(
                ko: "ssh-keygen -lf로 키의 지문을 비교해 보세요.", en: "Compare fingerprints with ssh-keygen -lf.")
        case .kind where kinds == [.shell]:
            Localized(
                ko: "명령을 붙이지 않고 로그인하면 셸이 열려요.", en: "A login without a command opens a shell.")
        case .kind where kinds == [.command]:
            Localized(
                ko: "주소 바로 뒤에 실행할 명령을 붙여 보세요.", en: "Put the command to run right behind the address.")
        case .kind:
            nil
        case .unknownPort, .unknownKind:
            Localized(
                ko: "\(machine)의 LogLevel을 VERBOSE로 하고 다시 해 보세요.",
                en: "Set LogLevel VERBOSE on \(machine), and do it again.")
        }
    }

    private var kindNames: String { kinds.map(\.rawValue).sorted().joined(separator: "/") }
}

extension SSHLogin {
    /// The login in one line, for the reader.
    var described: Localized {
        let method = acceptance.map { [$0.method, $0.fingerprint].compactMap { $0 }.joined(separator: " ") }
        let ran = sessions.map(\.kind.rawValue).joined(separator: ", ")
        let port = server.map { " → \($0.port)" } ?? ""
        let what = [method, ran.isEmpty ? nil : ran].compactMap { $0 }.joined(separator: ", ")
        let text = "\(ClockText.of(acceptance?.at ?? began)) \(user ?? "?") ← \(client.address):\(client.port)\(port)"
        return .same("\(shown(text)) (\(shown(what)))")
    }
}

/// A moment as the reader's clock shows it.
public enum ClockText {
    /// `10:42:07`, in the host's time zone.
    public static func of(_ date: Date) -> String {
        let parts = Calendar.current.dateComponents([.hour, .minute, .second], from: date)
        return [parts.hour, parts.minute, parts.second]
            .map { value in
                let text = String(value ?? 0)
                return text.count < 2 ? "0" + text : text
            }
            .joined(separator: ":")
    }
}
