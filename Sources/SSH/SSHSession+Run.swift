/// What a command wrote and how it ended.
public struct SSHResult: Sendable, Equatable {
    /// How it ended.
    public let exit: SSHExit
    /// The head of its standard output, up to the limit.
    public let output: [UInt8]
    /// The head of its standard error, up to the limit.
    public let errors: [UInt8]
    /// One of the two was longer than the limit.
    public let isTruncated: Bool

    /// The exit status; nil when a signal ended it.
    public var status: Int? {
        if case .status(let status) = exit { return status }
        return nil
    }
}

extension SSHSession {
    /// Runs a command to its end.
    ///
    /// - Parameters:
    ///   - command: The command line, for the user's shell on the server.
    ///   - input: Its standard input; a command that ends without reading all of it is no error.
    ///   - limit: The most bytes to keep of each stream; the rest is read and dropped.
    ///   - timeout: The time for all of it; when it passes the channel is closed and the error is
    ///     ``SSHError/Code/timedOut``.
    public func run(
        _ command: String, input: [UInt8] = [], limit: Int = 1 << 20, timeout: Duration = .seconds(60)
    ) async throws(SSHError) -> SSHResult {
        let deadline = ContinuousClock.now + timeout
        let channel = try await exec(command, timeout: timeout)
        async let output = channel.collect(.output, limit, deadline)
        async let errors = channel.collect(.errors, limit, deadline)
        async let written = channel.feed(input, deadline)
        // All three are awaited before any of them may throw: they end by the deadline.
        let (out, err, fed) = await (output, errors, written)
        let (bytes, isLong) = try out.get()
        let (errorBytes, isErrorLong) = try err.get()
        try fed.get()
        let exit = try await channel.waitForExit(timeout: deadline - .now)
        return SSHResult(exit: exit, output: bytes, errors: errorBytes, isTruncated: isLong || isErrorLong)
    }
}

extension SSHChannel {
    fileprivate func collect(_ source: Source, _ limit: Int, _ deadline: ContinuousClock.Instant) async
        -> Result<([UInt8], Bool), SSHError>
    {
        var kept: [UInt8] = []
        var isTruncated = false
        do throws(SSHError) {
            while let piece = try await read(from: source, timeout: deadline - .now) {
                let room = max(0, limit - kept.count)
                kept += piece.prefix(room)
                if piece.count > room { isTruncated = true }
            }
            return .success((kept, isTruncated))
        } catch {
            return .failure(error)
        }
    }

    fileprivate func feed(_ input: [UInt8], _ deadline: ContinuousClock.Instant) async -> Result<Void, SSHError> {
        do throws(SSHError) {
            try await write(input, timeout: deadline - .now)
            try await finishWriting(timeout: deadline - .now)
            return .success(())
        } catch {
            return error.code == .channelClosed ? .success(()) : .failure(error)
        }
    }
}
