import Synchronization

/// How much of an upload is done, told at each tenth.
final class Percent: Sendable {
    private let last = Mutex(-1)

    /// The percentage when it has come to another tenth, else nil.
    func advance(_ sent: Int, of total: Int) -> Int? {
        let now = total > 0 ? sent * 10 / total : 10
        return last.withLock { last in
            guard now > last else { return nil }
            last = now
            return now * 10
        }
    }
}
