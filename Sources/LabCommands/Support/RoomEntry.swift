import Foundation
import LabFile
import LabRuntime
import LabStore

/// Goes into a session's room: the addresses of a lab exist only there.
enum RoomEntry {
    /// The session inside whose room this process is already; nil outside of every room.
    static func inside(_ context: Context) throws -> SessionRecord? {
        guard let mark = context.environment["LAB_ROOM"], let id = context.environment["LAB_SESSION"],
            let record = try context.store.session(id), let room = record.room, mark == "\(room.pid):\(room.start)"
        else { return nil }
        return record
    }

    /// Replaces this process by itself inside the room's user and network namespaces; returns when it is there, or when
    /// the session has no room.
    ///
    /// Entering the pid namespace is avoided: nsenter would then fork and swallow signals.
    static func enter(_ record: SessionRecord, context: Context) throws {
        if record.isElsewhere { return }
        guard let room = record.room, room.isAlive else {
            throw LabError.roomIsGone(of: record)
        }
        let environment = environment(record, room: room, context: context)
        if context.environment["LAB_ROOM"] == environment["LAB_ROOM"] { return }
        for (name, value) in environment { setenv(name, value, 1) }
        let words = try words(room)
        var arguments: [UnsafeMutablePointer<CChar>?] =
            (words + CommandLine.arguments.dropFirst()).map { strdup($0) }
        arguments.append(nil)
        Interrupts.forget()
        execvp("nsenter", &arguments)
        throw LabError(.host, "nsenter could not be started: \(String(cString: strerror(errno)))")
    }

    /// The words before a command line of this program that put it into a room.
    static func words(_ room: HostProcess) throws -> [String] {
        let program = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let user = getuid() == 0 ? [] : ["--user", "--preserve-credentials"]
        return ["nsenter", "--target", String(room.pid)] + user + ["--net", "--", program]
    }

    /// What this program has to know of the session inside its room.
    static func environment(_ record: SessionRecord, room: HostProcess, context: Context) -> [String: String] {
        [
            "LAB_ROOM": "\(room.pid):\(room.start)", "LAB_SESSION": record.id, "LAB_UID": String(getuid()),
            "LAB_HOME": context.paths.home, "LAB_IMAGES": context.paths.images, "LAB_RUN": context.paths.run,
            "LAB_ROOT": context.paths.root, "LAB_STUDENT": record.student,
        ]
    }
}
