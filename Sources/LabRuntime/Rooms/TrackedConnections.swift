import Foundation
import LabStore

/// The TCP connections that a room translates between its networks (NAT), as the kernel of the host tracks them.
///
/// They belong to a moment as the machines' memories do: the packets of a connection that is not known any more, or whose
/// numbers are ahead of a machine that was put back, are not translated, and what the far end says ends with the room's
/// own refusal. Written and read by conntrack(8), whose lines are options of its own. Where that fails, connections are
/// lost and nothing else: the reason is given, not thrown.
struct TrackedConnections: Sendable {
    /// What it needs of the host, with Debian's packages.
    static let programs = [("conntrack", "conntrack")]

    /// The room's first process; nil where nothing is translated.
    private let room: HostProcess?
    private let directory: String

    /// Those of a session.
    init(of session: LiveSession) {
        room = Forwarding(session.lab).rules == nil ? nil : session.record.room
        directory = Self.directory(of: session.paths.session(session.record.id))
    }

    /// Where they are in a session's directory.
    static func directory(of session: String) -> String { session + "/connections" }

    /// Whether there can be any.
    var arePossible: Bool { room != nil }

    /// Keeps those that are established now, as those of a moment. The machines stand still meanwhile. Gives why that
    /// could not be done.
    @discardableResult
    func keep(as moment: String) async -> String? {
        guard let room else { return nil }
        forget(moment)
        do {
            let established = ["-L", "-p", "tcp", "--state", "ESTABLISHED", "--src-nat", "-o", "save"]
            let lines = try await conntrack(established, in: room)
            // What is read first is that all others go.
            try Data(("-F\n" + lines).utf8).write(to: URL(filePath: file(moment)), options: .atomic)
            return nil
        } catch {
            return "\(error)"
        }
    }

    /// Makes those of a moment the only ones that the room knows, when they were kept. No machine talks meanwhile. Gives
    /// why that could not be done.
    @discardableResult
    func putBack(to moment: String) async -> String? {
        guard let room, FileManager.default.fileExists(atPath: file(moment)) else { return nil }
        do {
            try await conntrack(["-R", file(moment)], in: room)
            return nil
        } catch {
            return "\(error)"
        }
    }

    /// Forgets those of a moment.
    func forget(_ moment: String) { try? FileManager.default.removeItem(atPath: file(moment)) }

    /// Copies those of a moment, when they were kept, to a directory in which ``adopt(_:from:)`` finds them.
    func copy(_ moment: String, to place: String) throws {
        guard FileManager.default.fileExists(atPath: file(moment)) else { return }
        try FileManager.default.copyItem(atPath: file(moment), toPath: place + "/connections")
    }

    /// Takes those of a moment over from a directory, when it has them.
    func adopt(_ moment: String, from place: String) throws {
        let kept = place + "/connections"
        guard FileManager.default.fileExists(atPath: kept) else { return }
        try FileManager.default.copyItem(atPath: kept, toPath: file(moment))
    }

    private func file(_ moment: String) -> String { "\(directory)/\(moment)" }

    @discardableResult
    private func conntrack(_ arguments: [String], in room: HostProcess) async throws -> String {
        try await Tool.check("nsenter", Room.entering(room) + ["--net", "--", "conntrack"] + arguments)
    }
}
