import CLibSSH2

/// A channel of a session: a command, a shell, or a TCP connection that the server opened.
///
/// Each stream holds at most one window (1 to 2 MiB, shared by both streams) of what nobody has read; the server has to
/// wait then. So read both streams, or the command may stand still. A channel that nobody refers to is closed.
public final class SSHChannel: Sendable {
    /// One of the two streams that come from the server.
    public enum Source: Sendable {
        /// Standard output, or what comes over the TCP connection.
        case output
        /// Standard error.
        case errors

        var stream: Int32 { self == .output ? 0 : SSH_EXTENDED_DATA_STDERR }
    }

    let engine: Engine
    let id: Int
    private let name: String

    init(engine: Engine, id: Int, name: String) {
        self.engine = engine
        self.id = id
        self.name = name
    }

    deinit { engine.release(id) }

    /// Standard output, in pieces, as fast as it is asked for.
    public var output: SSHByteStream { SSHByteStream(channel: self, source: .output) }

    /// Standard error, in pieces, as fast as it is asked for.
    public var errors: SSHByteStream { SSHByteStream(channel: self, source: .errors) }

    /// Reads what there is, waiting for at least one byte; nil at the end of the stream.
    ///
    /// - Parameters:
    ///   - limit: The most bytes to read.
    ///   - source: The stream to read.
    ///   - timeout: How long to wait; nil for ever. A channel stays usable after a time-out.
    public func read(upTo limit: Int = 32 << 10, from source: Source = .output, timeout: Duration? = nil)
        async throws(SSHError) -> [UInt8]?
    {
        let context = "reading from \(name)"
        let count = min(max(1, limit), 256 << 10)
        let deadline = timeout.map { ContinuousClock.now + $0 }
        let bytes = try await engine.perform(.read(id, source.stream), context, deadline: deadline) {
            [id] core throws(SSHError) in
            try core.read(id, source.stream, count, context)
        }
        return bytes.isEmpty ? nil : bytes
    }

    /// Writes all bytes, as fast as the server takes them. After an error some may have been written.
    public func write(_ bytes: [UInt8], timeout: Duration? = .seconds(60)) async throws(SSHError) {
        let context = "writing to \(name)"
        let deadline = timeout.map { ContinuousClock.now + $0 }
        var start = 0
        while start < bytes.count {
            let piece = bytes[start..<min(bytes.count, start + 32 << 10)]
            start += try await engine.perform(.write(id), context, deadline: deadline) { [id] core throws(SSHError) in
                try core.write(id, piece, context)
            }
        }
    }

    /// Says that nothing more will be written.
    public func finishWriting(timeout: Duration = .seconds(20)) async throws(SSHError) {
        try await request("finishing \(name)", .now + timeout) { libssh2_channel_send_eof($0) }
    }

    /// Changes the size of the terminal, in characters.
    public func resize(columns: Int, rows: Int, timeout: Duration = .seconds(20)) async throws(SSHError) {
        try await request("resizing \(name)", .now + timeout) { channel in
            libssh2_channel_request_pty_size_ex(channel, Int32(clamping: columns), Int32(clamping: rows), 0, 0)
        }
    }

    /// Waits until the command has ended, and all that it wrote was read. Read both streams first, or meanwhile.
    public func waitForExit(timeout: Duration? = nil) async throws(SSHError) -> SSHExit {
        let context = "waiting for \(name)"
        let deadline = timeout.map { ContinuousClock.now + $0 }
        return try await engine.perform(.end(id), context, deadline: deadline) { [id] core throws(SSHError) in
            try core.exit(id, context)
        }
    }

    /// Closes the channel, and waits for a sign of the server's that it knows. A command on a terminal gets a hang-up. When it
    /// is given up, the channel is closed at this end.
    public func close(timeout: Duration = .seconds(5)) async throws(SSHError) {
        _ = try await engine.perform(.request(id), "closing \(name)", deadline: .now + timeout) {
            [id] core throws(SSHError) in
            let isFree = core.free(id)
            if isFree == true, let reason = core.abortReason { throw reason }
            return isFree
        }
    }

    /// Makes a request, and waits for the server's answer.
    func ask(
        _ context: String, _ deadline: ContinuousClock.Instant, call: @escaping @Sendable (OpaquePointer) -> Int32
    ) async throws(SSHError) {
        try await request(context, deadline, lane: .session, call: call)
    }

    private func request(
        _ context: String, _ deadline: ContinuousClock.Instant, lane: Operation.Lane? = nil,
        call: @escaping @Sendable (OpaquePointer) -> Int32
    ) async throws(SSHError) {
        _ = try await engine.perform(lane ?? .request(id), context, deadline: deadline) { [id] core throws(SSHError) in
            try core.result(call(try core.channel(id, context)), context)
        }
    }
}

extension SessionCore {
    /// How the command on a channel ended; nil while it runs or has output that nobody has read.
    func exit(_ id: Int, _ context: String) throws(SSHError) -> SSHExit? {
        let channel = try channel(id, context)
        if libssh2_channel_eof(channel) == 0 {
            // Reading nothing takes what the socket has, and leaves it to the readers.
            let number = libssh2_channel_read_ex(channel, 0, nil, 0)
            if number != 0 { _ = try result(number, context) }
            guard libssh2_channel_eof(channel) == 1 else { return nil }
        }
        guard try result(libssh2_channel_wait_closed(channel), context) != nil else { return nil }
        var name: UnsafeMutablePointer<CChar>?
        var length = 0
        libssh2_channel_get_exit_signal(channel, &name, &length, nil, nil, nil, nil)
        if let name {
            defer { libssh2_free(session, name) }
            return .signal(String(decoding: UnsafeRawBufferPointer(start: name, count: length), as: UTF8.self))
        }
        return .status(Int(libssh2_channel_get_exit_status(channel)))
    }
}
