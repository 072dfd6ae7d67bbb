public import Foundation
import LabFile
public import LabStore
import Libvirt

/// A moment of a whole session that it can be put back to: disks and memory of all its machines, and the connections that
/// its room translates.
///
/// All machines stand still while it is taken and are put back together: one that goes back alone leaves its peers with
/// connections that are dead.
public struct Checkpoint: Sendable {
    private let session: LiveSession
    private let name: String

    /// Names a checkpoint of a session that was taken earlier.
    init(_ name: String, of session: LiveSession) {
        self.session = session
        self.name = name
    }

    /// The checkpoint of the moment when a step was opened.
    public static func ofStep(_ step: String, in session: LiveSession) -> Checkpoint {
        Checkpoint(name(ofStep: step), of: session)
    }

    /// What the snapshots of a step's checkpoint are called.
    static func name(ofStep step: String) -> String { "step-" + step }

    /// The checkpoint that mutants are played from, whatever was done since their step was opened.
    public static func forMutants(of session: LiveSession) -> Checkpoint { Checkpoint("mutants", of: session) }

    /// The checkpoint of the moment when a step's solution has worked, to go back to after its mutants.
    public static func forSolution(of session: LiveSession) -> Checkpoint { Checkpoint("solved", of: session) }

    /// The steps whose opening a session can be put back to.
    public static func steps(of session: LiveSession) async throws -> Set<String> {
        var common: Set<String>?
        for machine in session.lab.machines {
            // A machine whose making anew was interrupted is missing, and with it all checkpoints.
            guard try await session.states()[machine.name] != nil else { return [] }
            let names = try await session.connection.snapshots(of: session.domain(machine.name))
            let steps = Set(names.filter { $0.hasPrefix("step-") }.map { String($0.dropFirst("step-".count)) })
            common = common?.intersection(steps) ?? steps
        }
        return common ?? []
    }

    /// Takes it, in place of one of the same name. The machines stand still meanwhile.
    public func take() async throws {
        try await remove()
        do {
            let (connection, name) = (session.connection, name)
            try await Self.whileStill(session) {
                async let connections = TrackedConnections(of: session).keep(as: name)
                try await forEachDomain { try await connection.createSnapshot(of: $0, called: name) }
                _ = await connections
            }
        } catch {
            try? await remove()
            throw error
        }
        // It is taken: a machine whose agent does not answer keeps nobody from the step, and its checks say so.
        try await refresh(seconds: 5 * session.slowness, all: false)
    }

    /// Does something while no machine of a session moves, and lets all go on. Throws when one is off, unless they do not
    /// have to be `allOn` before, since what is done switches them on.
    static func whileStill(
        _ session: LiveSession, allOn: Bool = true, _ body: () async throws -> Void
    ) async throws {
        let connection = session.connection
        do {
            try await forEachDomain(of: session) { domain in
                if !allOn, try await connection.domainState(domain) != .running { return }
                try await connection.suspendDomain(domain)
            }
            try await body()
        } catch {
            // In a task of its own: machines go on although what was going on was cancelled.
            await Task { try? await forEachDomain(of: session) { try? await connection.resumeDomain($0) } }.value
            throw error
        }
        try await forEachDomain(of: session) { try await connection.resumeDomain($0) }
    }

    /// Puts all machines back to the moment, with the clock of now and fresh randomness. None goes on before all are back:
    /// a peer from another time would end its connections. An interruption does not leave some of them as they were.
    public func restore() async throws {
        try await Task {
            let (connection, name) = (session.connection, name)
            try await Self.whileStill(session, allOn: false) {
                try await forEachDomain { domain in
                    try await connection.revert(domain, to: name, goesOn: false)
                    // A memory that a stop kept is of another moment than the disk now.
                    try await connection.forgetSavedDomain(domain)
                }
                await TrackedConnections(of: session).putBack(to: name)
            }
            try await refresh(seconds: session.bootLimit, all: true)
        }.value
    }

    /// Puts all machines back to the moment and forgets what was found since then. It is forgotten first: a command that is
    /// killed in between leaves no verdicts on machines that nothing was done on yet.
    public func restore(forgetting store: LabStore, since moment: Date) async throws {
        try store.rewind(session.record.id, to: moment)
        try await restore()
    }

    /// Forgets the moment on every machine that knows it.
    public func remove() async throws {
        let (connection, name) = (session.connection, name)
        try await forEachDomain { domain in
            if try await connection.snapshots(of: domain).contains(name) {
                try await connection.deleteSnapshot(name, of: domain)
            }
        }
        TrackedConnections(of: session).forget(name)
    }

    /// A machine that stood still or was put back repeats its randomness and is behind the time. Its agent is waited for so
    /// many seconds; unless `all` have to answer, one that does not is left as it is.
    private func refresh(seconds: Int, all: Bool) async throws {
        let session = session
        try await forEachDomain { domain in
            guard let machine = session.lab.machines.first(where: { session.domain($0.name) == domain }) else { return }
            let agent = session.agent(machine.name)
            do {
                try await agent.wait(seconds: seconds)
                try await Identity.refresh(agent)
            } catch {
                if all { throw error }
                try Task.checkCancellation()
            }
        }
    }

    private func forEachDomain(_ body: @escaping @Sendable (String) async throws -> Void) async throws {
        try await Self.forEachDomain(of: session, body)
    }

    private static func forEachDomain(
        of session: LiveSession, _ body: @escaping @Sendable (String) async throws -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for machine in session.lab.machines {
                let domain = session.domain(machine.name)
                group.addTask { try await body(domain) }
            }
            try await group.waitForAll()
        }
    }
}

/// The checkpoints that a session keeps, within bounds.
public struct CheckpointKeeper: Sendable {
    /// The most steps that are kept, the newest ones.
    static let most = 6
    /// What must stay free where the disks are, in MiB.
    static let reserve = 1500

    private let session: LiveSession

    /// Keeps the checkpoints of a session.
    public init(session: LiveSession) { self.session = session }

    /// Takes the checkpoint of a step that is being opened and lets the oldest go; `opened` are the steps' moments.
    /// Gives false, and takes none, when there is not enough room for it.
    @discardableResult
    public func keep(_ step: String, opened: [String: Date]) async throws -> Bool {
        let older = try await Checkpoint.steps(of: session).subtracting([step])
            .sorted { (opened[$0] ?? .distantPast) > (opened[$1] ?? .distantPast) }
        let hasRoom = try await session.freeDisk() >= Self.reserve
        for old in older.dropFirst(hasRoom ? Self.most - 1 : 0) {
            try await Checkpoint.ofStep(old, in: session).remove()
        }
        guard try await session.freeDisk() >= Self.reserve else { return false }
        try await Checkpoint.ofStep(step, in: session).take()
        return true
    }
}
