import Crypto
import Foundation

/// A booted system, kept: a disk with the memory of the machine that ran on it, from which clones start in seconds.
struct WarmImage: Sendable, Equatable {
    /// Where it is.
    var directory: String
    /// The agent's number of the program in its memory that waits to give a clone its name; see ``Identity``.
    var parked: Int

    /// The disk, qcow2 over the image's base, with the memory in an internal snapshot called ``snapshot``.
    var disk: String { directory + "/warm.qcow2" }
    /// The snapshot's name.
    static let snapshot = "warm"
}

/// Everything that a machine's memory depends on: a warm image whose key differs is another one.
struct WarmKey: Sendable, Equatable {
    /// The digest of the image's recipe.
    var image: String
    /// When the image was built: the same recipe gives another disk each time.
    var built: Date
    /// The image's directory: the disk and the memory name it.
    var directory: String
    /// The machine's memory in MiB.
    var memory: Int
    /// How guests execute.
    var accelerator: Accelerator
    /// QEMU's version as it prints it.
    var qemu: String
    /// libvirt's version as the distribution has it.
    var libvirt: String
    /// The host's processor, as `/proc/cpuinfo` describes one of them.
    var processor: String
    /// Changes whenever the machine or what it runs would be made otherwise.
    var version = "6"

    /// The key of an image's machines on this host.
    static func current(image: BuiltImage, memory: Int, accelerator: Accelerator) async throws -> WarmKey {
        let cpuinfo = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
        let one = cpuinfo.split(separator: "\n\n").first ?? ""
        let kept = one.split(separator: "\n").filter { line in
            ["model name", "flags", "stepping", "microcode"].contains { line.hasPrefix($0) }
        }
        async let qemu = Tool.check("qemu-system-x86_64", ["--version"])
        async let libvirt = Tool.check("libvirtd", ["--version"])
        return WarmKey(
            image: image.digest, built: image.built, directory: image.directory, memory: memory,
            accelerator: accelerator,
            qemu: try await qemu, libvirt: try await libvirt, processor: kept.joined(separator: "\n"))
    }

    /// The key in 16 hexadecimal digits.
    var digest: String {
        let parts = [
            image, String(Int(built.timeIntervalSince1970)), directory, String(memory), accelerator.rawValue, qemu,
            libvirt, processor, version,
            IdentityScripts.become,
            IdentityScripts.calm,
        ]
        let hash = SHA256.hash(data: Data(parts.joined(separator: "\0").utf8))
        return hash.prefix(8).map { String(format: "%02x", $0) }.joined()
    }
}

/// The warm images beside the images that they are made from: `warm/NAME-KEY` in the directory of images.
///
/// One appears whole, by a rename, with a record of its disk's size and digest. A disk that is not what the record says
/// is never started from.
struct WarmStore: Sendable {
    /// What is recorded of a warm image.
    struct Record: Codable, Equatable {
        /// The directory of the image that it is made over.
        var image: String
        /// Size in bytes of the disk.
        var size: Int
        /// When the disk was last changed, nanoseconds since 1970 (`st_ctim`).
        var changed: Int
        /// SHA-256 of the disk, hexadecimal.
        var digest: String
        /// The agent's number of the program that is parked in its memory; nil in a record of an earlier version.
        var parked: Int?
    }

    /// The directory, absolute.
    let root: String

    /// The store in a directory of images.
    init(images: String) { root = images + "/warm" }

    /// Where the warm image of a key belongs.
    func directory(_ name: String, _ key: WarmKey) -> String { "\(root)/\(name)-\(key.digest)" }

    /// The warm image of a key, or nil when there is none that can be trusted.
    func find(_ name: String, _ key: WarmKey) throws -> WarmImage? {
        let directory = directory(name, key)
        let path = directory + "/record.json"
        guard let data = FileManager.default.contents(atPath: path),
            let record = try? JSONDecoder().decode(Record.self, from: data), let parked = record.parked
        else { return nil }
        let image = WarmImage(directory: directory, parked: parked)
        guard let now = FileStamp(of: image.disk) else { return nil }
        if now.size == record.size, now.changed == record.changed { return image }
        // Moved or linked: the same bytes are as good as before.
        guard now.size == record.size, try Self.digest(of: image.disk) == record.digest else { return nil }
        var fresh = record
        fresh.changed = now.changed
        try? Self.write(fresh, to: path)
        return image
    }

    /// Writes the record of a warm image that was just made.
    static func seal(_ warm: WarmImage, over image: BuiltImage) throws {
        let (directory, disk) = (warm.directory, warm.disk)
        guard let now = FileStamp(of: disk) else { throw LabError(.failed, "\(disk) is gone") }
        let record = Record(
            image: image.directory, size: now.size, changed: now.changed, digest: try digest(of: disk),
            parked: warm.parked)
        try write(record, to: directory + "/record.json")
    }

    /// Writes a record that every user may read, as the disk, whatever the maker's umask is.
    private static func write(_ record: Record, to path: String) throws {
        try JSONEncoder().encode(record).write(to: URL(filePath: path), options: .atomic)
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
    }

    /// Removes the warm images that are made over `image`, and those whose image is gone.
    func remove(over image: BuiltImage) {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? [] where !name.hasPrefix(".") {
            let directory = root + "/" + name
            guard let data = FileManager.default.contents(atPath: directory + "/record.json"),
                let record = try? JSONDecoder().decode(Record.self, from: data)
            else { continue }
            if record.image == image.directory || !FileManager.default.fileExists(atPath: record.image) {
                try? FileManager.default.removeItem(atPath: directory)
            }
        }
    }

    /// Takes note that a machine could not go on from a warm image, and removes it when its disk is not as it was made
    /// or this is the second time: a QEMU that was killed says nothing against the image.
    func distrust(_ image: WarmImage) {
        let (record, mark) = (image.directory + "/record.json", image.directory + "/failed-once")
        let kept = FileManager.default.contents(atPath: record).flatMap {
            try? JSONDecoder().decode(Record.self, from: $0)
        }
        if let kept, !FileManager.default.fileExists(atPath: mark), (try? Self.digest(of: image.disk)) == kept.digest {
            _ = FileManager.default.createFile(atPath: mark, contents: nil)
        } else {
            try? FileManager.default.removeItem(atPath: image.directory)
        }
    }

    private static func digest(of path: String) throws -> String {
        let file = try FileHandle(forReadingFrom: URL(filePath: path))
        defer { try? file.close() }
        var hash = SHA256()
        while let part = try file.read(upToCount: 1 << 20), !part.isEmpty { hash.update(data: part) }
        return hash.finalize().map { String(format: "%02x", $0) }.joined()
    }
}
