import Foundation
import Synchronization

/// A few threads of our own for calls that block, so that none runs on the cooperative pool. SIGPIPE is blocked on them.
final class CallPool: Sendable {
    /// The pool that connections share.
    static let shared = CallPool(threads: 8)

    private struct State {
        var jobs: [@Sendable () -> Void] = []
        var idle = 0
        var threads = 0
    }

    private let state = Mutex(State())
    private let condition = DispatchSemaphore(value: 0)
    private let most: Int

    init(threads: Int) { most = threads }

    /// Runs `body` on a thread of the pool.
    func run<Value: Sendable>(_ body: @escaping @Sendable () -> Result<Value, LibvirtError>) async
        -> Result<Value, LibvirtError>
    {
        await withCheckedContinuation { continuation in
            submit { continuation.resume(returning: body()) }
        }
    }

    /// Runs `job` on a thread of the pool some time.
    func submit(_ job: @escaping @Sendable () -> Void) {
        let needsThread = state.withLock { state in
            state.jobs.append(job)
            guard state.idle < state.jobs.count, state.threads < most else { return false }
            state.threads += 1
            return true
        }
        if needsThread { Thread { [self] in work() }.start() }
        condition.signal()
    }

    private func work() {
        blockPipeSignal()
        while true {
            state.withLock { $0.idle += 1 }
            condition.wait()
            let job = state.withLock { state in
                state.idle -= 1
                return state.jobs.removeFirst()
            }
            job()
        }
    }
}
