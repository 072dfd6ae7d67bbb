/// Work did not end in the time it was given.
struct TimeLimitReached: Error {}

/// Runs `work` for at most `limit`, then cancels it and throws ``TimeLimitReached`` without waiting for it to notice:
/// what hangs is left behind, not waited for.
func limited<Value: Sendable>(
    to limit: Duration, _ work: @escaping @Sendable () async throws -> Value
) async throws -> Value {
    let (results, continuation) = AsyncStream<Result<Value, any Error>>.makeStream()
    let worker = Task {
        do {
            continuation.yield(.success(try await work()))
        } catch {
            continuation.yield(.failure(error))
        }
    }
    let watchdog = Task {
        try? await Task.sleep(for: limit)
        if !Task.isCancelled { continuation.yield(.failure(TimeLimitReached())) }
    }
    defer {
        worker.cancel()
        watchdog.cancel()
        continuation.finish()
    }
    for await result in results { return try result.get() }
    throw CancellationError()
}
