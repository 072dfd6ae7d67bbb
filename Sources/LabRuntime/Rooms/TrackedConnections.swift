import Foundation
import LabStore

/// The TCP connections through a room's NAT, as the kernel of the host tracks them.
///
/// They belong to a moment as the machines' memories do: the packets of a connection that is not known any more, or whose
/// numbers are ahead of a machine that was put back, are not translated, and what the far end says ends with the room's
/// own refusal. Written and read by conntrack(8), whose lines are options of its own.
struct TrackedConnections: Sendable {
    /// What it needs of the host, with Debian's packages.
    static let programs = [("conntrack", "conntrack")]

    /// The room's first process; nil where nothing passes through a NAT.
    private let room: HostProcess?
    private let directory: String

    /// Those of a session.
    init(of session: LiveSession) {
        room = Forwarding(session.lab).rules == nil ? nil : session.record.room
        directory = session.paths.session(session.record.id) + "/connections"
    }

    /// Keeps those that are established now, as those of a moment. The machines stand still meanwhile.
    func keep(as moment: String) async throws {
        guard let room else { return }
        let lines = try await conntrack(["-L", "-p", "tcp", "--state", "ESTABLISHED", "-o", "save"], in: room)
        try LabPaths.make(directory)
        try Data(lines.utf8).write(to: URL(filePath: file(moment)), options: .atomic)
    }

    /// Makes those of a moment the only ones that the room knows, when they were kept. No machine talks meanwhile.
    func putBack(to moment: String) async throws {
        guard let room, let kept = FileManager.default.contents(atPath: file(moment)) else { return }
        try await conntrack(["-F"], in: room)
        if !kept.isEmpty { try await conntrack(["-R", file(moment)], in: room) }
    }

    /// Forgets those of a moment.
    func forget(_ moment: String) { try? FileManager.default.removeItem(atPath: file(moment)) }

    /// Copies those of a moment, when they were kept, to a directory in which ``adopt(_:from:)`` finds them.
    func copy(_ moment: String, to place: String) throws {
        guard FileManager.default.fileExists(atPath: file(moment)) else { return }
        try FileManager.default.copyItem(atPath: file(moment), toPath: place + "/connections")
    }

    /// Takes those of a moment over from a directory.
    func adopt(_ moment: String, from place: String) throws {
        let kept = place + "/connections"
        guard FileManager.default.fileExists(atPath: kept) else { return }
        try LabPaths.make(directory)
        try FileManager.default.copyItem(atPath: kept, toPath: file(moment))
    }

    private func file(_ moment: String) -> String { "\(directory)/\(moment)" }

    @discardableResult
    private func conntrack(_ arguments: [String], in room: HostProcess) async throws -> String {
        try await Tool.check("nsenter", Room.entering(room) + ["--net", "--", "conntrack"] + arguments)
    }
}
