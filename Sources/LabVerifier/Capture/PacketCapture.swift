import Foundation

/// The TCP segments in a packet capture file, as tcpdump -w writes it (pcap-savefile(5)), over IPv4.
///
/// The file is a student's: every length in it is checked before it is believed, and what does not fit ends the reading.
struct PacketCapture: Sendable, Equatable {
    /// The segments, in the file's order.
    var segments: [TCPSegment] = []
    /// How many packets the file holds, of whatever kind.
    var packets = 0

    /// Why a file is not a capture that can be read.
    enum Trouble: Error, Equatable {
        /// It does not begin as a capture does.
        case notACapture
        /// It is in the newer form, pcapng.
        case newerForm
        /// It was taken from a card of this unknown kind (pcap-linktype(7)).
        case linkType(UInt32)
    }

    /// No more packets than this are read.
    static let limit = 20_000

    /// Reads a file; one that breaks off within a packet is read up to there.
    init(_ bytes: [UInt8]) throws(Trouble) {
        var order = ByteOrder.big
        guard let magic = bytes.number(4, at: 0, order: .big) else { throw .notACapture }
        let nanoseconds: Bool
        switch magic {
        case 0xa1b2_c3d4: nanoseconds = false
        case 0xa1b2_3c4d: nanoseconds = true
        case 0xd4c3_b2a1: (nanoseconds, order) = (false, .little)
        case 0x4d3c_b2a1: (nanoseconds, order) = (true, .little)
        case 0x0a0d_0d0a: throw .newerForm
        default: throw .notACapture
        }
        guard let kind = bytes.number(4, at: 20, order: order) else { throw .notACapture }
        guard let link = Link(rawValue: UInt32(kind & 0xffff)) else { throw .linkType(UInt32(kind & 0xffff)) }
        var place = 24
        while packets < Self.limit,
            let seconds = bytes.number(4, at: place, order: order),
            let fraction = bytes.number(4, at: place + 4, order: order),
            let kept = bytes.number(4, at: place + 8, order: order), kept <= 262_144,
            place + 16 + kept <= bytes.count
        {
            packets += 1
            let time = Date(
                timeIntervalSince1970: Double(seconds) + Double(fraction) / (nanoseconds ? 1_000_000_000 : 1_000_000))
            let packet = Array(bytes[(place + 16)..<(place + 16 + kept)])
            if let start = link.startOfIPv4(in: packet), let segment = TCPSegment(packet, from: start, time: time) {
                segments.append(segment)
            }
            place += 16 + kept
        }
    }

    /// What a capture was taken from (pcap-linktype(7)).
    private enum Link: UInt32 {
        case ethernet = 1
        case raw = 101
        /// tcpdump -i any, before libpcap 1.10.
        case cooked = 113
        /// tcpdump -i any.
        case cooked2 = 276

        /// Where the IPv4 header begins; nil for a packet of another protocol.
        func startOfIPv4(in packet: [UInt8]) -> Int? {
            let (kind, start) =
                switch self {
                case .ethernet: (12, 14)
                case .raw: (-1, 0)
                case .cooked: (14, 16)
                case .cooked2: (0, 20)
                }
            guard kind >= 0 else { return start }
            return packet.number(2, at: kind, order: .big) == 0x0800 ? start : nil
        }
    }
}

/// The order of a number's bytes.
enum ByteOrder {
    case big, little
}

extension [UInt8] {
    /// The unsigned number of `count` bytes (at most 4) at a place; nil when the bytes end before it does.
    func number(_ count: Int, at place: Int, order: ByteOrder) -> Int? {
        guard place >= 0, place + count <= self.count else { return nil }
        let part = self[place..<(place + count)]
        return (order == .big ? Array(part) : part.reversed()).reduce(0) { $0 << 8 | Int($1) }
    }
}
