import Foundation

/// The right to disturb a session: one command at a time holds it.
///
/// It is an advisory lock (flock(2)) on a file in the session's directory, so that the kernel gives it back however
/// its holder ends. The file says who holds it.
public final class Lease: Sendable {
    private let descriptor: Int32

    private init(descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    /// Takes the lease of the session whose directory is given, waiting until it is free; `waiting` is called once
    /// with the holder's words if somebody else has it.
    public static func take(
        directory: String, for purpose: String, waiting: @Sendable (String) -> Void = { _ in }
    ) async throws -> Lease {
        try LabPaths.make(directory)
        let path = directory + "/lease"
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw LabError(.failed, "\(path) cannot be opened: \(String(cString: strerror(errno)))")
        }
        let lease = Lease(descriptor: descriptor)
        var told = false
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            guard errno == EWOULDBLOCK || errno == EINTR else {
                throw LabError(
                    .host, "\(path) cannot be locked: \(String(cString: strerror(errno)))",
                    advice: "LAB_HOME must be on a file system with flock(2).")
            }
            if !told {
                told = true
                waiting((try? String(contentsOfFile: path, encoding: .utf8)) ?? "another command")
            }
            try await Task.sleep(for: .milliseconds(100))
        }
        let words = Array("\(purpose) (pid \(getpid()))".utf8)
        ftruncate(descriptor, 0)
        pwrite(descriptor, words, words.count, 0)
        return lease
    }

    /// Who holds the lease now; nil when nobody does.
    public static func holder(directory: String) -> String? {
        let path = directory + "/lease"
        let descriptor = open(path, O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return nil }
        return try? String(contentsOfFile: path, encoding: .utf8)
    }
}
