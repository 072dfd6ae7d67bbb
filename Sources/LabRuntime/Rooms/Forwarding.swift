import LabFile

/// What a room passes on between its networks: the lab's, the one behind the carrier's NAT, and the way out.
///
/// Connections begin in one direction only, and the other direction is open to their replies alone. Routing and
/// masquerading by nftables; a filter on a bridge would need the host's conntrack for bridges, which is not everywhere.
struct Forwarding: Sendable, Equatable {
    /// Whether some machines are behind a carrier's NAT: they call the lab's network, and nobody calls them.
    var carrier: Bool
    /// Whether the machines have a way out of the room.
    var uplink: Bool

    /// What it needs of the host, with Debian's packages.
    static let programs = [("nft", "nftables")]

    /// Passes nothing on unless it is said.
    init(carrier: Bool = false, uplink: Bool = false) {
        self.carrier = carrier
        self.uplink = uplink
    }

    /// What a lab's machines need.
    init(_ lab: Lab) {
        self.init(carrier: lab.machines.contains { !$0.acceptsInbound }, uplink: lab.uplink)
    }

    /// A direction in which connections may begin, by the names of the room's cards.
    private struct Direction {
        var from: String
        var to: String
        /// Only packets from these addresses.
        var sources: String?
    }

    private var directions: [Direction] {
        let lab = RoomNetwork.lab.bridge
        let (inside, addresses) = (RoomNetwork.carrierCards + "*", RoomNetwork.carrierRange)
        var list: [Direction] = []
        if carrier { list.append(Direction(from: inside, to: lab, sources: addresses)) }
        if uplink { list.append(Direction(from: lab, to: Uplink.card)) }
        if carrier, uplink { list.append(Direction(from: inside, to: Uplink.card, sources: addresses)) }
        return list
    }

    /// Rules for nft(8); nil when nothing is passed on.
    var rules: String? {
        guard !directions.isEmpty else { return nil }
        var leave: [String] = []
        if carrier {
            leave.append(#"ip saddr \#(RoomNetwork.carrierRange) oifname "\#(RoomNetwork.lab.bridge)" masquerade"#)
        }
        if uplink { leave.append(#"oifname "\#(Uplink.card)" masquerade"#) }
        // Where bridges hand frames to the filter (br_netfilter), what machines of one network say to each other comes here.
        let within = #"iifname "\#(RoomNetwork.lab.bridge)" oifname "\#(RoomNetwork.lab.bridge)" accept"#
        let pass =
            [within]
            + directions.flatMap { way in
                [
                    #"iifname "\#(way.from)" oifname "\#(way.to)" \#(way.sources.map { "ip saddr \($0) " } ?? "")accept"#,
                    #"iifname "\#(way.to)" oifname "\#(way.from)" ct state established,related accept"#,
                ]
            }
        return """
            table ip lab {
              chain leave {
                type nat hook postrouting priority srcnat
                \(leave.joined(separator: "\n    "))
              }
              chain pass {
                type filter hook forward priority filter; policy drop
                \(pass.joined(separator: "\n    "))
              }
            }

            """
    }

    /// Makes a room pass on what it is to; the rules come before the forwarding: nothing passes that is not to pass.
    func begin(in room: HostProcess) async throws {
        guard let rules else { return }
        let enter = Room.entering(room)
        try await Tool.check("nsenter", enter + ["--net", "--", "nft", "-f", "-"], input: rules)
        try await Tool.check(
            "nsenter", enter + ["--net", "--", "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward"])
    }
}
