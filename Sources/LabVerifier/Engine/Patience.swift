import LabFile

/// How long a run waits for statements that do not hold yet.
public enum Patience: Sendable, Equatable {
    /// As long as their `within` says.
    case asSaid
    /// That, and at most so many seconds.
    case atMost(Double)
    /// As many times longer as the machines are slower than on an ordinary host: for what a right solution brings about.
    case asSlow
    /// For what is to be rejected, by the seconds that each statement of the step took when it was done rightly: twice as
    /// long, and as far as its `within` goes 10 s more, since less may have gone on beside it.
    case measured([Double])

    /// For somebody who waits for the answer.
    public static let awaited = Patience.atMost(2)

    /// How many times longer than on an ordinary host is waited, at most.
    static let most = 8.0

    /// How long a statement is waited for, in seconds, by its place in its step.
    func seconds(for statement: CheckStatement, at index: Int, slowness: Double) -> Double {
        let within = Double(statement.within ?? 0)
        let slow = within * min(slowness, Self.most)
        switch self {
        case .asSaid: return within
        case .atMost(let most): return min(within, most)
        case .asSlow: return slow
        case .measured(let took):
            // What took nothing was not seen to hold.
            guard took.indices.contains(index), took[index] > 0 else { return within }
            return min(slow, max(2 * took[index], min(within, 10 + 2 * took[index])))
        }
    }
}
