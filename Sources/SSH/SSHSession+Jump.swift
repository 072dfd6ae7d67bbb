extension SSHSession {
    /// Connects to another server through this one: a session of its own inside a `direct-tcpip` channel, so this
    /// server sees nothing of it but its length. This session stays open as long as the other one does.
    public func jump(
        host: String, port: Int = 22, hostKey: HostKeyPolicy, algorithms: SSHAlgorithms = SSHAlgorithms(),
        timeout: Duration = .seconds(30)
    ) async throws(SSHError) -> SSHSession {
        let deadline = ContinuousClock.now + timeout
        let channel = try await openTCP(host: host, port: port, timeout: timeout)
        let descriptor = try await channel.bridge(timeout: deadline - .now)
        return try await Self.connect(
            descriptor: descriptor, hostKey: hostKey, algorithms: algorithms, timeout: deadline - .now)
    }
}
