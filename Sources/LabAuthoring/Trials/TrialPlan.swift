public import LabFile

/// All trials of a lab, in the order in which they are played.
public struct TrialPlan: Sendable {
    /// Which derived mutants are played.
    public enum Derived: String, Sendable, CaseIterable {
        /// None.
        case none
        /// All.
        case all
    }

    /// What the trials are of.
    public let lab: Lab
    /// The steps that are proved, in the lab's order.
    public let steps: [Step]
    /// The trials, those on fresh machines first, then step by step, those at the end last.
    public let trials: [Trial]
    /// Whether no mutant was left out of it.
    public let isWhole: Bool

    /// Plans the proof of `steps` (all when empty) of a lab whose parameters have these values. `mutants` keeps those
    /// mutants, and those solutions without what only looks, whose name has one of these texts in it; `[]` keeps all.
    public init(
        lab: Lab, steps named: [String] = [], derived: Derived = .all, mutants: [String] = [],
        values: [String: String]
    ) {
        self.lab = lab
        isWhole = derived == .all && mutants.isEmpty
        steps = lab.steps.filter { named.isEmpty || named.contains($0.id) }
        let derivation = Derivation(lab: lab, values: values)
        let isChosen = { (trial: Trial) in mutants.isEmpty || mutants.contains { trial.name.contains($0) } }
        var trials = steps.map { Trial(step: $0.id, kind: .fresh, name: "on fresh machines") }
        for step in steps {
            trials.append(Trial(step: step.id, kind: .before, name: "before its solution"))
            trials.append(
                Trial(step: step.id, kind: .solution, name: "the solution", actions: step.solution))
            let lookless = derivation.lookless(step).map { [$0] } ?? []
            let declared = step.mutants.map {
                Trial(step: step.id, kind: .declared, name: $0.name, actions: $0.solution)
            }
            let made = derived == .all ? derivation.mutants(of: step) : []
            trials += (lookless + declared + made).filter(isChosen)
        }
        trials += steps.map { Trial(step: $0.id, kind: .end, name: "at the end") }
        self.trials = trials
    }

    /// Those of `texts` that stand in the name of none of what they choose from.
    public func unmatched(_ texts: [String]) -> [String] {
        texts.filter { text in
            !trials.contains { ($0.kind.isMutant || $0.kind == .lookless) && $0.name.contains(text) }
        }
    }

    /// The author's reason why a derived mutant may be accepted; nil when there is none.
    public static func excuse(for trial: Trial, in lab: Lab) -> Excuse? {
        trial.kind.isDerived ? lab.step(trial.step)?.excuses.first { $0.mutant == trial.name } : nil
    }

    /// The excuses that name no derived mutant, by step.
    public static func needless(in lab: Lab, values: [String: String]) -> [(step: String, excuse: Excuse)] {
        let derivation = Derivation(lab: lab, values: values)
        return lab.steps.flatMap { step -> [(step: String, excuse: Excuse)] in
            guard !step.excuses.isEmpty else { return [] }
            let names = Set(derivation.mutants(of: step).map(\.name))
            return step.excuses.filter { !names.contains($0.mutant) }.map { (step.id, $0) }
        }
    }
}
