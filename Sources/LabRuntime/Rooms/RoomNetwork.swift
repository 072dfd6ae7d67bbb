import LabFile

/// A network of a room, as libvirt makes it there: a bridge with the room's end at .254.
enum RoomNetwork: Sendable, Hashable {
    /// The lab's own network.
    case lab
    /// The one of a machine behind a carrier's NAT, 100.64.N.0/24, of the addresses that carriers use for that
    /// (RFC 6598). Each such machine has its own: isolated ports of one bridge are not in every kernel.
    case carrier(UInt8)

    /// The network of a machine.
    init(of machine: MachineSpec) {
        let bytes = machine.address.split(separator: ".").compactMap { UInt8($0) }
        self = machine.acceptsInbound ? .lab : .carrier(bytes.count == 4 ? bytes[2] : 0)
    }

    /// The networks that a lab needs, its own first.
    static func all(of lab: Lab) -> [RoomNetwork] {
        [.lab] + lab.machines.filter { !$0.acceptsInbound }.map(RoomNetwork.init(of:))
    }

    /// What the names of the cards of all carriers' networks begin with.
    static let carrierCards = "virbr-cgn"
    /// The addresses of all carriers' networks.
    static let carrierRange = "100.64.0.0/16"

    /// Its name in libvirt.
    var name: String {
        switch self {
        case .lab: "lab"
        case .carrier(let number): "lab-carrier-\(number)"
        }
    }

    /// The card that is the room's end of it.
    var bridge: String {
        switch self {
        case .lab: "virbr-lab"
        case .carrier(let number): "\(Self.carrierCards)\(number)"
        }
    }

    /// The room's address on it.
    var router: String {
        switch self {
        case .lab: MachineSpec.router
        case .carrier(let number): "100.64.\(number).254"
        }
    }
}
