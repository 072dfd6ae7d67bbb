import Foundation

/// One TCP segment out of a capture (RFC 9293), carried by IPv4 (RFC 791).
struct TCPSegment: Sendable, Equatable {
    /// When it was captured, by the clock of the machine that captured.
    var time: Date
    /// Who sent it.
    var source: SSHEndpoint
    /// Whom it is for.
    var target: SSHEndpoint
    /// Its sequence number.
    var sequence: UInt32
    /// The next byte that its sender waits for.
    var acknowledged: UInt32
    /// FIN, SYN, RST, PSH, ACK, from the lowest bit.
    var flags: UInt8
    /// What it carries.
    var payload: [UInt8]
    /// How much of what it carried the capture does not hold, because packets were cut (tcpdump -s).
    var missing = 0

    var isSYN: Bool { flags & 0x02 != 0 }
    var isACK: Bool { flags & 0x10 != 0 }

    /// Makes a segment.
    init(
        time: Date, source: SSHEndpoint, target: SSHEndpoint, sequence: UInt32, acknowledged: UInt32, flags: UInt8,
        payload: [UInt8]
    ) {
        self.time = time
        self.source = source
        self.target = target
        self.sequence = sequence
        self.acknowledged = acknowledged
        self.flags = flags
        self.payload = payload
    }

    /// Reads the IPv4 packet that begins at `start`; nil when it is no whole TCP segment.
    init?(_ packet: [UInt8], from start: Int, time: Date) {
        guard packet.count >= start + 20, packet[start] >> 4 == 4, packet[start + 9] == 6,
            let total = packet.number(2, at: start + 2, order: .big),
            let fragment = packet.number(2, at: start + 6, order: .big), fragment & 0x3fff == 0
        else { return nil }
        let tcp = start + Int(packet[start] & 0x0f) * 4
        guard tcp >= start + 20, packet.count >= tcp + 20 else { return nil }
        let data = tcp + Int(packet[tcp + 12] >> 4) * 4
        // With segmentation left to the card (TSO), the length field may be 0: the packet then ends where it was kept.
        let end = total == 0 ? packet.count : start + total
        guard data >= tcp + 20, data <= end,
            let from = packet.number(2, at: tcp, order: .big), let to = packet.number(2, at: tcp + 2, order: .big),
            let sequence = packet.number(4, at: tcp + 4, order: .big),
            let acknowledged = packet.number(4, at: tcp + 8, order: .big)
        else { return nil }
        func address(_ place: Int) -> String { packet[place..<(place + 4)].map(String.init).joined(separator: ".") }
        let kept = Swift.min(end, packet.count)
        self.init(
            time: time, source: SSHEndpoint(address: address(start + 12), port: from),
            target: SSHEndpoint(address: address(start + 16), port: to), sequence: UInt32(sequence),
            acknowledged: UInt32(acknowledged), flags: packet[tcp + 13],
            payload: kept > data ? Array(packet[data..<kept]) : [])
        missing = end - Swift.max(kept, data)
    }
}
