import LabFile

/// A network of a room, as libvirt makes it there: a bridge with the room's end at .254.
enum RoomNetwork: String, Sendable, CaseIterable {
    /// The lab's own network.
    case lab
    /// The one of machines behind a carrier's NAT, with addresses that carriers use for that (RFC 6598).
    case carrier

    /// The network of a machine.
    init(of machine: MachineSpec) { self = machine.acceptsInbound ? .lab : .carrier }

    /// The networks that a lab needs.
    static func all(of lab: Lab) -> [RoomNetwork] {
        allCases.filter { $0 == .lab || lab.machines.map(RoomNetwork.init(of:)).contains($0) }
    }

    /// Its name in libvirt.
    var name: String { self == .lab ? "lab" : "lab-carrier" }
    /// The card that is the room's end of it.
    var bridge: String { self == .lab ? "virbr-lab" : "virbr-carrier" }
    /// The room's address on it.
    var router: String { self == .lab ? MachineSpec.router : "100.64.0.254" }
    /// Its addresses.
    var range: String { self == .lab ? "192.168.122.0/24" : "100.64.0.0/24" }
}
