public import LabFile

/// What a run of the checks found, step by step.
public struct CheckReport: Sendable, Equatable {
    /// The lab's number, as typed.
    public var lab: String
    /// The session's id.
    public var session: String
    /// How the machines run.
    public var accelerator: String
    /// The steps that were asked for, in the lab's order.
    public var steps: [StepReport]
    /// Passes of `once` and `disturbs` checks that this run found and that the caller keeps.
    public var newPasses: [KeptPass] = []

    /// Points over these steps.
    public var points: Points {
        Points(
            earned: steps.reduce(0) { $0 + $1.points.earned }, possible: steps.reduce(0) { $0 + $1.points.possible })
    }

    /// 0: all done; 2: something is not; 3: something could not be judged, which beats 2.
    public var exitStatus: Int32 {
        if steps.contains(where: { $0.checks.contains { $0.verdict == .blocked } }) { return 3 }
        return steps.allSatisfy { $0.state == .done } ? 0 : 2
    }

    /// Makes a report from its parts.
    public init(
        lab: String, session: String, accelerator: String, steps: [StepReport], newPasses: [KeptPass] = []
    ) {
        self.lab = lab
        self.session = session
        self.accelerator = accelerator
        self.steps = steps
        self.newPasses = newPasses
    }
}

/// Earned and possible points.
public struct Points: Sendable, Equatable, Encodable {
    /// What was earned.
    public var earned: Int
    /// What could be.
    public var possible: Int

    /// Makes a pair.
    public init(earned: Int, possible: Int) {
        self.earned = earned
        self.possible = possible
    }
}

/// Where a step stands.
public enum StepState: String, Sendable, Encodable {
    /// A step that it needs has not passed.
    case waiting
    /// It can be worked on.
    case open
    /// All its checks pass.
    case done
}

/// One step in a report.
public struct StepReport: Sendable, Equatable {
    /// The step's id.
    public var id: String
    /// Its title.
    public var title: Localized
    /// Where it stands.
    public var state: StepState
    /// What its checks say together; nil when it waits, or when all that is left is a check that has to be asked for.
    public var verdict: Verdict?
    /// Its points: all when it is done, less the hints taken, and none when the harness solved it.
    public var points: Points
    /// Its checks in the order of the file; empty when it waits and was not named.
    public var checks: [CheckOutcome]
    /// How many answers each of its questions was given, by the question's id.
    public var attempts: [String: Int]

    /// Makes a step's report from its parts.
    public init(
        id: String, title: Localized, state: StepState, verdict: Verdict?, points: Points, checks: [CheckOutcome],
        attempts: [String: Int] = [:]
    ) {
        self.attempts = attempts
        self.id = id
        self.title = title
        self.state = state
        self.verdict = verdict
        self.points = points
        self.checks = checks
    }
}

/// One check in a report, with its evidence.
public struct CheckOutcome: Sendable, Equatable {
    /// The kind's name.
    public var kind: String
    /// The machine it is about.
    public var machine: String?
    /// Its verdict; nil when it was not run, because it disturbs the machines and was not asked for.
    public var verdict: Verdict?
    /// What the verdict rests on.
    public var basis: CheckSpec.Basis
    /// What should be so.
    public var expected: Localized
    /// What was seen, or why it could not be judged.
    public var observed: Localized
    /// A nudge; nil when there is none.
    public var hint: Localized?
    /// How long judging took.
    public var milliseconds: Int
    /// Whether the verdict is one that was kept from earlier.
    public var kept: Bool
    /// Whether it failed before its `within` had passed: another statement had failed, and it was not waited for.
    public var isCutShort = false

    /// Makes an outcome from its parts.
    public init(
        kind: String, machine: String?, verdict: Verdict?, basis: CheckSpec.Basis, expected: Localized,
        observed: Localized, hint: Localized? = nil, milliseconds: Int = 0, kept: Bool = false
    ) {
        self.kind = kind
        self.machine = machine
        self.verdict = verdict
        self.basis = basis
        self.expected = expected
        self.observed = observed
        self.hint = hint
        self.milliseconds = milliseconds
        self.kept = kept
    }
}
