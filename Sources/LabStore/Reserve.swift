import Foundation

/// A little space that is set aside in a home, so that records can be read and written after the file system of the
/// sessions has filled up: a full disk pauses machines, and that has to be said.
struct Reserve: Sendable {
    /// Bytes.
    static let size = 4 << 20

    private let home: String
    private var path: String { home + "/reserve" }

    /// The reserve of a home.
    init(home: String) { self.home = home }

    /// Sets the space aside if it is not, and there is plenty.
    func fill() {
        guard access(path, F_OK) != 0 else { return }
        var room = statvfs()
        guard statvfs(home, &room) == 0,
            UInt64(room.f_bavail) * UInt64(room.f_frsize) > 4 * UInt64(Self.size)
        else { return }
        let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        if posix_fallocate(descriptor, 0, off_t(Self.size)) != 0 { unlink(path) }
    }

    /// Gives the space back; false when there was none.
    func release() -> Bool { unlink(path) == 0 }
}
