import Glibc

extension SSHChannel {
    /// Carries the channel over a socketpair, and gives one end of it: another session can run inside the channel, or
    /// anything else that speaks over a socket.
    ///
    /// The caller owns the descriptor and closes it (``SSHSession/connect(descriptor:hostKey:algorithms:timeout:)``
    /// does). Closing it closes the channel; the end of the channel's stream is the end of the descriptor's. The
    /// channel can no longer be used directly. The session under it stays open as long as the bridge does.
    public func bridge(timeout: Duration = .seconds(20)) async throws(SSHError) -> Int32 {
        let context = "carrying a channel"
        return try await engine.perform(.session, context, deadline: .now + timeout) {
            [id, engine] core throws(SSHError) in
            let bridged = try core.hand(over: id, context)
            var ends: [Int32] = [-1, -1]
            let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
            guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else {
                throw SSHError(.failed, systemError: errno, message: String(cString: strerror(errno)), context: context)
            }
            core.add(BridgePump(descriptor: ends[0], channel: bridged, engine: engine))
            return ends[1]
        }
    }
}
