import CLibvirt
import Foundation

extension Connection {
    /// Takes a snapshot of a domain, its memory included when it is on; a paused domain stays paused.
    public func createSnapshot(of name: String, called snapshot: String) async throws(LibvirtError) {
        try await withDomain(name) { domain -> Result<Void, LibvirtError> in
            let xml = "<domainsnapshot><name>\(snapshot)</name></domainsnapshot>"
            guard let made = virDomainSnapshotCreateXML(domain, xml, 0) else {
                return .failure(.last("taking a snapshot of \(name)"))
            }
            virDomainSnapshotFree(made)
            return .success(())
        }
    }

    /// Puts a domain back to a snapshot and lets it run.
    public func revert(_ name: String, to snapshot: String) async throws(LibvirtError) {
        try await withSnapshot(snapshot, of: name, "putting back") {
            virDomainRevertToSnapshot($0, UInt32(VIR_DOMAIN_SNAPSHOT_REVERT_RUNNING.rawValue))
        }
    }

    /// Removes a snapshot.
    public func deleteSnapshot(_ snapshot: String, of name: String) async throws(LibvirtError) {
        try await withSnapshot(snapshot, of: name, "removing a snapshot of") { virDomainSnapshotDelete($0, 0) }
    }

    private func withSnapshot(
        _ snapshot: String, of name: String, _ verb: String,
        _ act: @escaping @Sendable (virDomainSnapshotPtr) -> Int32
    ) async throws(LibvirtError) {
        try await withDomain(name) { domain -> Result<Void, LibvirtError> in
            guard let found = virDomainSnapshotLookupByName(domain, snapshot, 0) else {
                return .failure(.last("looking up the snapshot \(snapshot) of \(name)"))
            }
            defer { virDomainSnapshotFree(found) }
            return act(found) == 0 ? .success(()) : .failure(.last("\(verb) \(name)"))
        }
    }
}
