import Foundation
import Libvirt

/// The volumes of a session in a storage pool of somebody else's libvirt.
///
/// An image is uploaded once and shared by all sessions: volumes `lab-image-NAME-DIGEST.SESSION.PART`, where SESSION is
/// the one that brought it; the last part, `complete`, is made when the others are whole. Each machine's disk is an
/// overlay, `lab-SESSION-MACHINE.qcow2`. Volumes carry no metadata: the random session in the name is their tag.
struct FarVolumes: Sendable {
    let pool: String
    let session: String
    let connection: Connection

    /// An image's files as the host's QEMU finds them.
    struct Files: Sendable, Equatable {
        var base: String
        var kernel: String
        var initrd: String
    }

    /// The pool that a session's volumes go to: the one named, else `default`, else the project's own, `lab`, made if it
    /// is not there. Only pools of files will do.
    static func choosePool(_ named: String?, connection: Connection) async throws -> StoragePoolInfo {
        let usable = ["dir", "fs", "netfs"]
        func look() async throws -> [StoragePoolInfo] { try await connection.storagePools() }
        let pools = try await look()
        if let named {
            guard let pool = pools.first(where: { $0.name == named }), pool.isActive, usable.contains(pool.type) else {
                let names = pools.filter { $0.isActive && usable.contains($0.type) }.map(\.name)
                throw LabError(
                    .usage, "there is no started storage pool of files called \"\(named)\" there",
                    advice: "Pools: " + (names.isEmpty ? "none" : names.joined(separator: ", ")))
            }
            return pool
        }
        if let pool = pools.first(where: { $0.name == "default" }), pool.isActive, usable.contains(pool.type) {
            return pool
        }
        if !pools.contains(where: { $0.name == "lab" }) {
            try await connection.makeStoragePool(
                xml: """
                    <pool type="dir"><name>lab</name>
                      <target><path>/var/lib/libvirt/lab</path><permissions><mode>0711</mode></permissions></target>
                    </pool>
                    """)
        } else if pools.contains(where: { $0.name == "lab" && !$0.isActive }) {
            try await connection.startStoragePool("lab")
        }
        guard let pool = try await look().first(where: { $0.name == "lab" }), usable.contains(pool.type) else {
            throw LabError(.usage, "the storage pool \"lab\" there is not one of files", advice: "Name another: --pool")
        }
        return pool
    }

    /// An image's files there, uploaded if they are not; `progress` gets how much was sent of how much, in bytes.
    func bring(_ image: BuiltImage, progress: @escaping @Sendable (Int, Int) -> Void) async throws -> Files {
        let stem = "lab-image-\(image.name)-\(image.digest.prefix(12))."
        let complete = try await connection.volumes(in: pool).first { $0.hasPrefix(stem) && $0.hasSuffix(".complete") }
        if let complete { return try await files(String(complete.dropLast(".complete".count))) }
        let parts = [("initrd", image.initrd), ("kernel", image.kernel), ("qcow2", image.base)]
        let sizes = try parts.map { try Self.size(of: $0.1) }
        let total = sizes.reduce(0, +)
        let free = try await connection.storagePools().first { $0.name == pool }?.available ?? 0
        guard free >= total else {
            throw LabError(
                .host,
                "the storage pool \(pool) there has \(free >> 20) MiB free; image \(image.name) needs \(total >> 20)",
                advice: "Make room in it, or name another: --pool")
        }
        var before = 0
        for ((part, path), size) in zip(parts, sizes) {
            let name = stem + session + "." + part
            _ = try await connection.createVolume(xml: Self.xml(name, capacity: size, format: "raw"), in: pool)
            let sent = before
            try await connection.upload(path, to: name, in: pool) { progress(sent + $0, total) }
            before += size
        }
        _ = try await connection.createVolume(
            xml: Self.xml(stem + session + ".complete", capacity: 1, format: "raw"), in: pool)
        return try await files(stem + session)
    }

    private func files(_ stem: String) async throws -> Files {
        Files(
            base: try await connection.volumePath(stem + ".qcow2", in: pool),
            kernel: try await connection.volumePath(stem + ".kernel", in: pool),
            initrd: try await connection.volumePath(stem + ".initrd", in: pool))
    }

    /// Makes a machine's disk anew, an overlay on its image's, and gives its path there.
    func makeDisk(of machine: String, from image: BuiltImage, over base: String) async throws -> String {
        try await makeDisk(machine, capacity: try Self.capacity(ofQCOW2: image.base), over: base)
    }

    /// Makes a disk of the session's anew, so many bytes large, and gives its path there; an empty one without a base.
    func makeDisk(_ disk: String, capacity: Int, over base: String? = nil) async throws -> String {
        let name = "lab-\(session)-\(disk).qcow2"
        if try await connection.volumes(in: pool).contains(name) {
            try await connection.deleteVolume(name, in: pool)
        }
        return try await connection.createVolume(
            xml: Self.xml(name, capacity: capacity, format: "qcow2", base: base, mode: "0600"), in: pool)
    }

    /// Removes the session's disks, and what it began to upload and did not end. Whole images stay.
    func remove() async throws {
        let names = try await connection.volumes(in: pool)
        let begun = Set(
            names.filter { $0.hasPrefix("lab-image-") }.map { Self.stem($0) }.filter { $0.hasSuffix("." + session) })
        for name in names {
            let isDisk = name.hasPrefix("lab-\(session)-")
            let isHalf = begun.contains(Self.stem(name)) && !names.contains(Self.stem(name) + ".complete")
            if isDisk || isHalf { try await connection.deleteVolume(name, in: pool) }
        }
    }

    /// A volume's name without its last part.
    private static func stem(_ name: String) -> String {
        name.lastIndex(of: ".").map { String(name[..<$0]) } ?? name
    }

    /// A volume's XML. What an image holds is no secret, and several machines' QEMUs read it.
    static func xml(_ name: String, capacity: Int, format: String, base: String? = nil, mode: String = "0644") -> String
    {
        let backing = base.map {
            "<backingStore><path>\(DomainXML.escaped($0))</path><format type='qcow2'/></backingStore>"
        }
        return """
            <volume><name>\(name)</name><capacity unit='bytes'>\(capacity)</capacity>
              <allocation unit='bytes'>0</allocation>
              <target><format type='\(format)'/><permissions><mode>\(mode)</mode></permissions></target>
              \(backing ?? "")
            </volume>
            """
    }

    private static func size(of path: String) throws -> Int {
        guard let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int else {
            throw LabError(.failed, "\(path) has no size")
        }
        return size
    }

    /// A disk's virtual size in bytes: bytes 24 to 31 of the file (QEMU's docs/interop/qcow2.txt).
    static func capacity(ofQCOW2 path: String) throws -> Int {
        let file = try FileHandle(forReadingFrom: URL(filePath: path))
        defer { try? file.close() }
        guard let head = try file.read(upToCount: 32), head.count == 32, head.starts(with: [0x51, 0x46, 0x49, 0xFB])
        else { throw LabError(.failed, "\(path) is no qcow2 file") }
        return Int(clamping: head.suffix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
    }
}
