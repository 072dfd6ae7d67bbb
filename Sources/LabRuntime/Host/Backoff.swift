/// Waits that grow from 10 ms to 250 ms until a deadline: for what can only be polled.
struct Backoff: Sendable {
    private let deadline: ContinuousClock.Instant
    private var pause = Duration.milliseconds(10)

    /// Begins to count now.
    init(seconds: Int) { deadline = .now + .seconds(seconds) }

    /// Waits a little; false when the deadline has passed. Throws when the task is cancelled.
    mutating func wait() async throws -> Bool {
        guard ContinuousClock.now < deadline else { return false }
        try await Task.sleep(for: pause)
        pause = min(pause * 1.5, .milliseconds(250))
        return true
    }
}
