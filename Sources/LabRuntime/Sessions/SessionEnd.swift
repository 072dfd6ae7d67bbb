public import LabFile
public import LabStore
import Foundation
import Libvirt

/// Takes a session down: for later (`stop`) or for good (`finish`).
public struct SessionEnd: Sendable {
    let paths: LabPaths
    let store: LabStore

    /// What is kept beside the machines' memories by a stop is kept under this name.
    static let moment = "stop"

    /// Makes an end.
    public init(paths: LabPaths, store: LabStore) {
        self.paths = paths
        self.store = store
    }

    /// Keeps the machines' memory and disks and ends the room, if there is one. All machines stand still before the first is kept, so
    /// that connections between them go on at the resume; one whose memory cannot be kept is shut down or switched off.
    /// Throws, with the session recorded as running, when a machine elsewhere cannot even be switched off.
    public func stop(_ before: SessionRecord, lab: Lab, progress: @escaping Progress) async throws {
        var record = before
        record.state = .stopping
        try store.save(record)
        if let session = try await session(of: record, lab: lab, progress: progress) {
            for machine in lab.machines { try? await session.connection.suspendDomain(session.domain(machine.name)) }
            // In a task of its own: what is kept of the machines after an interruption is kept whole.
            let lost = await Task { await TrackedConnections(of: session).keep(as: Self.moment) }.value
            if let lost { progress(.notice(.connectionsAreLost(lost))) }
            let errors = await withTaskGroup(of: LabError?.self) { group in
                for machine in lab.machines {
                    group.addTask {
                        let name = Localized.same(machine.name)
                        progress(.doing(name, Localized(ko: "메모리를 남겨 두고 있어요", en: "its memory is kept")))
                        do {
                            progress(.done(name, try await Self.keep(machine.name, of: session)))
                            return nil
                        } catch {
                            let fate =
                                before.isElsewhere
                                ? Localized(ko: "아직 켜져 있을 수 있어요", en: "may still be on")
                                : Localized(
                                    ko: "메모리를 남겨 둘 수 없어서 방과 함께 꺼져요",
                                    en: "ends with its room: its memory could not be kept")
                            progress(.done(name, fate))
                            return Self.stillOn(machine.name, error)
                        }
                    }
                }
                return await group.reduce(into: [LabError]()) { errors, error in
                    if let error { errors.append(error) }
                }
            }
            // The end of a room is the end of its machines; elsewhere nobody else switches them off.
            if record.isElsewhere, let first = errors.first {
                record.state = .running
                try store.save(record)
                throw first
            }
        }
        try await endRoom(of: record)
        record.setRoom(nil)
        record.state = .stopped
        try store.save(record)
    }

    /// The session whose machines are to be kept; nil when there is none, or when the libvirtd of its room does not answer.
    private func session(of record: SessionRecord, lab: Lab, progress: Progress) async throws -> LiveSession? {
        guard record.isUp else { return nil }
        do {
            // In a task of its own: a stop that is recorded as begun goes on to its end, whatever interrupts it.
            return try await Task { try await LiveSession.attach(record, lab: lab, paths: paths) }.value
        } catch let error as LabError where record.room != nil && error.code == .unreachable {
            progress(
                .notice(
                    Localized(
                        ko: "\(error.message.ko): 기계는 전원이 나간 것처럼 꺼지고, 다음에 디스크로 부팅해요.",
                        en: "\(error.message.en): its machines are switched off as by a power failure, and boot from "
                            + "their disks.")))
            return nil
        }
    }

    /// Ends the room, known or left behind, and removes its sockets. In a task of its own: an interrupted command does not
    /// leave before the room is gone.
    private func endRoom(of record: SessionRecord) async throws {
        let sockets = record.sockets(in: paths)
        try await Task {
            if let room = record.room { try await Room.end(room) }
            try await Room.endLeft(in: sockets)
        }.value
        try? FileManager.default.removeItem(atPath: sockets)
    }

    /// Removes everything of a session but its record.
    public func finish(_ before: SessionRecord) async throws {
        var record = before
        record.state = .finishing
        // On a full disk the record is written when the files are gone.
        do { try store.save(record) } catch is DiskIsFull {}
        try await remove(record)
        record.setRoom(nil)
        record.state = .finished
        try store.save(record)
    }

    /// Ends the room, or removes what the session has elsewhere, and removes the session's directories.
    func remove(_ record: SessionRecord) async throws {
        if record.isElsewhere { try await FarEnd(record: record).remove() }
        try await endRoom(of: record)
        let directory = paths.session(record.id)
        if FileManager.default.fileExists(atPath: directory) { try FileManager.default.removeItem(atPath: directory) }
        rmdir(URL(filePath: record.sockets(in: paths)).deletingLastPathComponent().path)
    }

    private static func stillOn(_ machine: String, _ cause: any Error) -> LabError {
        LabError(
            .failed,
            Localized(
                ko: "\(machine)의 메모리를 남겨 둘 수도, \(machine)을(를) 끌 수도 없었어요. 아직 켜져 있을 수 있어요",
                en: "\(machine)'s memory could not be kept, nor could it be switched off; it may still be on"),
            advice: Localized(
                ko: "다시 하려면: lab stop      지금 어떤지 보려면: lab status",
                en: "Again: lab stop      What it does now: lab status"),
            cause: cause)
    }

    /// Keeps a machine's memory, or shuts it down, or switches it off; says in a few words what came of it. Throws when
    /// it may still be on.
    private static func keep(_ machine: String, of session: LiveSession) async throws -> Localized {
        let domain = session.domain(machine)
        if (try? await session.connection.domainState(domain)) == .shutOff {
            return Localized(ko: "꺼져 있었어요", en: "was off")
        }
        do {
            try await session.connection.saveDomain(domain)
            return Localized(ko: "남겨 두었어요", en: "kept")
        } catch {
            try? await session.connection.resumeDomain(domain)
            // In a task of its own: a machine that shuts down is not switched off because the command was interrupted.
            let clean = try await Task {
                if await shutDown(machine, of: session) { return true }
                try await session.connection.destroyDomain(domain)
                return false
            }.value
            return Localized(
                ko: "메모리를 남겨 둘 수 없어서 \(clean ? "껐어요" : "전원을 끊었어요") (\(error.message))",
                en: (clean ? "shut down" : "switched off") + ": its memory could not be kept (\(error.message))")
        }
    }

    private static func shutDown(_ machine: String, of session: LiveSession) async -> Bool {
        let (agent, domain) = (session.agent(machine), session.domain(machine))
        if await agent.ping(seconds: 5 * session.slowness) {
            try? await agent.power("powerdown")
        } else {
            try? await session.connection.shutdownDomain(domain)
        }
        let backoff = Backoff(seconds: 90 * session.slowness)
        while let state = try? await session.connection.domainState(domain) {
            if state == .shutOff { return true }
            guard (try? await backoff.wait()) == true else { return false }
        }
        return false
    }
}
