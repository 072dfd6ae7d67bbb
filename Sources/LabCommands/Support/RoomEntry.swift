import Foundation
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
            throw LabError(
                .unreachable, "lab \(record.lab) is not running: its room is gone",
                advice: "Go on with: lab resume      Remove it with: lab finish")
        }
        let mark = "\(room.pid):\(room.start)"
        if context.environment["LAB_ROOM"] == mark { return }
        setenv("LAB_ROOM", mark, 1)
        setenv("LAB_SESSION", record.id, 1)
        setenv("LAB_UID", String(getuid()), 1)
        setenv("LAB_HOME", context.paths.home, 1)
        setenv("LAB_IMAGES", context.paths.images, 1)
        setenv("LAB_RUN", context.paths.run, 1)
        setenv("LAB_ROOT", context.paths.root, 1)
        setenv("LAB_STUDENT", record.student, 1)
        let program = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let user = getuid() == 0 ? [] : ["--user", "--preserve-credentials"]
        let words = ["nsenter", "--target", String(room.pid)] + user + ["--net", "--", program]
        var arguments: [UnsafeMutablePointer<CChar>?] =
            (words + CommandLine.arguments.dropFirst()).map { strdup($0) }
        arguments.append(nil)
        execvp("nsenter", &arguments)
        throw LabError(.host, "nsenter could not be started: \(String(cString: strerror(errno)))")
    }
}
