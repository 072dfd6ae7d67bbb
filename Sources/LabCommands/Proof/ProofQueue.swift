import LabAuthoring
import LabFile

/// What is left to play, shared by the rooms, and the matrix as it fills.
actor ProofQueue {
    /// Trials that are played together, for the `run`th time.
    struct Unit: Sendable {
        var trials: [Trial]
        var run: Int
        var first: Trial { trials[0] }
    }

    private(set) var proof: Proof
    private let lab: Lab
    private let store: ResultStore
    private let keys: [TrialName: [TrialKey]]
    private var units: [Unit] = []
    private var estimate = Estimate()
    private(set) var done = 0
    private(set) var total = 0
    private var solutions: [String: TrialResult] = [:]

    private let end: ContinuousClock.Instant?

    /// Takes what is kept of a plan's trials, unless `fresh`, and queues the rest; nothing is begun after `end`.
    init(
        _ plan: TrialPlan, runs: Int, ground: TrialKey.Ground, store: ResultStore, fresh: Bool,
        values: [String: String], until end: ContinuousClock.Instant? = nil
    ) {
        lab = plan.lab
        self.end = end
        self.store = store
        var proof = Proof(plan, runs: runs, values: values)
        var keys: [TrialName: [TrialKey]] = [:]
        var together: [Unit] = []
        for trial in plan.trials {
            let all = (1...runs).map { TrialKey(trial, of: plan, run: $0, on: ground) }
            keys[TrialName(trial)] = all
            for run in 1...runs {
                if !fresh, let kept = store.find(all[run - 1]), kept.outcome != .unjudged {
                    proof.note(kept, of: trial, run: run, isKept: true)
                    if trial.kind != .fresh, trial.kind != .end { estimate.note(trial, seconds: kept.seconds) }
                    if trial.kind == .solution { solutions[trial.step] = kept }
                    continue
                }
                let isJoint = trial.kind == .fresh || trial.kind == .end
                if isJoint,
                    let index = together.firstIndex(where: { $0.run == run && $0.first.kind == trial.kind })
                {
                    together[index].trials.append(trial)
                } else {
                    together.append(Unit(trials: [trial], run: run))
                }
            }
        }
        units = together
        total = together.count
        self.keys = keys
        self.proof = proof
    }

    /// Which trials are left, in their order.
    var left: [Trial] { units.flatMap(\.trials) }

    /// Whether something is left, and time to play it.
    var hasWork: Bool { !units.isEmpty && end.map { ContinuousClock.now < $0 } ?? true }

    /// Where a room should begin that is started now.
    var beginning: String? {
        guard let unit = units.first, unit.first.kind != .fresh else { return nil }
        return unit.first.kind == .end ? unit.trials.last?.step : unit.first.step
    }

    /// The next thing to play; `isFresh` says whether the room has machines on which nothing was done.
    func next(isFresh: Bool) -> (unit: Unit, request: ProofRequest)? {
        guard hasWork, let index = units.firstIndex(where: { isFresh || $0.first.kind != .fresh }) else { return nil }
        let unit = units.remove(at: index)
        let solution = solutions[unit.first.step]
        return (
            unit,
            ProofRequest(
                trials: unit.trials.map(TrialName.init), longestAction: solution?.longestAction,
                took: solution?.took)
        )
    }

    /// Puts back what was not played after all.
    func putBack(_ unit: Unit) { units.insert(unit, at: 0) }

    /// Takes what came of a unit, keeps it, and gives what is to be said about it.
    func take(_ results: [TrialResult], of unit: Unit, seconds: Double, rooms: Int) throws -> String {
        done += 1
        for (trial, result) in zip(unit.trials, results) {
            if let all = keys[TrialName(trial)] { try store.keep(result, for: all[unit.run - 1]) }
            proof.note(result, of: trial, run: unit.run, isKept: false)
            // The way to the step is not among what is left.
            if results.count == 1 { estimate.note(trial, seconds: result.seconds) }
            guard trial.kind == .solution else { continue }
            if result.outcome == .accepted {
                solutions[trial.step] = result
            } else {
                drop(from: trial.step)
            }
        }
        return line(results, of: unit, seconds: seconds, rooms: rooms)
    }

    /// Whether a step's solution is known to have worked.
    func isSolved(_ step: String) -> Bool { solutions[step]?.outcome == .accepted }

    /// Gives up what needs a step's solution, which does not work.
    func drop(from step: String) {
        let index = lab.steps.firstIndex { $0.id == step } ?? 0
        let later = Set(lab.steps[index...].map(\.id))
        units.removeAll { $0.first.kind == .end || ($0.first.kind != .fresh && later.contains($0.first.step)) }
        total = done + units.count
    }

    /// Lets the oldest results go.
    func prune() { store.prune(keeping: Set(keys.values.joined())) }

    private func line(_ results: [TrialResult], of unit: Unit, seconds: Double, rooms: Int) -> String {
        let expected: TrialResult.Outcome = unit.first.kind.expectation == .accepted ? .accepted : .rejected
        let wrong = results.filter { $0.outcome != expected }
        let isExcused =
            wrong.allSatisfy { $0.outcome != .unjudged } && TrialPlan.excuse(for: unit.first, in: lab) != nil
        let name = unit.trials.count > 1 ? "\(unit.trials.count) steps" : unit.first.step
        var text = "[\(done)/\(total)] \(wrong.isEmpty ? "✔" : isExcused ? "–" : "✘") \(name) · \(unit.first.name)"
        if unit.run > 1 { text += " (run \(unit.run))" }
        if results.count == 1, let result = results.first {
            let by = result.rejectedBy
            text += "  \(result.outcome.rawValue)" + (by.isEmpty ? "" : " by " + by.joined(separator: ", "))
            if !wrong.isEmpty, isExcused { text += ", excused" }
        } else if !wrong.isEmpty {
            text += "  \(wrong.count) not as expected"
        }
        text += "  \(Int(seconds.rounded())) s"
        if let rest = estimate.rest(units.map(\.first), rooms: rooms), !units.isEmpty {
            text += rest < 90 ? "  about \(Int(rest)) s left" : "  about \(Int((rest / 60).rounded(.up))) min left"
        }
        return text
    }
}
