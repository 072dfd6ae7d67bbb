import Foundation
import Synchronization

/// Ends the process when one piece of work takes too long: what hangs cannot be asked to stop.
final class Watchdog: Sendable {
    private let began = Mutex<(work: String, at: ContinuousClock.Instant)?>(nil)
    private let isOver = Mutex(false)

    /// Watches from now on, until it is stopped.
    init(limit: Duration) {
        Thread.detachNewThread { [self] in
            while !isOver.withLock({ $0 }) {
                Thread.sleep(forTimeInterval: 0.2)
                guard let current = began.withLock({ $0 }), .now - current.at > limit else { continue }
                FileHandle.standardError.write(Data("\(current.work) took longer than \(limit)\n".utf8))
                abort()
            }
        }
    }

    /// Does a piece of work; `name` is what is said of it when it hangs.
    func watch<T>(_ name: String, _ work: () throws -> T) rethrows -> T {
        began.withLock { $0 = (name, .now) }
        defer { began.withLock { $0 = nil } }
        return try work()
    }

    /// Ends the watching.
    func stop() { isOver.withLock { $0 = true } }
}
