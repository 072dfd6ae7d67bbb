import Foundation

/// What tells that a file was changed: its size and the time of its last change, which nobody can set.
public struct FileStamp: Codable, Sendable, Equatable {
    /// Bytes.
    public var size: Int
    /// `st_ctim`, nanoseconds since 1970.
    public var changed: Int

    /// The stamp of a file; nil when there is none.
    public init?(of path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        size = Int(status.st_size)
        changed = status.st_ctim.tv_sec * 1_000_000_000 + status.st_ctim.tv_nsec
    }
}
