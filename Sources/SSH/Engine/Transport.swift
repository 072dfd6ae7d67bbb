import Glibc

/// The bytes under a libssh2 session, and the limits on them. It belongs to the session's thread.
///
/// Whatever libssh2 sends is taken whole into `outgoing`, so no call of it ever stops halfway through a packet: all
/// that it can wait for is input, and calls of different channels may then take turns. What it reads in one turn is
/// limited by `budget`, so a server that never stops talking cannot keep libssh2 in its loop past a deadline.
final class Transport {
    /// The socket.
    let descriptor: Int32
    /// The bytes that libssh2 may still read in this turn.
    var budget = 0
    /// All bytes read so far.
    private(set) var received = 0
    /// The connection has ended in one direction or both; nothing more comes.
    private(set) var ended = false
    /// What the far end said when it ended the connection.
    private(set) var farewell = ""
    /// All bytes that libssh2 has sent so far.
    private(set) var queued = 0
    /// While true the end of the connection is kept from libssh2, which would forget what came before it.
    var isReading = false
    /// While true every read fails, which makes libssh2 give up the call it is in and forget its state.
    var aborting = false
    /// The answer to prompts that do not echo.
    var secret: [UInt8] = []
    /// The bytes that libssh2 holds.
    private(set) var allocated = 0
    private var outgoing: [UInt8] = []
    private var sent = 0

    static let turn = 1 << 20
    private static let allocationLimit = 64 << 20
    private static let blockLimit = 256 << 10
    private static let comfortable = 256 << 10
    private static let outgoingLimit = 4 << 20
    private static let header = 16

    init(descriptor: Int32) { self.descriptor = descriptor }

    /// Bytes wait to be sent.
    var wantsToSend: Bool { sent < outgoing.count && !ended }
    /// More may be written now without piling it up here.
    var isRoomy: Bool { outgoing.count - sent < Self.comfortable }

    /// Ends the connection as far as libssh2 can see.
    func end() { ended = true }

    /// Takes the far end's goodbye.
    func end(farewell text: String) {
        ended = true
        farewell = text
    }

    /// Reads for libssh2: a count, 0 at the end, or a negative `errno`.
    func receive(_ buffer: UnsafeMutableRawPointer, _ length: Int) -> Int {
        if aborting { return -Int(ECANCELED) }
        if ended { return -Int(isReading ? EAGAIN : ECONNRESET) }
        guard budget > 0 else { return -Int(EAGAIN) }
        let count = recv(descriptor, buffer, min(length, budget), Int32(MSG_DONTWAIT))
        if count > 0 {
            received += count
            budget -= count
            return count
        }
        let problem = errno
        if count < 0, problem == EAGAIN || problem == EINTR { return -Int(EAGAIN) }
        ended = true
        return isReading ? -Int(EAGAIN) : count == 0 ? 0 : -Int(problem)
    }

    /// Takes a whole packet from libssh2.
    func send(_ bytes: UnsafeRawBufferPointer) -> Int {
        // A read tells the server of its window first.
        if ended { return isReading ? bytes.count : -Int(EPIPE) }
        guard outgoing.count - sent + bytes.count <= Self.outgoingLimit else {
            ended = true
            return -Int(ENOBUFS)
        }
        outgoing.append(contentsOf: bytes)
        queued += bytes.count
        return bytes.count
    }

    /// Sends what the socket takes.
    func flush() {
        while wantsToSend {
            let count = outgoing.withUnsafeBytes { bytes in
                Glibc.send(
                    descriptor, bytes.baseAddress?.advanced(by: sent), bytes.count - sent,
                    Int32(MSG_DONTWAIT | MSG_NOSIGNAL))
            }
            if count < 0 {
                if errno == EINTR { continue }
                // What the far end said before it went may still be read, so a broken pipe ends nothing here.
                if errno != EAGAIN { discard() } else if sent > Self.comfortable { compact() }
                return
            }
            sent += count
        }
        discard()
    }

    private func discard() {
        outgoing.removeAll(keepingCapacity: outgoing.capacity <= Self.comfortable)
        sent = 0
    }

    /// Forgets what was sent, while more waits behind it.
    private func compact() {
        outgoing.removeFirst(sent)
        sent = 0
    }

    // Each block has its size in front of it; sixteen bytes keep the alignment of malloc. Blocks are empty and no larger than
    // libssh2 needs for the largest packet and for its session: it believes some lengths that a server claims.

    func allocate(_ count: Int) -> UnsafeMutableRawPointer? {
        guard (0...Self.blockLimit).contains(count), allocated + count <= Self.allocationLimit else { return nil }
        guard let block = calloc(1, count + Self.header) else { return nil }
        block.storeBytes(of: count, as: Int.self)
        allocated += count
        return block + Self.header
    }

    func reallocate(_ pointer: UnsafeMutableRawPointer?, _ count: Int) -> UnsafeMutableRawPointer? {
        guard let pointer else { return allocate(count) }
        let old = (pointer - Self.header).load(as: Int.self)
        guard (0...Self.blockLimit).contains(count), allocated - old + count <= Self.allocationLimit else { return nil }
        guard let block = realloc(pointer - Self.header, count + Self.header) else { return nil }
        block.storeBytes(of: count, as: Int.self)
        allocated += count - old
        return block + Self.header
    }

    func release(_ pointer: UnsafeMutableRawPointer?) {
        guard let pointer else { return }
        allocated -= (pointer - Self.header).load(as: Int.self)
        Glibc.free(pointer - Self.header)
    }
}
