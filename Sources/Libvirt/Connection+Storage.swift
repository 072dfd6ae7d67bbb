import CLibvirt
import Foundation

/// A storage pool as a list shows it.
public struct StoragePoolInfo: Sendable, Equatable {
    /// Its name.
    public var name: String
    /// Its type, such as `dir`, `fs` or `logical`.
    public var type: String
    /// Whether it is started.
    public var isActive: Bool
    /// What may still be written to it, in bytes; 0 when it is not started.
    public var available: Int
}

extension Connection {
    /// All storage pools, started or not, by name.
    public func storagePools() async throws(LibvirtError) -> [StoragePoolInfo] {
        try await call { connection in
            listing(
                "storage pools", { virConnectListAllStoragePools(connection, $0, 0) }, release: virStoragePoolFree
            ) { pool in
                var info = virStoragePoolInfo()
                guard let name = virStoragePoolGetName(pool), let xml = virStoragePoolGetXMLDesc(pool, 0),
                    virStoragePoolGetInfo(pool, &info) == 0
                else { return nil }
                defer { free(xml) }
                let type = String(cString: xml).firstMatch(of: /<pool type='([a-z-]+)'/).map { String($0.1) }
                return StoragePoolInfo(
                    name: String(cString: name), type: type ?? "", isActive: virStoragePoolIsActive(pool) == 1,
                    available: Int(clamping: info.available))
            }.map { $0.sorted { $0.name < $1.name } }
        }
    }

    /// Defines a storage pool that stays until it is removed, makes its directory, starts it, and has it started with
    /// the daemon.
    public func makeStoragePool(xml: String) async throws(LibvirtError) {
        try await call { (connection) -> Result<Void, LibvirtError> in
            guard let pool = virStoragePoolDefineXML(connection, xml, 0) else {
                return .failure(.last("defining a storage pool"))
            }
            defer { virStoragePoolFree(pool) }
            guard virStoragePoolBuild(pool, 0) == 0, virStoragePoolCreate(pool, 0) == 0 else {
                let error = LibvirtError.last("making and starting a storage pool")
                virStoragePoolUndefine(pool)
                return .failure(error)
            }
            virStoragePoolSetAutostart(pool, 1)
            return .success(())
        }
    }

    /// Starts a storage pool.
    public func startStoragePool(_ name: String) async throws(LibvirtError) {
        try await withPool(name) { pool in
            virStoragePoolCreate(pool, 0) == 0 ? .success(()) : .failure(.last("starting the storage pool \(name)"))
        }
    }

    /// Lets the daemon look at what is really in a storage pool and how much may still be written to it.
    public func refreshStoragePool(_ name: String) async throws(LibvirtError) {
        try await withPool(name) { pool in
            virStoragePoolRefresh(pool, 0) == 0 ? .success(()) : .failure(.last("looking at the storage pool \(name)"))
        }
    }

    /// The names of a pool's volumes, sorted, after a look at what is really there.
    public func volumes(in name: String) async throws(LibvirtError) -> [String] {
        try await withPool(name) { pool in
            // A pool that is busy with another's upload refuses; what it knew before has to do then.
            virStoragePoolRefresh(pool, 0)
            return listing(
                "the volumes of \(name)", { virStoragePoolListAllVolumes(pool, $0, 0) }, release: virStorageVolFree
            ) { virStorageVolGetName($0).map { String(cString: $0) } }.map { $0.sorted() }
        }
    }

    /// Makes a volume from its XML and gives its path on the host; one of that name that is there already is an error.
    public func createVolume(xml: String, in name: String) async throws(LibvirtError) -> String {
        try await withPool(name) { pool in
            guard let volume = virStorageVolCreateXML(pool, xml, 0) else {
                return .failure(.last("making a volume in \(name)"))
            }
            defer { virStorageVolFree(volume) }
            return Self.path(of: volume)
        }
    }

    /// The path of a volume on the host.
    public func volumePath(_ volume: String, in pool: String) async throws(LibvirtError) -> String {
        try await withVolume(volume, in: pool) { Self.path(of: $0) }
    }

    /// Removes a volume with what it holds.
    public func deleteVolume(_ volume: String, in pool: String) async throws(LibvirtError) {
        try await withVolume(volume, in: pool) {
            virStorageVolDelete($0, 0) == 0 ? .success(()) : .failure(.last("removing the volume \(volume)"))
        }
    }

    private static func path(of volume: virStorageVolPtr) -> Result<String, LibvirtError> {
        guard let path = virStorageVolGetPath(volume) else { return .failure(.last("asking for a volume's path")) }
        defer { free(path) }
        return .success(String(cString: path))
    }

    private func withPool<Value: Sendable>(
        _ name: String, _ body: @escaping @Sendable (virStoragePoolPtr) -> Result<Value, LibvirtError>
    ) async throws(LibvirtError) -> Value {
        try await call { connection in
            guard let pool = virStoragePoolLookupByName(connection, name) else {
                return .failure(.last("looking up the storage pool \(name)"))
            }
            defer { virStoragePoolFree(pool) }
            return body(pool)
        }
    }

    /// Looks a volume up, hands it to `body`, and frees it.
    func withVolume<Value: Sendable>(
        _ volume: String, in pool: String,
        _ body: @escaping @Sendable (virStorageVolPtr) -> Result<Value, LibvirtError>
    ) async throws(LibvirtError) -> Value {
        try await withPool(pool) { owner in
            guard let found = virStorageVolLookupByName(owner, volume) else {
                return .failure(.last("looking up the volume \(volume)"))
            }
            defer { virStorageVolFree(found) }
            return body(found)
        }
    }
}
