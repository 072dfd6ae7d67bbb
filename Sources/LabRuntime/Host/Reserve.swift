import Foundation

/// A little space that is set aside in a home, so that records can be read and written after the file system of the
/// sessions has filled up: a full disk pauses machines, and that has to be said.
public struct Reserve: Sendable {
    /// Bytes.
    static let size = 4 << 20

    private let path: String

    /// The reserve of a home.
    public init(home: String) { path = home + "/reserve" }

    /// Sets the space aside if it is not, and there is enough.
    func fill() {
        guard !FileManager.default.fileExists(atPath: path) else { return }
        let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        if posix_fallocate(descriptor, 0, off_t(Self.size)) != 0 { unlink(path) }
    }

    /// Gives the space back; false when there was none.
    public func release() -> Bool { unlink(path) == 0 }
}
