public import Foundation
import GRDB

/// A lab's outline as it was read last.
struct OutlineRecord: Codable, FetchableRecord, PersistableRecord {
    static let databaseTableName = "outline"
    /// The lab's directory, absolute.
    var directory: String
    /// What tells that its files, or the program that read them, were changed.
    var stamp: String
    /// The outline, encoded.
    var outline: Data
}

extension LabStore {
    /// What was kept of the lab in a directory; nil when nothing was, or when the stamp is another one now.
    public func outline(of directory: String, stamp: String) throws -> Data? {
        let record = try read { try OutlineRecord.fetchOne($0, key: directory) }
        return record?.stamp == stamp ? record?.outline : nil
    }

    /// Keeps the outline of the lab in a directory in place of an older one.
    public func keep(_ outline: Data, of directory: String, stamp: String) throws {
        try write { try OutlineRecord(directory: directory, stamp: stamp, outline: outline).save($0) }
    }
}
