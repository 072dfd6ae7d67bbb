/// The records cannot be read or written since the file system that they lie on is full.
public struct DiskIsFull: Error {
    /// The home whose file system it is.
    public let home: String
}
