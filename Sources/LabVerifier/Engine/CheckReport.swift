public import Foundation
public import LabFile

/// What a run of the checks found, step by step.
public struct CheckReport: Sendable, Equatable {
    /// The lab's number, as typed.
    public var lab: String
    /// The lab's name.
    public var name = ""
    /// SHA-256 of the lab file, in hexadecimal: which one it was that was judged by.
    public var digest = ""
    /// The session's id.
    public var session: String
    /// Who works in it; empty where nobody is known.
    public var student = ""
    /// How the machines run.
    public var accelerator: String
    /// When the run began.
    public var date = Date(timeIntervalSince1970: 0)
    /// The steps that were asked for, in the lab's order.
    public var steps: [StepReport]
    /// Passes of `once` and `disturbs` checks that this run found and that the caller keeps.
    public var newPasses: [KeptPass] = []

    /// Points over these steps.
    public var points: Points {
        Points(
            earned: steps.reduce(0) { $0 + $1.points.earned }, possible: steps.reduce(0) { $0 + $1.points.possible })
    }

    /// Takes what a later run found of the steps that this one could not judge, where their turn had come in it.
    public mutating func judge(_ later: CheckReport) {
        let found = Dictionary(later.steps.map { ($0.id, $0) }) { first, _ in first }
        for (index, step) in steps.enumerated() where step.verdict == .blocked {
            if let again = found[step.id], again.state != .waiting { steps[index] = again }
        }
    }

    /// The points of steps that could not be judged, or whose turn has not come for such a one.
    public var unjudged: Int { steps.filter { $0.verdict == .blocked }.reduce(0) { $0 + $1.points.possible } }

    /// 0: all done; 2: something is not; 3: something could not be judged, which beats 2.
    public var exitStatus: Int32 {
        if steps.contains(where: \.isUnjudged) { return 3 }
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
    /// What its checks say together; nil when it waits, or when all that is left is a check that has to be asked for. It
    /// is `blocked`, too, when all that it waits for is what could not be judged.
    public var verdict: Verdict?
    /// Its points: all when it is done, less the hints taken, and none when the harness solved it.
    public var points: Points
    /// Its checks in the order of the file; empty when it waits and was not named.
    public var checks: [CheckOutcome]
    /// How many answers each of its questions was given, by the question's id.
    public var attempts: [String: Int]
    /// The points that its hints cost so far.
    public var hintCost: Int
    /// Whether the harness solved it, which earns nothing.
    public var isSolved: Bool

    /// Whether something of it could not be judged, or all that it waits for.
    public var isUnjudged: Bool { verdict == .blocked || checks.contains { $0.verdict == .blocked } }

    /// Makes a step's report from its parts.
    public init(
        id: String, title: Localized, state: StepState, verdict: Verdict?, points: Points, checks: [CheckOutcome],
        attempts: [String: Int] = [:], hintCost: Int = 0, isSolved: Bool = false
    ) {
        self.attempts = attempts
        self.hintCost = hintCost
        self.isSolved = isSolved
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
