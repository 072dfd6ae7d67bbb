import LabFile
import LabStore
import Libvirt

/// The network of a session in somebody else's libvirt: isolated, tagged with the session's id, on a subnet that is free.
struct FarNetwork: Sendable {
    let session: String
    let connection: Connection

    /// Its name there.
    var name: String { "lab-" + session }

    /// Its XML: the host's end at .254, no DHCP and no DNS, and libvirt's own rules keep guests from going farther.
    func xml(_ subnet: Subnet) -> String {
        """
        <network>
          <name>\(name)</name>
          <metadata>\(DomainXML.tag(session))</metadata>
          <bridge stp="off" delay="0"/>
          <dns enable="no"/>
          <ip address="\(subnet.address(254))" netmask="255.255.255.0"/>
        </network>
        """
    }

    /// Makes and starts it; gives the subnet that it has. The host has the last word on what is free: a subnet that it
    /// refuses is passed over.
    func make(at address: LibvirtAddress) async throws -> Subnet {
        var taken = await address.addressesInUse()
        for network in try await connection.networks() { taken += Subnet.ofNetwork(xml: network.xml) }
        var refusal: LibvirtError?
        for subnet in Subnet.free(among: taken).prefix(4) {
            try await connection.defineNetwork(xml: xml(subnet))
            do throws(LibvirtError) {
                try await connection.startNetwork(name)
                return subnet
            } catch {
                refusal = error
                try await connection.undefineNetwork(name)
            }
        }
        throw LabError(
            .host, "no network could be made for the lab by \(address.uri)",
            advice: refusal == nil ? "Every subnet that a lab could have is taken there." : nil, cause: refusal)
    }

    /// Starts it again if its host was restarted meanwhile.
    func bringUp() async throws {
        guard let network = try await connection.networks().first(where: { $0.name == name }) else {
            throw LabError(
                .failed, "the lab's network \(name) is gone", advice: "Begin anew: lab finish, then lab start")
        }
        guard !network.isActive else { return }
        do {
            try await connection.startNetwork(name)
        } catch {
            throw LabError(
                .host, "the lab's network \(name) could not be started again",
                advice: "Something else may have its addresses now. Begin anew: lab finish, then lab start",
                cause: error)
        }
    }

    /// Removes it if it is there and is the session's.
    func remove() async throws {
        guard let network = try await connection.networks().first(where: { $0.name == name }),
            DomainXML.session(in: network.xml) == session
        else { return }
        if network.isActive { try await connection.destroyNetwork(name) }
        try await connection.undefineNetwork(name)
    }
}
