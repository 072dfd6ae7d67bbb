public import LabFile

extension Subnet {
    /// The subnets that a lab's network may have where it is not in a room, the best first: the lab files' own, its
    /// neighbours, and others that few use.
    static let candidates: [Subnet] =
        (122...254).map { Subnet(0xC0A8_0000 | $0 << 8, prefix: 24) }
        + (0...255).map { Subnet(0x0A7A_0000 | $0 << 8, prefix: 24) }
        + (0...255).map { Subnet(0xAC1B_0000 | $0 << 8, prefix: 24) }

    /// The candidates that share no address with those taken. A range of more than a 256th of all addresses is a way
    /// to everywhere (a default route, or a VPN's two halves of one), and takes none.
    static func free(among taken: [Subnet]) -> [Subnet] {
        let taken = taken.filter { $0.prefix >= 8 }
        return candidates.filter { candidate in !taken.contains { $0.overlaps(candidate) } }
    }

    /// Every address and range in what ip-address(8) and ip-route(8) print.
    static func named(in text: String) -> [Subnet] {
        text.split(whereSeparator: \.isWhitespace).compactMap { Subnet($0) }
    }

    /// The ranges of a libvirt network's `<ip>` and `<route>` elements (IPv4 ones).
    static func ofNetwork(xml: String) -> [Subnet] {
        xml.matches(of: /<(?:ip|route)\s([^>]*)>/).compactMap { element in
            var values: [Substring: Substring] = [:]
            for pair in element.1.matches(of: /([a-z]+)=['"]([^'"]*)['"]/) { values[pair.1] = pair.2 }
            guard let address = values["address"].flatMap({ Self.address($0) }) else { return nil }
            let masked = values["netmask"].flatMap { Self.address($0) }?.nonzeroBitCount
            return Subnet(address, prefix: values["prefix"].flatMap { Int($0) } ?? masked ?? 32)
        }
    }
}

extension Lab {
    /// The lab on a network of another subnet: its machines keep the host part of their addresses. Done to a lab that
    /// was moved before it changes nothing.
    public func moved(to subnet: Subnet) -> Lab {
        var lab = self
        for index in lab.machines.indices { lab.machines[index].address = subnet.moved(lab.machines[index].address) }
        return lab
    }
}
