import Foundation
import LabFile

/// What the called machine itself knows of conversations: its records of logins, and its kernel's notes of calls.
struct CaptureWitness: Sendable {
    /// How much two guests' clocks may differ.
    static let tolerance: TimeInterval = 5

    /// A login: whose, when, and the client's port where the server records it.
    struct Login: Sendable, Equatable {
        var user: String
        var at: Date
        var port: Int?
    }

    /// A call that the kernel noted: the client's end and the sequence number.
    struct Note: Sendable, Hashable {
        var client: SSHEndpoint
        var port: Int
        var sequence: UInt32
    }

    var logins: [Login] = []
    var notes: Set<Note> = []

    /// Prints what login(1) recorded, as JSON; only lines whose sender the kernel vouches for.
    static let loginScript = """
        command -v journalctl >/dev/null || exit 69
        journalctl --no-pager --quiet --output=json --output-fields=MESSAGE,_CMDLINE \\
          _COMM=login _EXE=/usr/bin/login _EXE=/bin/login _UID=0 _TRANSPORT=syslog 2>/dev/null | tail -c 200000
        """

    /// `$1` prefix. What the kernel itself logged: a line that somebody writes to /dev/kmsg has another facility.
    static let noteScript = """
        command -v journalctl >/dev/null || exit 69
        journalctl --no-pager --quiet --output=cat _TRANSPORT=kernel SYSLOG_FACILITY=0 2>/dev/null |
          grep -F -- "$1" | tail -c 200000
        """

    /// Reads what a machine knows: logins by `reading` (telnet or ssh; nil: none), notes by their prefix (nil: none).
    static func read(_ machine: String, login reading: String?, prefix: String?, on bench: any Bench) async throws
        -> CaptureWitness
    {
        var witness = CaptureWitness()
        if reading == "ssh" {
            witness.logins = try await SSHJournal.read(machine, on: bench).accepted.compactMap { login in
                guard let user = login.user, let acceptance = login.acceptance else { return nil }
                return Login(user: user, at: acceptance.at, port: login.client.port)
            }
        } else if reading != nil {
            let seen = try await bench.observe(on: machine, as: nil, loginScript, [])
            try demandJournal(seen, on: machine)
            witness.logins = logins(seen.output)
        }
        if let prefix {
            let seen = try await bench.observe(on: machine, as: nil, noteScript, [prefix])
            try demandJournal(seen, on: machine)
            witness.notes = Set(seen.output.lines().compactMap { Note($0, prefix: prefix) })
        }
        return witness
    }

    /// Whether the server recorded such a login in a conversation.
    func loggedIn(_ user: String, in conversation: TCPConversation) -> Bool {
        logins.contains { login in
            login.user == user && login.port.map { $0 == conversation.client.port } ?? true
                && login.at >= conversation.began - Self.tolerance && login.at <= conversation.ended + Self.tolerance
        }
    }

    /// Whether the kernel noted a conversation's first segment.
    func noted(_ conversation: TCPConversation) -> Bool {
        notes.contains(
            Note(
                client: conversation.client, port: conversation.server.port, sequence: conversation.initialSequence))
    }

    /// Reads login(1)'s lines: sessions of logins that came over the network (`login -h HOST`).
    static func logins(_ output: String) -> [Login] {
        struct Line: Decodable {
            var time: String
            var message: String
            var command: String

            enum CodingKeys: String, CodingKey {
                case time = "__REALTIME_TIMESTAMP"
                case message = "MESSAGE"
                case command = "_CMDLINE"
            }
        }
        let start = "pam_unix(login:session): session opened for user "
        return output.lines().compactMap { text in
            guard let line = try? JSONDecoder().decode(Line.self, from: Data(text.utf8)),
                line.message.hasPrefix(start), line.command.split(separator: " ").contains("-h"),
                let microseconds = Double(line.time)
            else { return nil }
            let user = line.message.dropFirst(start.count).prefix { $0 != "(" && $0 != " " }
            return Login(user: String(user), at: Date(timeIntervalSince1970: microseconds / 1_000_000), port: nil)
        }
    }

    private static func demandJournal(_ seen: Observation, on machine: String) throws {
        guard seen.status != 69 else {
            throw Unjudgeable(
                Localized(ko: "\(machine)에 journalctl이 없어요.", en: "\(machine) has no journalctl."))
        }
    }
}

extension CaptureWitness.Note {
    /// Reads a line of the packet filter's LOG target with --log-tcp-sequence (iptables-extensions(8)).
    init?(_ line: some StringProtocol, prefix: String) {
        guard line.hasPrefix(prefix) else { return nil }
        var values: [Substring: Substring] = [:]
        for word in String(line.dropFirst(prefix.count)).split(separator: " ") {
            guard let equals = word.firstIndex(of: "=") else { continue }
            values[word[..<equals]] = word[word.index(after: equals)...]
        }
        guard let address = values["SRC"], let source = values["SPT"].flatMap({ Int($0) }),
            let port = values["DPT"].flatMap({ Int($0) }), let sequence = values["SEQ"].flatMap({ UInt32($0) })
        else { return nil }
        self.init(client: SSHEndpoint(address: String(address), port: source), port: port, sequence: sequence)
    }
}
