import CLibSSH2

extension SSHSession {
    private static let window: UInt32 = 1 << 20

    /// Starts a command, by the user's shell on the server.
    ///
    /// - Parameters:
    ///   - command: The command line.
    ///   - environment: Variables to ask for; servers take few of them, and one that is refused is left out.
    ///   - terminal: A terminal to run it on; nil for none, which keeps output and errors apart.
    ///   - timeout: The time to start it in.
    public func exec(
        _ command: String, environment: [String: String] = [:], terminal: PseudoTerminal? = nil,
        timeout: Duration = .seconds(20)
    ) async throws(SSHError) -> SSHChannel {
        try await start("exec", command, environment, terminal, timeout)
    }

    /// Starts the user's login shell on a terminal.
    public func shell(
        terminal: PseudoTerminal, environment: [String: String] = [:], timeout: Duration = .seconds(20)
    ) async throws(SSHError) -> SSHChannel {
        try await start("shell", nil, environment, terminal, timeout)
    }

    /// Has the server open a TCP connection, and carries it in a channel (`direct-tcpip`, RFC 4254, section 7.2).
    ///
    /// When the server cannot or will not, the error is ``SSHError/Code/channelRefused`` with libssh2's message; when
    /// it does not say in time, ``SSHError/Code/timedOut``.
    public func openTCP(host: String, port: Int, timeout: Duration = .seconds(20)) async throws(SSHError) -> SSHChannel
    {
        let context = "opening \(host) port \(port) through the server"
        guard let port = UInt16(exactly: port), port > 0 else {
            throw SSHError(.failed, message: "a port is a number from 1 to 65535", context: context)
        }
        let id = try await engine.perform(.session, context, deadline: .now + timeout, late: { $0.reject($1) }) {
            core throws(SSHError) in
            try core.open(libssh2_channel_direct_tcpip_ex(core.session, host, Int32(port), "127.0.0.1", 0), context)
        }
        return SSHChannel(engine: engine, id: id, name: "\(host) port \(port)")
    }

    private func start(
        _ kind: String, _ command: String?, _ environment: [String: String], _ terminal: PseudoTerminal?,
        _ timeout: Duration
    ) async throws(SSHError) -> SSHChannel {
        let deadline = ContinuousClock.now + timeout
        let name = command ?? "a shell"
        let id = try await engine.perform(.session, "opening a channel", deadline: deadline, late: { $0.reject($1) }) {
            core throws(SSHError) in
            try core.open(
                libssh2_channel_open_ex(
                    core.session, "session", 7, Self.window, UInt32(LIBSSH2_CHANNEL_PACKET_DEFAULT), nil, 0),
                "opening a channel")
        }
        let channel = SSHChannel(engine: engine, id: id, name: name)
        for (variable, value) in environment.sorted(by: { $0.key < $1.key }) {
            do throws(SSHError) {
                try await channel.ask("setting \(variable)", deadline) { channel in
                    libssh2_channel_setenv_ex(
                        channel, variable, UInt32(variable.utf8.count), value, UInt32(value.utf8.count))
                }
            } catch  where error.code == .requestDenied {
                continue
            }
        }
        if let terminal {
            try await channel.ask("asking for a terminal", deadline) { channel in
                libssh2_channel_request_pty_ex(
                    channel, terminal.term, UInt32(terminal.term.utf8.count), nil, 0,
                    Int32(clamping: terminal.columns), Int32(clamping: terminal.rows), 0, 0)
            }
        }
        try await channel.ask("starting \(name)", deadline) { channel in
            libssh2_channel_process_startup(
                channel, kind, UInt32(kind.utf8.count), command, UInt32(command?.utf8.count ?? 0))
        }
        return channel
    }
}

extension SessionCore {
    /// The number of a channel that was just opened; nil while opening it would block.
    func open(_ channel: OpaquePointer?, _ context: String) throws(SSHError) -> Int? {
        if let channel { return add(channel) }
        let number = libssh2_session_last_errno(session)
        if number == LIBSSH2_ERROR_EAGAIN { return nil }
        throw failure(number, context)
    }
}
