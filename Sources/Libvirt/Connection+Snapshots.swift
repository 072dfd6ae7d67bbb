import CLibvirt
import Foundation

/// A domain's snapshot that was made elsewhere: the disk of a domain already holds it, its memory included.
public struct ForeignSnapshot: Sendable, Equatable {
    /// Its name on the disk.
    public var name: String
    /// The domain as it is to run from it, the XML that ``Connection/domainXML(_:)`` gives.
    public var domainXML: String
    /// The targets of the disks that hold it, such as `vda`.
    public var disks: [String]

    /// Describes a snapshot of these disks.
    public init(name: String, domainXML: String, disks: [String]) {
        self.name = name
        self.domainXML = domainXML
        self.disks = disks
    }

    /// What `virDomainSnapshotCreateXML` takes with `VIR_DOMAIN_SNAPSHOT_CREATE_REDEFINE`.
    var xml: String {
        """
        <domainsnapshot>
          <name>\(name.escapedForXML)</name><state>running</state><creationTime>1</creationTime>
          <memory snapshot='internal'/>
          <disks>\(disks.map { "<disk name='\($0.escapedForXML)' snapshot='internal'/>" }.joined())</disks>
          \(domainXML)
        </domainsnapshot>
        """
    }
}

extension Connection {
    /// Makes libvirt know a snapshot that the domain's disk already holds.
    public func adoptSnapshot(_ snapshot: ForeignSnapshot, of name: String) async throws(LibvirtError) {
        try await withDomain(name) { domain -> Result<Void, LibvirtError> in
            let flags = UInt32(VIR_DOMAIN_SNAPSHOT_CREATE_REDEFINE.rawValue)
            guard let made = virDomainSnapshotCreateXML(domain, snapshot.xml, flags) else {
                return .failure(.last("taking over the snapshot \(snapshot.name) of \(name)"))
            }
            virDomainSnapshotFree(made)
            return .success(())
        }
    }

    /// The names of a domain's snapshots, sorted.
    public func snapshots(of name: String) async throws(LibvirtError) -> [String] {
        try await withDomain(name) { domain in
            listing(
                "the snapshots of \(name)", { virDomainListAllSnapshots(domain, $0, 0) }, release: virDomainSnapshotFree
            ) { virDomainSnapshotGetName($0).map { String(cString: $0) } }.map { $0.sorted() }
        }
    }

    /// Takes a snapshot of a domain, its memory included when it is on; a paused domain stays paused.
    public func createSnapshot(of name: String, called snapshot: String) async throws(LibvirtError) {
        try await withDomain(name) { domain -> Result<Void, LibvirtError> in
            let xml = "<domainsnapshot><name>\(snapshot.escapedForXML)</name></domainsnapshot>"
            guard let made = virDomainSnapshotCreateXML(domain, xml, 0) else {
                return .failure(.last("taking a snapshot of \(name)"))
            }
            virDomainSnapshotFree(made)
            return .success(())
        }
    }

    /// Puts a domain back to a snapshot, and lets it run or, unless it `goesOn`, stand still.
    public func revert(_ name: String, to snapshot: String, goesOn: Bool = true) async throws(LibvirtError) {
        let flag = goesOn ? VIR_DOMAIN_SNAPSHOT_REVERT_RUNNING : VIR_DOMAIN_SNAPSHOT_REVERT_PAUSED
        try await withSnapshot(snapshot, of: name, "putting back") {
            virDomainRevertToSnapshot($0, UInt32(flag.rawValue))
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

extension String {
    /// The text as an XML element's content or attribute.
    var escapedForXML: String {
        replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing("'", with: "&apos;")
            .replacing("\"", with: "&quot;")
    }
}
