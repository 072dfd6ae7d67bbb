import LabStore
import Libvirt

/// Takes away what a session has in somebody else's libvirt, and nothing else: what carries the session's id.
struct FarEnd: Sendable {
    let record: SessionRecord

    /// Removes the session's domains, network and volumes. What was never made, or is gone, is no error.
    func remove() async throws {
        guard let uri = record.connection else { return }
        let connection = try await LibvirtAddress(uri).open()
        for domain in try await connection.domains() where domain.name.hasPrefix("lab-\(record.id)-") {
            let mark = try await connection.domainMetadata(domain.name, namespace: DomainXML.namespace)
            guard mark.flatMap(DomainXML.session(inMark:)) == record.id else { continue }
            try await connection.destroyDomain(domain.name)
            try await connection.undefineDomain(domain.name)
        }
        try await FarNetwork(session: record.id, connection: connection).remove()
        if let pool = record.pool, try await connection.storagePools().contains(where: { $0.name == pool }) {
            try await FarVolumes(pool: pool, session: record.id, connection: connection).remove()
        }
    }
}
