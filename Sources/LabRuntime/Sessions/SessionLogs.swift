import Foundation

/// What libvirt, the machines' QEMUs and the room write while a session lives.
enum SessionLogs {
    /// The size beyond which a log is cut, in bytes, and how much of its end is left then.
    static let (most, rest) = (4 << 20, 256 << 10)

    /// Cuts the logs in a directory, and below it, that have grown beyond ``most``. Who writes them appends, and goes on.
    static func cut(in directory: String) {
        for name in (try? FileManager.default.subpathsOfDirectory(atPath: directory)) ?? [] {
            let path = "\(directory)/\(name)"
            guard let size = try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int, size > most,
                let file = FileHandle(forUpdatingAtPath: path)
            else { continue }
            defer { try? file.close() }
            do {
                try file.seek(toOffset: UInt64(size - rest))
                let end = try file.read(upToCount: rest) ?? Data()
                // Another command has cut it meanwhile.
                guard end.count == rest else { continue }
                try file.truncate(atOffset: 0)
                try file.write(contentsOf: end)
            } catch {
                // A log is no reason for a command to fail.
                continue
            }
        }
    }
}
