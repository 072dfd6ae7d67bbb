import CLibSSH2
import Glibc

/// The session's thread: takes turns between the operations, sends, and waits for the socket.
final class SessionLoop {
    private let mailbox: Mailbox
    private let core: SessionCore
    private var pending: [Operation] = []
    /// The operations of ``pending`` that libssh2 has been called for.
    private var begun: Set<UInt64> = []
    /// Set when the session cannot go on, to why.
    private var poison: SSHError?
    /// The socket has hung up; polling it again would only return at once.
    private var hungUp = false

    /// Owns the descriptor, and closes it before it returns.
    static func run(descriptor: Int32, mailbox: Mailbox) {
        var end = SSHError(.closed, message: "the session is closed", context: "using a session")
        let isWelcome = Library.enter(mailbox)
        if isWelcome, let core = SessionCore(descriptor: descriptor) {
            let loop = SessionLoop(mailbox: mailbox, core: core)
            loop.turn()
            end = loop.poison ?? end
            for operation in mailbox.shut(end) + loop.pending { operation.fail(end.with(operation.context)) }
            loop.finish()
        } else {
            end = SSHError(.failed, message: "libssh2 could not be started", context: "using a session")
            for operation in mailbox.shut(end) { operation.fail(end.with(operation.context)) }
        }
        if isWelcome { Library.leave(mailbox) }
        close(descriptor)
        mailbox.announceEnd()
    }

    private init(mailbox: Mailbox, core: SessionCore) {
        self.mailbox = mailbox
        self.core = core
    }

    private func turn() {
        // What one call reads off the socket may be what another, tried before it, waits for: only after two turns
        // in which nothing happened is there nothing to do but wait.
        var quietTurns = 0
        while true {
            let mail = mailbox.take()
            // First of all, so that whoever waits for these is told of the end too.
            pending += mail.operations
            if mail.isClosing { return }
            if !mail.operations.isEmpty { quietTurns = 0 }
            core.transport.budget = Transport.turn
            let received = core.transport.received
            giveUp(mail.cancelled)
            if poison != nil { return }
            let moved = attempt()
            let pumped = core.pump()
            core.transport.flush()
            for channel in core.takeUnwanted() { pending.append(.release(channel, id: mailbox.newID())) }
            poison = poison ?? core.confusion
            if poison != nil { return }
            quietTurns = moved || pumped || core.transport.received != received ? 0 : quietTurns + 1
            if quietTurns >= 2 {
                wait()
                quietTurns = 0
            }
        }
    }

    /// Tries the first operation of each lane; true when one is over.
    private func attempt() -> Bool {
        var busy: Set<Operation.Lane> = []
        let before = pending.count
        pending.removeAll { operation in
            guard busy.insert(operation.lane).inserted else { return false }
            begun.insert(operation.id)
            guard operation.attempt(core) else { return false }
            begun.remove(operation.id)
            return true
        }
        return pending.count != before
    }

    private func giveUp(_ cancelled: Set<UInt64>) {
        let now = ContinuousClock.now
        pending = pending.compactMap { operation in
            let reason: SSHError
            if cancelled.contains(operation.id), !operation.isOrphan {
                reason = SSHError(.cancelled, message: "cancelled", context: operation.context)
            } else if let deadline = operation.deadline, deadline <= now {
                reason = SSHError(.timedOut, message: "no answer in time", context: operation.context)
            } else {
                return operation
            }
            return giveUp(operation, reason)
        }
    }

    /// Gives up an operation; what is left of it, if anything.
    private func giveUp(_ operation: Operation, _ reason: SSHError) -> Operation? {
        if case .write(let channel) = operation.lane, core.halfWritten.contains(channel) { poison = reason }
        guard operation.lane.hasState, begun.contains(operation.id) else {
            operation.fail(reason)
            begun.remove(operation.id)
            return nil
        }
        if operation.isVital {
            poison = reason
            operation.fail(reason)
            return nil
        }
        // An answer that is on its way would be in the way of the next call, so it gets a moment to arrive.
        if operation.lane == .session, !operation.isOrphan {
            operation.fail(reason)
            return operation.orphan
        }
        begun.remove(operation.id)
        if operation.lane == .session { core.missAnswer() }
        // libssh2 has no way to give up a call: an error from the socket makes it drop what it keeps of it.
        core.transport.aborting = true
        core.abortReason = reason
        defer {
            core.transport.aborting = false
            core.abortReason = nil
        }
        for _ in 0..<3 where operation.attempt(core) { return nil }
        poison = reason
        operation.fail(reason)
        return nil
    }

    private func wait() {
        let bridges = core.bridges
        var polled = [pollfd(fd: mailbox.wakeup, events: Int16(POLLIN), revents: 0)]
        var interest: Int16 = 0
        if !pending.isEmpty || bridges.contains(where: \.awaitsServer) { interest |= Int16(POLLIN) }
        if core.transport.wantsToSend { interest |= Int16(POLLOUT) }
        // Once the far end is gone reading tells so at once; the operations have been told in the turns before.
        polled.append(pollfd(fd: hungUp ? -1 : core.transport.descriptor, events: interest, revents: 0))
        for bridge in bridges {
            polled.append(pollfd(fd: bridge.localIsGone ? -1 : bridge.descriptor, events: bridge.events, revents: 0))
        }
        guard poll(&polled, nfds_t(polled.count), patience(bridges)) > 0 else { return }
        if polled[0].revents != 0 { mailbox.silence() }
        if polled[1].revents & Int16(POLLHUP | POLLERR | POLLNVAL) != 0 { hungUp = true }
        for (bridge, entry) in zip(bridges, polled.dropFirst(2))
        where entry.revents & Int16(POLLHUP | POLLERR | POLLNVAL) != 0 {
            bridge.localIsGone = true
        }
    }

    /// Milliseconds until the nearest deadline; -1 when there is none.
    private func patience(_ bridges: [BridgePump]) -> Int32 {
        let deadlines = pending.compactMap(\.deadline) + bridges.compactMap(\.closingDeadline)
        guard let nearest = deadlines.min() else { return -1 }
        let left = nearest - .now
        let milliseconds = left.components.seconds * 1000 + left.components.attoseconds / 1_000_000_000_000_000 + 1
        return Int32(clamping: max(0, milliseconds))
    }

    /// Says goodbye if the far end listens, and frees everything.
    private func finish() {
        if poison == nil, !core.transport.ended, !hungUp {
            libssh2_session_disconnect_ex(core.session, SSH_DISCONNECT_BY_APPLICATION, "", "")
            let deadline = ContinuousClock.now + .seconds(1)
            core.transport.flush()
            while core.transport.wantsToSend, ContinuousClock.now < deadline {
                var entry = pollfd(fd: core.transport.descriptor, events: Int16(POLLOUT), revents: 0)
                poll(&entry, 1, 100)
                core.transport.flush()
            }
        }
        core.tearDown()
    }
}

extension SSHError {
    /// The same error, met while doing something else.
    func with(_ context: String) -> SSHError {
        SSHError(code, number: number, systemError: systemError, message: message, context: context)
    }
}
