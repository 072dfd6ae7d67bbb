import Foundation

/// The way into a session from any thread. The session ends when the last reference to its engine goes.
final class Engine: Sendable {
    private let mailbox = Mailbox()

    /// Starts the session's thread, which owns the socket from here on and closes it at the end.
    init(descriptor: Int32) {
        let mailbox = mailbox
        let thread = Thread { SessionLoop.run(descriptor: descriptor, mailbox: mailbox) }
        thread.name = "ssh-session"
        thread.start()
    }

    deinit { mailbox.requestClose() }

    /// Ends the session and waits until its socket is closed.
    func close() async { await mailbox.close() }

    /// Runs `step` on the session's thread, again and again until it gives a value or throws, or the deadline passes,
    /// or the task is cancelled. A value that comes when the operation was given up goes to `late`.
    func perform<Value: Sendable>(
        _ lane: Operation.Lane, _ context: String, deadline: ContinuousClock.Instant?, isVital: Bool = false,
        late: @escaping @Sendable (SessionCore, Value) -> Void = { _, _ in },
        step: @escaping @Sendable (SessionCore) throws(SSHError) -> Value?
    ) async throws(SSHError) -> Value {
        let id = mailbox.newID()
        let result: Result<Value, SSHError> = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                mailbox.post(
                    Operation(
                        id: id, lane: lane, deadline: deadline, context: context, isVital: isVital,
                        attempt: { core in
                            do throws(SSHError) {
                                guard let value = try step(core) else { return false }
                                continuation.resume(returning: .success(value))
                            } catch {
                                continuation.resume(returning: .failure(core.abortReason ?? error))
                            }
                            return true
                        },
                        attemptLate: { core in
                            do throws(SSHError) {
                                guard let value = try step(core) else { return false }
                                late(core, value)
                            } catch {
                                core.missed(error)
                            }
                            return true
                        },
                        fail: { continuation.resume(returning: .failure($0)) }))
                // A cancellation from before the operation was posted found nothing to cancel.
                if Task.isCancelled { mailbox.cancel(id) }
            }
        } onCancel: {
            mailbox.cancel(id)
        }
        return try result.get()
    }

    /// Lets go of a channel that nobody refers to any more.
    func release(_ channel: Int) {
        mailbox.post(.release(channel, id: mailbox.newID()))
    }
}
