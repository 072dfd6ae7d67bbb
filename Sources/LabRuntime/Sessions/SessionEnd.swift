public import LabFile
public import LabStore
import Foundation
import Libvirt

/// Takes a session down: for later (`stop`) or for good (`finish`).
public struct SessionEnd: Sendable {
    let paths: LabPaths
    let store: LabStore

    /// Makes an end.
    public init(paths: LabPaths, store: LabStore) {
        self.paths = paths
        self.store = store
    }

    /// Shuts the machines down cleanly, those that do not listen by force, and ends the room; the disks stay.
    public func stop(_ before: SessionRecord, lab: Lab, progress: @escaping Progress) async throws {
        var record = before
        record.state = .stopping
        try store.save(record)
        if let room = record.room, room.isAlive {
            let session = try await LiveSession.attach(record, lab: lab, paths: paths)
            await withTaskGroup(of: Void.self) { group in
                for machine in lab.machines {
                    group.addTask {
                        progress(.doing(machine.name, "shuts down"))
                        let clean = await Self.shutDown(machine.name, of: session)
                        progress(.done(machine.name, clean ? "off" : "switched off: it did not shut down by itself"))
                    }
                }
            }
            try await Room.end(room)
        }
        record.setRoom(nil)
        record.state = .stopped
        try store.save(record)
    }

    /// Removes everything of a session but its record.
    public func finish(_ before: SessionRecord) async throws {
        var record = before
        record.state = .finishing
        try store.save(record)
        try await remove(record)
        record.setRoom(nil)
        record.state = .finished
        try store.save(record)
    }

    /// Ends the room and removes the session's directories.
    func remove(_ record: SessionRecord) async throws {
        if let room = record.room, room.isAlive { try await Room.end(room) }
        for directory in [paths.session(record.id), paths.sockets(record.id)]
        where FileManager.default.fileExists(atPath: directory) {
            try FileManager.default.removeItem(atPath: directory)
        }
        rmdir(paths.run)
    }

    private static func shutDown(_ machine: String, of session: LiveSession) async -> Bool {
        let agent = session.agent(machine)
        if await agent.ping() {
            try? await agent.power("powerdown")
        } else {
            try? await session.connection.shutdownDomain(machine)
        }
        var backoff = Backoff(seconds: 90)
        while true {
            guard let state = try? await session.connection.domainState(machine) else { return true }
            if state == .shutOff { return true }
            guard (try? await backoff.wait()) == true else { return false }
        }
    }
}
