public import LabFile

/// One thing that is tried on live machines to prove a step: its solution, the state without it, or a mutant.
public struct Trial: Sendable, Equatable {
    /// What is tried.
    public enum Kind: String, Sendable, Codable, CaseIterable {
        /// The step is judged on machines on which nothing was done.
        case fresh
        /// The step is judged when its turn has come, before anything was done for it.
        case before
        /// The scripted solution.
        case solution
        /// The solution without the actions that only look.
        case lookless
        /// A mutant that the lab file declares.
        case declared
        /// The solution with one action left out.
        case leftOut = "left-out"
        /// The solution with one value changed.
        case changed
        /// The solution's commands only echoed, not run.
        case echoed
        /// The files that are asked for, empty, in place of what the solution's commands do.
        case touched
        /// Lines that anyone can log, in place of what the log should prove.
        case forged
        /// The step is judged again when all steps that were chosen are solved.
        case end
    }

    /// Whether the step is to be found done.
    public enum Expectation: String, Sendable, Codable {
        /// Some check must say that it is not.
        case rejected
        /// It must be done.
        case accepted
    }

    /// The step's id.
    public var step: String
    /// What is tried.
    public var kind: Kind
    /// The name, unique within the step; of a derived mutant, made of what it does.
    public var name: String
    /// What is played.
    public var actions: [Action]
    /// The one check, by its place in the step, that must itself reject it; nil when any may.
    public var target: Int?

    /// Makes a trial.
    public init(step: String, kind: Kind, name: String, actions: [Action] = [], target: Int? = nil) {
        self.step = step
        self.kind = kind
        self.name = name
        self.actions = actions
        self.target = target
    }

    /// What must come of it.
    public var expectation: Expectation { kind.expectation }
}

extension Trial.Kind {
    /// What must come of it.
    public var expectation: Trial.Expectation {
        switch self {
        case .solution, .lookless, .end: .accepted
        case .fresh, .before, .declared, .leftOut, .changed, .echoed, .touched, .forged: .rejected
        }
    }

    /// Whether it was made from the solution, without the author.
    public var isDerived: Bool {
        switch self {
        case .leftOut, .changed, .echoed, .touched, .forged: true
        case .fresh, .before, .solution, .lookless, .declared, .end: false
        }
    }

    /// Whether it is a wrong way of doing the step.
    public var isMutant: Bool { isDerived || self == .declared }
}
