import Synchronization
import Testing

@testable import LabVerifier

@Suite("The time limit of a look")
struct TimeLimitTests {
    private final class Planted: Sendable {
        private let state = Mutex(false)
        var isThere: Bool {
            get { state.withLock { $0 } }
            set { state.withLock { $0 = newValue } }
        }
    }

    @Test("What is cancelled may still take away what it planted")
    func grace() async {
        let planted = Planted()
        let look = Task {
            try await limited(to: .seconds(60), grace: .seconds(60)) {
                planted.isThere = true
                try? await Task.sleep(for: .seconds(60))
                // In a task of its own, as checks do it.
                await Task { planted.isThere = false }.value
            }
        }
        while !planted.isThere { await Task.yield() }
        look.cancel()
        await #expect(throws: CancellationError.self) { try await look.value }
        #expect(!planted.isThere)
    }

    @Test("What does not notice that it was cancelled is left behind")
    func leaving() async {
        let (ends, end) = AsyncStream<Void>.makeStream()
        let look = Task {
            try await limited(to: .seconds(60), grace: .milliseconds(10)) {
                await Task { for await _ in ends {} }.value
            }
        }
        look.cancel()
        await #expect(throws: CancellationError.self) { try await look.value }
        end.finish()
    }
}
