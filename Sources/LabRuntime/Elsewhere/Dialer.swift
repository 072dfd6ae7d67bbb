import Foundation
public import SSH

/// How a port of a guest is reached from this process.
public protocol Dialer: Sendable {
    /// An SSH session with a server on a guest, whose host key has been checked.
    func connect(to address: String, port: Int, hostKey: HostKeyPolicy, seconds: Int) async throws(SSHError)
        -> SSHSession
}

/// Reaches guests whose network this process is on: in a room, or of this host's own libvirt.
public struct DirectDialer: Dialer {
    /// Makes one.
    public init() {}

    /// See ``Dialer/connect(to:port:hostKey:seconds:)``.
    public func connect(to address: String, port: Int, hostKey: HostKeyPolicy, seconds: Int) async throws(SSHError)
        -> SSHSession
    {
        try await SSHSession.connect(host: address, port: port, hostKey: hostKey, timeout: .seconds(seconds))
    }
}

/// Reaches guests through the host that they run on: ssh(1) with `-W` carries the bytes.
///
/// It is the same program that libvirt itself uses, so configuration, agent, keys and known hosts are the user's. The
/// guest's session inside is end to end: the host sees nothing of it but its length.
public struct FarDialer: Dialer {
    let host: LibvirtAddress

    /// See ``Dialer/connect(to:port:hostKey:seconds:)``.
    public func connect(to address: String, port: Int, hostKey: HostKeyPolicy, seconds: Int) async throws(SSHError)
        -> SSHSession
    {
        let context = "connecting to \(address) port \(port) through \(host.host)"
        var ends: [Int32] = [-1, -1]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
            throw SSHError(.failed, message: String(cString: strerror(errno)), context: context)
        }
        let carrier: Carrier
        do {
            carrier = try carry(ends[1], to: "\(address):\(port)")
        } catch {
            close(ends[0])
            throw SSHError(
                .failed, message: "ssh could not be started: \(error.localizedDescription)", context: context)
        }
        do throws(SSHError) {
            return try await SSHSession.connect(descriptor: ends[0], hostKey: hostKey, timeout: .seconds(seconds))
        } catch {
            // The session is closed; an ssh that still asks for a password or looks for its host would not notice.
            if carrier.process.isRunning { kill(carrier.process.processIdentifier, SIGKILL) }
            let said = carrier.said()
            guard !said.isEmpty else { throw error }
            throw SSHError(error.code, message: "\(error.message) (\(said))", context: context)
        }
    }

    private struct Carrier {
        var process: Process
        /// What it says on standard error.
        var words: Pipe

        /// What it has said until now, its first 400 bytes; programs that it started may still hold the pipe.
        func said() -> String {
            let descriptor = words.fileHandleForReading.fileDescriptor
            _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
            var buffer = [UInt8](repeating: 0, count: 400)
            let count = read(descriptor, &buffer, buffer.count)
            return String(decoding: buffer.prefix(max(count, 0)), as: UTF8.self).trimmingCharacters(
                in: .whitespacesAndNewlines)
        }
    }

    /// Starts ssh with `descriptor`, which it takes over, as its input and output.
    private func carry(_ descriptor: Int32, to target: String) throws -> Carrier {
        let end = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        let process = Process(), words = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/env")
        // Nobody else notices a host that is gone: the session above it has no socket of TCP's.
        process.arguments = host.ssh(["-o", "ServerAliveInterval=15", "-o", "ServerAliveCountMax=3", "-W", target])
        process.standardInput = end
        process.standardOutput = end
        process.standardError = words
        try process.run()
        try end.close()
        return Carrier(process: process, words: words)
    }
}
