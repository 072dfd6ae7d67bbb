/// What `body` gives if it ends within so many seconds, else nil; what blocks for ever goes on by itself.
func within<Value: Sendable>(seconds: Int, _ body: @escaping @Sendable () async throws -> Value) async throws -> Value?
{
    let (ends, end) = AsyncStream<Result<Value, any Error>?>.makeStream()
    Task {
        do {
            end.yield(.success(try await body()))
        } catch {
            end.yield(.failure(error))
        }
    }
    let limit = Task {
        try await Task.sleep(for: .seconds(seconds))
        end.yield(nil)
    }
    defer { limit.cancel() }
    for await first in ends { return try first?.get() }
    throw CancellationError()
}
