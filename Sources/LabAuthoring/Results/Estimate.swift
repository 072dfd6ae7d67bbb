/// How long the rest of a proof will take, by what was played so far.
public struct Estimate: Sendable {
    private var seconds: [String: (sum: Double, count: Int)] = [:]
    private var all: (sum: Double, count: Int) = (0, 0)

    /// Begins with nothing known.
    public init() {}

    /// Takes how long a trial of a step took.
    public mutating func note(_ trial: Trial, seconds taken: Double) {
        let before = seconds[trial.step] ?? (0, 0)
        seconds[trial.step] = (before.sum + taken, before.count + 1)
        all = (all.sum + taken, all.count + 1)
    }

    /// The seconds that the trials `left` will take in `rooms` rooms: as those of the same step took, else as all did;
    /// nil when nothing is known.
    public func rest(_ left: [Trial], rooms: Int) -> Double? {
        guard all.count > 0 else { return nil }
        let sum = left.reduce(0) { sum, trial in
            let known = seconds[trial.step] ?? all
            return sum + known.sum / Double(known.count)
        }
        return sum / Double(max(1, rooms))
    }
}
