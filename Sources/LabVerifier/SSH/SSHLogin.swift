import Foundation

/// One connection to sshd, put together from the lines that its processes wrote.
struct SSHLogin: Sendable, Equatable {
    /// The boot it happened in.
    var boot: String
    /// The process that accepted it (`sshd: USER [priv]`).
    var pid: Int
    /// The process that runs as the user, once there is one; root's logins have none.
    var childPid: Int?
    /// The user; nil until a method was tried.
    var user: String?
    /// The client's end.
    var client: SSHEndpoint
    /// The server's end; nil when sshd logs below VERBOSE.
    var server: SSHEndpoint?
    /// When the connection came in (or the first line about it).
    var began: Date
    /// When and how it was accepted; nil when it never was.
    var acceptance: Acceptance?
    /// Shells, commands and subsystems; always empty when sshd logs below VERBOSE.
    var sessions: [Session] = []
    /// When it ended; nil while nothing says so.
    var ended: Date?
    /// Methods that failed, in order.
    var failures: [String] = []
    /// Whether it ended while a user was being authenticated.
    var endedUnauthenticated = false

    /// When and how a login was accepted.
    struct Acceptance: Sendable, Equatable {
        var at: Date
        /// `password`, `publickey`, `keyboard-interactive/pam`.
        var method: String
        /// `SHA256:…`; nil for a password.
        var fingerprint: String?
    }

    /// One channel that ran something.
    struct Session: Sendable, Equatable {
        var kind: Kind
        var id: Int
        var began: Date
        var ended: Date?
    }

    /// What a session ran.
    enum Kind: String, Sendable {
        case shell, command, sftp, other
    }

    /// Ports below this are the harness's own probes; an ordinary client cannot take one (ip(7)).
    static let firstStudentPort = 1024

    /// Whether the harness's own probe made it.
    var isProbe: Bool { client.port < Self.firstStudentPort }

    /// Whether sshd told everything about it, as it does at LogLevel VERBOSE.
    var isVerbose: Bool { server != nil }

    /// Whether its server's end may be this one: it is not known when sshd logs below VERBOSE.
    func isAt(_ end: SSHEndpoint) -> Bool { server.map { $0 == end } ?? true }

    /// Whether it was open at a moment, give or take the difference of two guests' clocks.
    func wasOpen(at moment: Date, tolerance: TimeInterval = 3) -> Bool {
        guard let acceptance else { return false }
        return moment >= acceptance.at - tolerance && (ended.map { moment <= $0 + tolerance } ?? true)
    }

    /// Whether `method` names the way it was accepted; PAM's questions count as a password.
    func wasAccepted(by method: String) -> Bool {
        guard let acceptance else { return false }
        if method == "password" {
            return acceptance.method == "password" || acceptance.method.hasPrefix("keyboard-interactive")
        }
        return acceptance.method == method
    }

    /// Whether something of this login of one of `kinds` was going on when a file was written; guests' clocks differ a
    /// little. A command that still runs may be anything; it counts once it has ended.
    func carried(at moment: Date, by kinds: Set<Kind>, tolerance: TimeInterval = 2) -> Bool {
        sessions.contains { session in
            guard kinds.contains(session.kind), moment >= session.began - tolerance else { return false }
            return (session.ended ?? ended).map { moment <= $0 + tolerance } ?? (session.kind == .sftp)
        }
    }
}
