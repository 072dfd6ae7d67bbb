/// Waits between questions that are asked again until their answer is yes: a tenth of what has passed, so that an answer
/// is a tenth late at most, whether it takes long or not.
struct Backoff: Sendable {
    private let began = ContinuousClock.now
    private let deadline: ContinuousClock.Instant

    /// Begins to count now.
    init(seconds: Int) { deadline = began + .seconds(seconds) }

    /// Waits a little, 0.01 to 0.25 s; false when the deadline has passed. Throws when the task is cancelled.
    func wait() async throws -> Bool {
        let now = ContinuousClock.now
        guard now < deadline else { return false }
        try await Task.sleep(for: min(max((now - began) / 10, .milliseconds(10)), .milliseconds(250)))
        return true
    }
}
