/// A connection to an SSH server, with its host key already checked.
///
/// Safe to use from any number of tasks: everything of libssh2 happens on one thread of the session's own, where
/// calls of different channels take turns. The connection ends with ``close()``, or when the session, its channels and
/// its bridges are all gone.
///
/// Every operation ends by its time limit or by cancellation of its task. One that is given up leaves the session
/// usable, except for exchanging keys and logging in. After an open or a start that was given up, the server's answer
/// may still come, minutes later; if it meets another call that waits, the session ends with
/// ``SSHError/Code/closed`` rather than mistake one for the other.
///
/// Nothing is read while no operation waits, so a server that expects signs of life from an idle session gets none.
public final class SSHSession: Sendable {
    /// The key that the server proved to hold.
    public let hostKey: HostKey
    /// The server's identification line: `SSH-2.0-…`.
    public let banner: String
    let engine: Engine

    init(engine: Engine, hostKey: HostKey, banner: String) {
        self.engine = engine
        self.hostKey = hostKey
        self.banner = banner
    }

    /// Connects over TCP, exchanges keys and checks the host key.
    ///
    /// A far end whose kernel is silent for a minute has broken the connection: what waits fails with
    /// ``SSHError/Code/disconnected``.
    ///
    /// - Parameters:
    ///   - host: A name or an address; the look-up of a name is not cut short by the time limit.
    ///   - port: The TCP port.
    ///   - hostKey: What the server's key must be.
    ///   - algorithms: What to offer.
    ///   - timeout: The time for all of it.
    public static func connect(
        host: String, port: Int = 22, hostKey: HostKeyPolicy, algorithms: SSHAlgorithms = SSHAlgorithms(),
        timeout: Duration = .seconds(20)
    ) async throws(SSHError) -> SSHSession {
        let deadline = ContinuousClock.now + timeout
        let descriptor = try await TCPSocket.connect(host: host, port: port, timeout: timeout)
        return try await connect(
            descriptor: descriptor, hostKey: hostKey, algorithms: algorithms, timeout: deadline - .now)
    }

    /// Exchanges keys and checks the host key over a connected stream socket.
    ///
    /// The session owns the descriptor from this call on, even if it throws. It may be one end of a socketpair.
    public static func connect(
        descriptor: Int32, hostKey policy: HostKeyPolicy, algorithms: SSHAlgorithms = SSHAlgorithms(),
        timeout: Duration = .seconds(20)
    ) async throws(SSHError) -> SSHSession {
        let engine = Engine(descriptor: descriptor)
        do throws(SSHError) {
            let deadline = ContinuousClock.now + timeout
            let context = "exchanging keys"
            _ = try await engine.perform(.session, context, deadline: deadline, isVital: true) {
                core throws(SSHError) in
                try core.prefer(algorithms, context)
            }
            let (key, banner) = try await engine.perform(.session, context, deadline: deadline, isVital: true) {
                core throws(SSHError) in
                try core.handshake(context)
            }
            try policy.check(key, context: "checking the host key")
            return SSHSession(engine: engine, hostKey: key, banner: banner)
        } catch {
            await engine.close()
            throw error
        }
    }

    /// Ends the connection; whatever is still under way fails with ``SSHError/Code/closed``.
    public func close() async { await engine.close() }
}
