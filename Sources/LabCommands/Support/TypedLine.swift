import Foundation

/// What somebody types at a question.
enum TypedLine {
    /// The next line; nil at the end of the input. Ctrl-C ends the waiting, without a word: nothing was begun.
    static func next() async throws -> String? {
        try await Interrupts.quietly {
            let (lines, continuation) = AsyncStream<String?>.makeStream()
            // A thread of its own, since reading blocks; it ends with the line, or with the process.
            Thread.detachNewThread {
                continuation.yield(readLine())
                continuation.finish()
            }
            for await line in lines { return line }
            throw CancellationError()
        }
    }

    /// Whether the next line says yes.
    static func isYes() async throws -> Bool {
        ["y", "yes", "네", "예"].contains(try await next()?.trimmingCharacters(in: .whitespaces).lowercased())
    }
}
