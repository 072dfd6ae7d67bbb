import CLibSSH2
import Glibc
import Synchronization

/// What other threads leave for the session's thread, and the eventfd that wakes it.
final class Mailbox: Sendable {
    /// What the thread took out.
    struct Mail {
        var operations: [Operation] = []
        var cancelled: Set<UInt64> = []
        /// Somebody asked for the end.
        var isClosing = false
    }

    private struct State {
        var mail = Mail()
        var nextID: UInt64 = 1
        /// Set when the thread takes nothing any more, to why.
        var refusal: SSHError?
        /// The socket is closed.
        var isOver = false
        var closeWaiters: [CheckedContinuation<Void, Never>] = []
    }

    /// Readable when there is mail.
    let wakeup: Int32
    private let state = Mutex(State())

    init() { wakeup = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK)) }

    deinit { Glibc.close(wakeup) }

    /// A new name for an operation.
    func newID() -> UInt64 {
        state.withLock { state in
            defer { state.nextID += 1 }
            return state.nextID
        }
    }

    /// Leaves an operation for the thread, or fails it when the session is over.
    func post(_ operation: Operation) {
        let refusal = state.withLock { state in
            if state.refusal == nil { state.mail.operations.append(operation) }
            return state.refusal
        }
        if let refusal {
            operation.fail(
                SSHError(
                    refusal.code == .cancelled || refusal.code == .timedOut ? .closed : refusal.code,
                    number: refusal.number, message: refusal.message, context: operation.context))
        } else {
            ring()
        }
    }

    /// Asks for an operation to be given up.
    func cancel(_ id: UInt64) {
        state.withLock { state in if state.refusal == nil { _ = state.mail.cancelled.insert(id) } }
        ring()
    }

    /// Asks the thread to end the session.
    func requestClose() {
        state.withLock { $0.mail.isClosing = true }
        ring()
    }

    /// Asks the thread to end the session, and waits until the socket is closed.
    func close() async {
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                if state.isOver { return true }
                state.mail.isClosing = true
                state.closeWaiters.append(continuation)
                return false
            }
            if isOver { continuation.resume() } else { ring() }
        }
    }

    /// Takes out all mail.
    func take() -> Mail {
        state.withLock { state in
            defer {
                state.mail.operations = []
                state.mail.cancelled = []
            }
            return state.mail
        }
    }

    /// Refuses all further mail; gives back what nobody took.
    func shut(_ reason: SSHError) -> [Operation] {
        state.withLock { state in
            state.refusal = reason
            defer { state.mail = Mail() }
            return state.mail.operations
        }
    }

    /// Tells those who wait for the end that it has come.
    func announceEnd() {
        let waiters = state.withLock { state in
            state.isOver = true
            defer { state.closeWaiters = [] }
            return state.closeWaiters
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Makes the eventfd quiet again.
    func silence() {
        var count: UInt64 = 0
        _ = Glibc.read(wakeup, &count, MemoryLayout<UInt64>.size)
    }

    private func ring() {
        var one: UInt64 = 1
        _ = Glibc.write(wakeup, &one, MemoryLayout<UInt64>.size)
    }
}
