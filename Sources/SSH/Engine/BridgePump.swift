import CLibSSH2
import Glibc

/// Carries a channel's bytes over one end of a socketpair. It belongs to the session's thread.
final class BridgePump {
    private static let chunk = 32 << 10

    let descriptor: Int32
    private let channel: Int
    /// Keeps the session of the channel open as long as the bridge stands.
    private let engine: Engine
    private var outward: ArraySlice<UInt8> = []
    private var inward: ArraySlice<UInt8> = []
    private var localEnded = false
    private var endSent = false
    /// The server takes nothing more.
    private var isRefused = false
    private var remoteEnded = false
    /// Until when the server may take to confirm the end; nil while the bridge is in use.
    private(set) var closingDeadline: ContinuousClock.Instant?
    private(set) var isDone = false
    /// The other end of the socketpair is closed altogether.
    var localIsGone = false

    init(descriptor: Int32, channel: Int, engine: Engine) {
        self.descriptor = descriptor
        self.channel = channel
        self.engine = engine
    }

    /// What to poll the socketpair for.
    var events: Int16 {
        var events: Int16 = 0
        if outward.isEmpty, !localEnded { events |= Int16(POLLIN) }
        if !inward.isEmpty { events |= Int16(POLLOUT) }
        return events
    }

    private var isClosing: Bool { closingDeadline != nil }

    /// Something that the server sends could move this on.
    var awaitsServer: Bool { isClosing || !outward.isEmpty || (inward.isEmpty && !remoteEnded) }

    /// Moves what can be moved; true when something did.
    func step(_ core: SessionCore) -> Bool {
        guard !isDone else { return false }
        do {
            var moved = false
            if !isClosing {
                let out = try carryOut(core)
                let `in` = try carryIn(core)
                moved = out || `in`
            }
            if localIsGone, localEnded, outward.isEmpty { startClosing() }
            if localEnded, endSent, remoteEnded, inward.isEmpty { startClosing() }
            guard let deadline = closingDeadline else { return moved }
            if core.free(channel) == nil {
                guard deadline <= .now else { return moved }
                core.abandon(channel)
            }
            close()
            return true
        } catch {
            core.abandon(channel)
            close()
            return true
        }
    }

    /// Closes this end of the socketpair.
    func close() {
        guard !isDone else { return }
        isDone = true
        Glibc.close(descriptor)
    }

    private func startClosing() {
        if closingDeadline == nil { closingDeadline = .now + .seconds(5) }
    }

    private func carryOut(_ core: SessionCore) throws(SSHError) -> Bool {
        var moved = false
        if outward.isEmpty, !localEnded {
            var buffer = [UInt8](repeating: 0, count: Self.chunk)
            let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
            if count > 0 {
                outward = buffer[..<count]
                moved = true
            } else if count == 0 || (errno != EAGAIN && errno != EINTR) {
                localEnded = true
                moved = true
            }
        }
        if !outward.isEmpty, !isRefused {
            do throws(SSHError) {
                if let count = try core.write(channel, outward, "carrying a channel") {
                    outward = outward.dropFirst(count)
                    moved = true
                }
            } catch {
                // What it said before is still carried.
                guard error.code == .channelClosed else { throw error }
                (isRefused, endSent, moved) = (true, true, true)
            }
        }
        if isRefused { outward = [] }
        if localEnded, outward.isEmpty, !endSent {
            let channel = try core.channel(channel, "carrying a channel")
            if try core.result(libssh2_channel_send_eof(channel), "carrying a channel") != nil {
                endSent = true
                moved = true
            }
        }
        return moved
    }

    private func carryIn(_ core: SessionCore) throws(SSHError) -> Bool {
        var moved = false
        if inward.isEmpty, !remoteEnded, let bytes = try core.read(channel, 0, Self.chunk, "carrying a channel") {
            moved = true
            inward = bytes[...]
            if bytes.isEmpty {
                remoteEnded = true
                shutdown(descriptor, Int32(SHUT_WR))
            }
        }
        if !inward.isEmpty {
            let count = inward.withUnsafeBytes { bytes in
                send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_DONTWAIT | MSG_NOSIGNAL))
            }
            if count > 0 {
                inward = inward.dropFirst(count)
                moved = true
            } else if errno != EAGAIN, errno != EINTR {
                // Nobody is left to read it.
                inward = []
                remoteEnded = true
                localIsGone = true
                moved = true
            }
        }
        return moved
    }
}
