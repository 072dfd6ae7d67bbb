public import LabFile
public import LabStore
import Libvirt

extension LiveSession {
    /// How a port of a guest is reached from this process; in a room, from one that has entered it.
    public var dialer: any Dialer {
        guard let uri = record.connection, let address = try? LibvirtAddress(uri), !address.isLocal else {
            return DirectDialer()
        }
        return FarDialer(host: address)
    }

    /// The same as ``attach(_:lab:paths:)``, for a look: another host may take so many seconds to let somebody in.
    public static func attach(
        _ record: SessionRecord, lab: Lab, paths: LabPaths, seconds: Int
    ) async throws -> LiveSession {
        guard let uri = record.connection else { return try await attach(record, lab: lab, paths: paths) }
        let session = try await within(seconds: seconds) { try await attach(record, lab: lab, paths: paths) }
        guard let session else {
            throw LabError(
                .unreachable,
                Localized(
                    ko: "\(uri)의 libvirt가 \(seconds)초 안에 답하지 않았어요",
                    en: "no libvirt answered at \(uri) within \(seconds) s"),
                advice: Localized(
                    ko: "이렇게 확인해 보세요: virsh -c '\(uri)' list", en: "Try it with: virsh -c '\(uri)' list"))
        }
        return session
    }

    /// The session's volumes; nil in a room, where disks are files of the session's directory.
    var volumes: FarVolumes? {
        record.pool.map { FarVolumes(pool: $0, session: record.id, connection: connection) }
    }

    /// Starts the network of a session elsewhere again where its host was restarted.
    func bringUpNetwork() async throws {
        guard record.isElsewhere else { return }
        try await FarNetwork(session: record.id, connection: connection).bringUp()
    }

    /// What is free where the machines' disks are, in MiB.
    func freeDisk() async throws -> Int {
        guard let pool = record.pool else { return try Requirements.free(at: paths.home) }
        try await connection.refreshStoragePool(pool)
        let pools = try await connection.storagePools()
        return (pools.first { $0.name == pool }?.available ?? 0) >> 20
    }

    /// Throws when a domain that has the name of one of the session's is not the session's.
    func demandOurs() async throws {
        let names = Set(lab.machines.map { domain($0.name) })
        for found in try await connection.domains() where names.contains(found.name) {
            let mark = try await connection.domainMetadata(found.name, namespace: DomainXML.namespace)
            guard mark.flatMap(DomainXML.session(inMark:)) == record.id else {
                throw LabError(
                    .failed, "the domain \(found.name) there is not this session's, and is left alone",
                    advice: "Look at it with: virsh -c '\(uri)' dumpxml \(found.name)")
            }
        }
    }
}

extension LibvirtAddress {
    /// Connects.
    func open() async throws -> Connection {
        do {
            return try await Connection.open(uri)
        } catch {
            throw LabError(
                .host, "no libvirt answers at \(uri)",
                advice: "Try it with: virsh -c '\(uri)' list", cause: error)
        }
    }
}
