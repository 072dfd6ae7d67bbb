import CLibSSH2

/// The libssh2 session and its channels. It is made, used and freed on one thread, and never leaves it.
final class SessionCore {
    let transport: Transport
    let session: OpaquePointer
    /// Why the call that is now being given up is given up.
    var abortReason: SSHError?
    private(set) var bridges: [BridgePump] = []
    private var channels: [Int: OpaquePointer] = [:]
    private var nextChannel = 1
    /// Channels that came open when nobody waited for them any more.
    private var unwanted: [Int] = []
    /// Calls that were given up without their answer, which may come at any time.
    private var missedAnswers = 0
    /// Channels of which libssh2 keeps half a write, which it goes on with whatever it is given next.
    private(set) var halfWritten: Set<Int> = []
    /// Set when such an answer came and made another call fail: that one's answer is missed now too, and so on.
    private(set) var confusion: SSHError?

    init?(descriptor: Int32) {
        let transport = Transport(descriptor: descriptor)
        let abstract = Unmanaged.passUnretained(transport).toOpaque()
        guard
            let session = libssh2_session_init_ex(allocateCallback, freeCallback, reallocateCallback, abstract)
        else { return nil }
        self.transport = transport
        self.session = session
        let receive: ReceiveCallback = receiveCallback
        let send: SendCallback = sendCallback
        // libssh2 takes callbacks as `void *`; these three have the very types that it calls them by.
        libssh2_session_callback_set(
            session, LIBSSH2_CALLBACK_RECV, unsafeBitCast(receive, to: UnsafeMutableRawPointer.self))
        libssh2_session_callback_set(
            session, LIBSSH2_CALLBACK_SEND, unsafeBitCast(send, to: UnsafeMutableRawPointer.self))
        let disconnect: DisconnectCallback = disconnectCallback
        libssh2_session_callback_set(
            session, LIBSSH2_CALLBACK_DISCONNECT, unsafeBitCast(disconnect, to: UnsafeMutableRawPointer.self))
        libssh2_session_set_blocking(session, 0)
    }

    /// Frees everything of libssh2; nothing may be called after it.
    func tearDown() {
        transport.end()
        for bridge in bridges { bridge.close() }
        bridges = []
        channels = [:]
        // With the transport ended no call waits any more; each round gives up at least one channel.
        var rounds = 0
        while libssh2_session_free(session) == LIBSSH2_ERROR_EAGAIN, rounds < 1000 { rounds += 1 }
    }

    // MARK: Results

    /// The result of a call that returns a number: nil when it would block.
    func result(_ number: Int, _ context: String) throws(SSHError) -> Int? {
        if number == Int(LIBSSH2_ERROR_EAGAIN) { return nil }
        guard number >= 0 else { throw failure(Int32(truncatingIfNeeded: number), context) }
        return number
    }

    /// The result of a call that returns an `int`.
    func result(_ number: Int32, _ context: String) throws(SSHError) -> Int? { try result(Int(number), context) }

    /// The error of the call that just failed.
    func failure(_ number: Int32, _ context: String) -> SSHError {
        // libssh2 gives up by itself after a minute.
        if number == LIBSSH2_ERROR_TIMEOUT { missAnswer() }
        if number == LIBSSH2_ERROR_SOCKET_NONE, missedAnswers > 0 {
            let error = SSHError(
                .closed, number: number, message: "an answer came too late and made the session unusable",
                context: context)
            confusion = error
            return error
        }
        var text: UnsafeMutablePointer<CChar>?
        libssh2_session_last_error(session, &text, nil, 0)
        let message = text.map { String(cString: $0) } ?? ""
        let code = SSHError.Code(number: number)
        let gone = transport.ended && code != .noCommonAlgorithm && code != .channelRefused
        return SSHError(
            gone ? .disconnected : code, number: number,
            message: gone && !transport.farewell.isEmpty
                ? transport.farewell : message.isEmpty ? (gone ? "the connection ended" : "error \(number)") : message,
            context: context)
    }

    /// Notes that an answer may come which nobody waits for.
    func missAnswer() { missedAnswers += 1 }

    /// Notes how an operation ended that nobody waits for.
    func missed(_ error: SSHError) {
        if error.code == .channelClosed { missAnswer() }
    }

    // MARK: Channels

    /// Keeps an open channel; the number names it from other threads.
    func add(_ channel: OpaquePointer) -> Int {
        defer { nextChannel += 1 }
        channels[nextChannel] = channel
        return nextChannel
    }

    /// The channel of that number.
    func channel(_ id: Int, _ context: String) throws(SSHError) -> OpaquePointer {
        guard let channel = channels[id] else {
            throw SSHError(.channelClosed, message: "the channel is closed", context: context)
        }
        return channel
    }

    /// Closes and frees a channel; nil while the server has not confirmed.
    func free(_ id: Int) -> Bool? {
        guard let channel = channels[id] else { return true }
        if libssh2_channel_free(channel) == LIBSSH2_ERROR_EAGAIN { return nil }
        channels[id] = nil
        return true
    }

    /// Forgets a channel that the server does not let go of; it is freed with the session.
    func abandon(_ id: Int) { channels[id] = nil }

    /// Notes a channel that nobody wants.
    func reject(_ id: Int) { unwanted.append(id) }

    /// The channels to let go of.
    func takeUnwanted() -> [Int] {
        defer { unwanted = [] }
        return unwanted
    }

    /// Reads what there is of a stream: nil when it would block, empty at its end.
    func read(_ id: Int, _ stream: Int32, _ count: Int, _ context: String) throws(SSHError) -> [UInt8]? {
        let channel = try channel(id, context)
        transport.isReading = true
        defer { transport.isReading = false }
        // libssh2 returns 0 at the end, and also after a packet of no consequence: only twice is the end.
        for _ in 0..<2 {
            var number = 0
            let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
                buffer.withMemoryRebound(to: CChar.self) { buffer in
                    number = libssh2_channel_read_ex(channel, stream, buffer.baseAddress, buffer.count)
                }
                filled = max(0, number)
            }
            guard let read = try result(number, context) else {
                guard transport.ended else { return nil }
                let farewell = transport.farewell
                throw SSHError(
                    .disconnected, message: farewell.isEmpty ? "the connection ended" : farewell, context: context)
            }
            if read > 0 { return bytes }
        }
        return []
    }

    /// Writes as much as the window takes: nil when that is nothing now. Throws ``SSHError/Code/channelClosed`` when the
    /// server has closed the channel, and its window will never grow.
    func write(_ id: Int, _ bytes: ArraySlice<UInt8>, _ context: String) throws(SSHError) -> Int? {
        let channel = try channel(id, context)
        guard transport.isRoomy else { return nil }
        let number = bytes.withUnsafeBytes { bytes in
            libssh2_channel_write_ex(channel, 0, bytes.assumingMemoryBound(to: CChar.self).baseAddress, bytes.count)
        }
        // With room in the window it is an exchange of new keys that is waited for.
        if number == LIBSSH2_ERROR_EAGAIN, libssh2_channel_window_write_ex(channel, nil) > 0 {
            halfWritten.insert(id)
            return nil
        }
        halfWritten.remove(id)
        if let count = try result(number, context), count > 0 { return count }
        // Before the end of what the server sends this is refused, after it it waits.
        guard libssh2_channel_wait_closed(channel) == 0 else { return nil }
        throw SSHError(.channelClosed, message: "the server has closed the channel", context: context)
    }

    // MARK: Bridges

    /// Takes a channel away from its number, so that only a bridge uses it; gives its new number.
    func hand(over id: Int, _ context: String) throws(SSHError) -> Int {
        let channel = try channel(id, context)
        channels[id] = nil
        return add(channel)
    }

    func add(_ bridge: BridgePump) { bridges.append(bridge) }

    /// Moves what can be moved; true when something did.
    func pump() -> Bool {
        var moved = false
        for bridge in bridges where bridge.step(self) { moved = true }
        bridges.removeAll { $0.isDone }
        return moved
    }
}
