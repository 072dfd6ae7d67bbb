/// Work did not end in the time it was given.
struct TimeLimitReached: Error {}

/// Runs `work` for at most `limit`, then cancels it and throws ``TimeLimitReached`` without waiting for it to notice:
/// what hangs is left behind, not waited for. When the caller is cancelled, `work` has the `grace` to take away what it
/// planted: the end of the process may follow at once.
func limited<Value: Sendable>(
    to limit: Duration, grace: Duration = .zero, _ work: @escaping @Sendable () async throws -> Value
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
    worker.cancel()
    await waited(for: worker, atMost: grace)
    throw CancellationError()
}

/// Waits for a task's end although the caller is cancelled.
private func waited(for task: Task<Void, Never>, atMost limit: Duration) async {
    let (ends, end) = AsyncStream<Void>.makeStream()
    await Task {
        let watchdog = Task {
            try? await Task.sleep(for: limit)
            end.finish()
        }
        Task {
            await task.value
            end.finish()
        }
        for await _ in ends {}
        watchdog.cancel()
    }.value
}
