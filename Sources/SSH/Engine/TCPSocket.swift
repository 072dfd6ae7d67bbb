import CLibSSH2
import Foundation
import Glibc

/// Connecting over TCP, on a thread of its own since looking up a name blocks.
enum TCPSocket {
    /// What a connected socket is set to, by level and name (tcp(7)): a far end that is silent for a minute is gone.
    ///
    /// A machine that was put back or stopped says nothing of a connection that it no longer knows: keepalive tells of
    /// it when nothing is sent, the user time-out (in milliseconds) when something is. One that is slow, or stands
    /// still while a checkpoint is taken, answers before.
    private static let options: [(level: Int32, name: Int32, value: Int32)] = [
        (Int32(IPPROTO_TCP), TCP_NODELAY, 1),
        (SOL_SOCKET, SO_KEEPALIVE, 1),
        (Int32(IPPROTO_TCP), TCP_KEEPIDLE, 30),
        (Int32(IPPROTO_TCP), TCP_KEEPINTVL, 10),
        (Int32(IPPROTO_TCP), TCP_KEEPCNT, 3),
        (Int32(IPPROTO_TCP), TCP_USER_TIMEOUT, 60_000),
    ]

    /// A connected socket, which the caller owns.
    static func connect(host: String, port: Int, timeout: Duration) async throws(SSHError) -> Int32 {
        let deadline = ContinuousClock.now + timeout
        let bell = Bell()
        let result: Result<Int32, SSHError> = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let thread = Thread {
                    do throws(SSHError) {
                        continuation.resume(returning: .success(try open(host, port, deadline, bell)))
                    } catch {
                        continuation.resume(returning: .failure(error))
                    }
                }
                thread.name = "ssh-connect"
                thread.start()
            }
        } onCancel: {
            bell.ring()
        }
        return try result.get()
    }

    /// What ends the wait of a thread: an eventfd(2).
    private final class Bell: Sendable {
        let descriptor = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))

        deinit { close(descriptor) }

        func ring() { eventfd_write(descriptor, 1) }
    }

    private static func open(
        _ host: String, _ port: Int, _ deadline: ContinuousClock.Instant, _ bell: Bell
    ) throws(SSHError) -> Int32 {
        let context = "connecting to \(host) port \(port)"
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_NUMERICSERV
        var list: UnsafeMutablePointer<addrinfo>?
        let status = getaddrinfo(host, String(port), &hints, &list)
        guard status == 0 else {
            throw SSHError(.unknownHost, message: String(cString: gai_strerror(status)), context: context)
        }
        defer { freeaddrinfo(list) }
        var last = SSHError(.unknownHost, message: "the name has no address", context: context)
        let addresses = Array(sequence(first: list) { $0?.pointee.ai_next }.prefix { $0 != nil })
        for (index, address) in addresses.enumerated() {
            guard let address = address?.pointee else { continue }
            // Each has its share of what is left: an address that nobody answers at must not use up that of the next.
            let share = max(.zero, deadline - .now) / (addresses.count - index)
            do throws(SSHError) {
                return try open(address, .now + share, context, bell)
            } catch {
                last = error
                if error.code == .cancelled { break }
            }
        }
        throw last
    }

    private static func open(
        _ address: addrinfo, _ deadline: ContinuousClock.Instant, _ context: String, _ bell: Bell
    ) throws(SSHError) -> Int32 {
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = socket(address.ai_family, kind, address.ai_protocol)
        guard descriptor >= 0 else { throw failure(errno, context) }
        do throws(SSHError) {
            if Glibc.connect(descriptor, address.ai_addr, address.ai_addrlen) != 0 {
                guard errno == EINPROGRESS else { throw failure(errno, context) }
                try finish(descriptor, deadline, context, bell)
            }
        } catch {
            close(descriptor)
            throw error
        }
        for option in options {
            var value = option.value
            setsockopt(descriptor, option.level, option.name, &value, socklen_t(MemoryLayout<Int32>.size))
        }
        return descriptor
    }

    private static func finish(
        _ descriptor: Int32, _ deadline: ContinuousClock.Instant, _ context: String, _ bell: Bell
    ) throws(SSHError) {
        var entries = [
            pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0),
            pollfd(fd: bell.descriptor, events: Int16(POLLIN), revents: 0),
        ]
        while true {
            let left = max(.zero, deadline - .now)
            let milliseconds = left.components.seconds * 1000 + left.components.attoseconds / 1_000_000_000_000_000 + 1
            let count = poll(&entries, 2, Int32(clamping: milliseconds))
            if count > 0, entries[1].revents != 0 {
                throw SSHError(.cancelled, message: "cancelled", context: context)
            }
            if count > 0 { break }
            if count < 0, errno != EINTR { throw failure(errno, context) }
            if deadline <= .now { throw failure(ETIMEDOUT, context) }
        }
        var problem: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &problem, &size)
        if problem != 0 { throw failure(problem, context) }
    }

    private static func failure(_ number: Int32, _ context: String) -> SSHError {
        let code: SSHError.Code =
            switch number {
            case ECONNREFUSED: .connectionRefused
            case ETIMEDOUT: .timedOut
            default: .unreachable
            }
        return SSHError(code, systemError: number, message: String(cString: strerror(number)), context: context)
    }
}
