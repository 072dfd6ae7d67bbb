/// What one line of sshd's log says, as OpenSSH 9.2 words it (sshd.c, auth.c, session.c, packet.c).
enum SSHMessage: Equatable {
    /// `Connection from A port P on B port Q rdomain ""`; at LogLevel VERBOSE only.
    case connection(client: SSHEndpoint, server: SSHEndpoint)
    /// `Accepted publickey for U from A port P ssh2: ED25519 SHA256:…`
    case accepted(method: String, user: String, client: SSHEndpoint, fingerprint: String?)
    /// `Failed password for U from A port P ssh2`
    case failed(method: String, user: String, client: SSHEndpoint)
    /// `User child is on pid N`
    case userChild(Int)
    /// `Starting session: command for U from A port P id 0`; at LogLevel VERBOSE only.
    case session(SSHLogin.Kind, user: String, client: SSHEndpoint, id: Int)
    /// `Close session: user U from A port P id 0`
    case sessionClosed(client: SSHEndpoint, id: Int)
    /// The connection ended while this user was being authenticated, or afterwards.
    case ended(user: String?, authenticated: Bool, client: SSHEndpoint?)
    /// `pam_unix(sshd:session): session opened for user U(uid=1000) by (uid=0)`; at every LogLevel.
    case opened(user: String)
    /// `pam_unix(sshd:session): session closed for user U`
    case closed(user: String)

    /// Reads a line; nil when it says nothing about a login.
    init?(_ line: String) {
        let words = line.split(separator: " ").map(String.init)
        guard let first = words.first else { return nil }
        switch first {
        case "Connection" where words.count >= 9 && words[1] == "from":
            guard let client = SSHEndpoint(words, at: 2), let server = SSHEndpoint(words, at: 6) else { return nil }
            self = .connection(client: client, server: server)
        case "Accepted", "Failed":
            guard let from = words.lastIndex(of: "from"), from >= 4, words[2] == "for",
                let client = SSHEndpoint(words, at: from + 1)
            else { return nil }
            // "for invalid user U" has no login to stand for; the name is then "invalid user U".
            let user = words[3..<from].joined(separator: " ")
            self =
                first == "Failed"
                ? .failed(method: words[1], user: user, client: client)
                : .accepted(
                    method: words[1], user: user, client: client,
                    fingerprint: words[from...].first { $0.hasPrefix("SHA256:") })
        case "User" where words.count == 6 && line.hasPrefix("User child is on pid "):
            guard let pid = Int(words[5]) else { return nil }
            self = .userChild(pid)
        case "Starting" where line.hasPrefix("Starting session: "):
            guard let session = Self.session(words) else { return nil }
            self = session
        case "Close" where line.hasPrefix("Close session: user "):
            guard let from = words.lastIndex(of: "from"), let client = SSHEndpoint(words, at: from + 1),
                let id = words.last.flatMap(Int.init)
            else { return nil }
            self = .sessionClosed(client: client, id: id)
        case "pam_unix(sshd:session):" where words.count >= 6:
            guard let user = words[5].split(separator: "(").first.map(String.init) else { return nil }
            switch words[2] {
            case "opened": self = .opened(user: user)
            case "closed": self = .closed(user: user)
            default: return nil
            }
        default:
            guard let ending = Self.ending(line) else { return nil }
            self = ending
        }
    }

    private static func session(_ words: [String]) -> SSHMessage? {
        guard words.count >= 9, let from = words.lastIndex(of: "from"), from >= 5,
            let client = SSHEndpoint(words, at: from + 1), let id = words.last.flatMap(Int.init)
        else { return nil }
        let kind: SSHLogin.Kind =
            switch words[2] {
            case "shell": .shell
            case "subsystem": words[3] == "'sftp'" ? .sftp : .other
            default: .command
            }
        return .session(kind, user: words[from - 1], client: client, id: id)
    }

    private static let endings = [
        "Connection closed by ", "Connection reset by ", "Disconnected from ", "Disconnecting ",
        "Timeout, client not responding from ",
    ]

    private static func ending(_ line: String) -> SSHMessage? {
        guard let start = endings.first(where: line.hasPrefix) else { return nil }
        let rest = line.dropFirst(start.count)
        let preauth = rest.hasSuffix("[preauth]")
        var words = rest.split(separator: " ").map(String.init)
        var authenticated = !preauth
        var user: String?
        if words.starts(with: ["authenticating", "user"]), words.count > 3 {
            authenticated = false
            user = words[2]
            words.removeFirst(3)
        } else if words.starts(with: ["invalid", "user"]) {
            return .ended(user: nil, authenticated: false, client: nil)
        } else if words.first == "user", words.count > 2 {
            user = words[1]
            words.removeFirst(2)
        }
        return .ended(user: user, authenticated: authenticated, client: SSHEndpoint(words, at: 0))
    }
}

/// One end of a TCP connection, as sshd and `ss` print it.
struct SSHEndpoint: Sendable, Hashable {
    /// The address, without brackets; an IPv4 address mapped into IPv6 is given as IPv4.
    var address: String
    /// The port.
    var port: Int

    /// Makes an endpoint.
    init(address: String, port: Int) {
        let plain = address.hasPrefix("[") ? String(address.dropFirst().prefix { $0 != "]" }) : address
        self.address =
            plain.hasPrefix("::ffff:") && plain.contains(".")
            ? String(plain.dropFirst(7)) : String(plain.prefix { $0 != "%" })
        self.port = port
    }

    /// Reads `ADDRESS port NUMBER` at a position of a line's words.
    init?(_ words: [String], at index: Int) {
        guard index >= 0, index + 2 < words.count, words[index + 1] == "port",
            let port = Int(words[index + 2].prefix { $0.isNumber })
        else { return nil }
        self.init(address: words[index], port: port)
    }

    /// Reads `ADDRESS:PORT` as `ss -n` prints it; a port that is `*` is 0.
    init?(_ text: some StringProtocol) {
        guard let colon = text.lastIndex(of: ":") else { return nil }
        let port = text[text.index(after: colon)...]
        guard let number = port == "*" ? 0 : Int(port) else { return nil }
        self.init(address: String(text[..<colon]), port: number)
    }

    /// Whether the address is one of the machine's own loopback addresses.
    var isLoopback: Bool { address.hasPrefix("127.") || address == "::1" }
}
