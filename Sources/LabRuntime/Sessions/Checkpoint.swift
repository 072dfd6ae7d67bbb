import Foundation
import LabFile
import Libvirt

/// A moment of a whole session that it can be put back to: disks and memory of all its machines.
///
/// All machines stand still while it is taken and are put back together: one that goes back alone leaves its peers with
/// connections that are dead.
public struct Checkpoint: Sendable {
    private let session: LiveSession
    private let name: String

    /// Takes a checkpoint called `name` of all machines of a session.
    public static func take(_ name: String, of session: LiveSession) async throws -> Checkpoint {
        let checkpoint = Checkpoint(session: session, name: name)
        try await checkpoint.forEachMachine { try await session.connection.suspendDomain($0) }
        do {
            try await checkpoint.forEachMachine { try await session.connection.createSnapshot(of: $0, called: name) }
        } catch {
            try? await checkpoint.forEachMachine { try await session.connection.resumeDomain($0) }
            throw error
        }
        try await checkpoint.forEachMachine { try await session.connection.resumeDomain($0) }
        try await checkpoint.refresh()
        return checkpoint
    }

    /// Puts all machines back to the moment, with the clock of now and fresh randomness.
    public func restore() async throws {
        let (connection, name) = (session.connection, name)
        try await forEachMachine { try await connection.revert($0, to: name) }
        try await refresh()
    }

    /// Forgets the moment.
    public func remove() async throws {
        let (connection, name) = (session.connection, name)
        try await forEachMachine { try await connection.deleteSnapshot(name, of: $0) }
    }

    /// A machine that stood still or was put back repeats its randomness and is behind the time.
    private func refresh() async throws {
        let session = session
        try await forEachMachine { machine in
            try await session.agent(machine).wait(seconds: 60)
            try await Identity.refresh(session.agent(machine))
        }
    }

    private func forEachMachine(_ body: @escaping @Sendable (String) async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for machine in session.lab.machines { group.addTask { try await body(machine.name) } }
            try await group.waitForAll()
        }
    }
}
