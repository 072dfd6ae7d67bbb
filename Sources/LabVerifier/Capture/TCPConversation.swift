import Foundation

/// One TCP connection out of a capture, from its first segment on, with what each end said put together.
struct TCPConversation: Sendable, Equatable {
    /// Who called.
    var client: SSHEndpoint
    /// Who was called.
    var server: SSHEndpoint
    /// The sequence number of the call (the client's first segment).
    var initialSequence: UInt32
    /// When its first segment was captured.
    var began: Date
    /// When its last one was.
    var ended: Date
    /// Whether the server took the call: its first segment acknowledges the client's.
    var wasAnswered: Bool
    /// What the client said.
    var sent: Stream
    /// What the server said.
    var received: Stream

    /// What one end said.
    struct Stream: Sendable, Equatable {
        /// The bytes from the first one up to the end, or up to the first that the capture lacks.
        var bytes: [UInt8]
        /// Whether the capture lacks bytes after these that were sent.
        var hasHole: Bool
        /// Whether the other end acknowledged all of them.
        var wasAcknowledged: Bool
    }

    /// The conversations that `client` began with `port` of `server`, in their order.
    ///
    /// A connection whose beginning was not captured is none of them.
    static func all(in capture: PacketCapture, client: String, server: String, port: Int) -> [TCPConversation] {
        struct Parts {
            var client: SSHEndpoint
            var sequence: UInt32
            var out: [TCPSegment] = []
            var back: [TCPSegment] = []
        }
        var found: [Parts] = []
        for segment in capture.segments {
            if segment.source.address == client, segment.target.address == server, segment.target.port == port {
                let last = found.lastIndex { $0.client.port == segment.source.port }
                if segment.isSYN, !segment.isACK, last.map({ found[$0].sequence != segment.sequence }) ?? true {
                    found.append(Parts(client: segment.source, sequence: segment.sequence, out: [segment]))
                } else if let last {
                    found[last].out.append(segment)
                }
            } else if segment.source.address == server, segment.target.address == client,
                segment.source.port == port,
                let last = found.lastIndex(where: { $0.client.port == segment.target.port })
            {
                found[last].back.append(segment)
            }
        }
        return found.map { parts in
            let answer = parts.back.first { $0.isSYN && $0.isACK && $0.acknowledged == parts.sequence &+ 1 }
            let times = (parts.out + parts.back).map(\.time)
            return TCPConversation(
                client: parts.client, server: SSHEndpoint(address: server, port: port),
                initialSequence: parts.sequence, began: parts.out[0].time, ended: times.max() ?? parts.out[0].time,
                wasAnswered: answer != nil,
                sent: stream(parts.out, after: parts.sequence, acknowledgedBy: parts.back),
                received: answer.map { stream(parts.back, after: $0.sequence, acknowledgedBy: parts.out) }
                    ?? Stream(bytes: [], hasHole: false, wasAcknowledged: false))
        }
    }

    /// Puts one direction together; the first copy of a byte counts, as repeated segments are the same.
    private static func stream(_ segments: [TCPSegment], after initial: UInt32, acknowledgedBy others: [TCPSegment])
        -> Stream
    {
        /// How far a number is behind the stream's first byte; numbers wrap around.
        func offset(_ number: UInt32) -> Int { Int(Int32(bitPattern: number &- (initial &+ 1))) }
        let pieces = segments.filter { !$0.isSYN && (!$0.payload.isEmpty || $0.missing > 0) }
            .sorted { offset($0.sequence) < offset($1.sequence) }
        var bytes: [UInt8] = []
        var hasHole = false
        for piece in pieces {
            let start = offset(piece.sequence)
            guard start <= bytes.count else {
                hasHole = true
                break
            }
            // A probe that keeps a connection alive repeats the byte before the stream.
            let known = bytes.count - start
            if start >= 0, known < piece.payload.count { bytes += piece.payload[known...] }
            if piece.missing > 0, start + piece.payload.count >= bytes.count {
                hasHole = true
                break
            }
        }
        let heard = others.filter(\.isACK).map { offset($0.acknowledged) }.max() ?? 0
        return Stream(bytes: bytes, hasHole: hasHole, wasAcknowledged: !bytes.isEmpty && heard >= bytes.count)
    }
}
