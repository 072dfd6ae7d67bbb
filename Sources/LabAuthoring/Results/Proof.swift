public import LabFile

/// What is known of a plan's trials: the matrix of steps by trials.
public struct Proof: Sendable {
    /// A trial with what came of it, run by run.
    public struct Cell: Sendable {
        /// What was tried.
        public var trial: Trial
        /// What came of each run; nil for one that was not played.
        public var results: [TrialResult?]
        /// Whether all results are from an earlier run of the command.
        public var isKept: Bool
        /// The author's reason why it may be accepted.
        public var excuse: Excuse?
        /// Whether the check that had to reject it held before anything was done, so that it proves nothing.
        public var isMoot = false
    }

    /// What a cell means.
    public enum Standing: String, Sendable, Codable {
        /// It came out as it must.
        case right
        /// A wrong way was accepted, or the right one was not.
        case wrong
        /// A wrong way was accepted, and the author says why that is no mistake.
        case excused
        /// Some run could not be judged.
        case unjudged
        /// Some run was not played.
        case unplayed
        /// It cannot tell anything.
        case moot
    }

    /// The lab.
    public let lab: Lab
    /// How often each trial was to be played.
    public let runs: Int
    /// The steps that are proved.
    public let steps: [Step]
    /// All cells, in the order of the plan.
    public private(set) var cells: [Cell]
    /// Excuses that name no derived mutant.
    public let needless: [(step: String, excuse: Excuse)]
    private let isWhole: Bool
    private var places: [String: Int] = [:]

    /// Begins the matrix of a plan, with nothing known.
    public init(_ plan: TrialPlan, runs: Int, values: [String: String]) {
        lab = plan.lab
        steps = plan.steps
        self.runs = runs
        isWhole = plan.isWhole
        let names = Set(plan.steps.map(\.id))
        needless = TrialPlan.needless(in: plan.lab, values: values).filter { names.contains($0.step) }
        cells = plan.trials.map { trial in
            Cell(
                trial: trial, results: Array(repeating: nil, count: runs), isKept: true,
                excuse: TrialPlan.excuse(for: trial, in: plan.lab))
        }
        for (index, cell) in cells.enumerated() { places[Self.place(cell.trial)] = index }
    }

    /// Notes what came of a run (from 1) of a trial.
    public mutating func note(_ result: TrialResult, of trial: Trial, run: Int, isKept: Bool) {
        guard let index = places[Self.place(trial)], cells[index].results.indices.contains(run - 1) else { return }
        cells[index].results[run - 1] = result
        cells[index].isKept = cells[index].isKept && isKept
        if trial.kind == .before { judgeForgeries(of: trial.step, before: result) }
    }

    private static func place(_ trial: Trial) -> String { "\(trial.step)\0\(trial.kind.rawValue)\0\(trial.name)" }

    private mutating func judgeForgeries(of step: String, before: TrialResult) {
        for index in cells.indices where cells[index].trial.step == step {
            guard let target = cells[index].trial.target, before.checks.indices.contains(target) else { continue }
            cells[index].isMoot = before.checks[target].verdict == "pass"
        }
    }

    /// The cells of a step.
    public func cells(of step: String) -> [Cell] { cells.filter { $0.trial.step == step } }

    /// The cells that did not come out as they must, and are not excused.
    public var wrong: [Cell] { cells.filter { $0.standing == .wrong } }
    /// The cells of mutants that were accepted although nobody excused them.
    public var survivors: [Cell] { wrong.filter(\.trial.kind.isMutant) }
    /// The cells whose excuse was not needed.
    public var overexcused: [Cell] { cells.filter { $0.excuse != nil && $0.standing == .right } }
    /// The cells whose runs did not all say the same.
    public var differing: [Cell] { cells.filter(\.differs) }

    /// Checks that let every mutant of their step pass that they were asked about, by step and place; none while some
    /// mutants were not played.
    ///
    /// A check that did not run, or that failed but was not given its time since others had rejected already, is not one.
    public var idle: [(step: String, check: TrialResult.Check)] {
        guard isWhole else { return [] }
        return steps.flatMap { step -> [(step: String, check: TrialResult.Check)] in
            let cells = cells(of: step.id)
            guard cells.allSatisfy({ $0.standing != .unplayed }) else { return [] }
            let results = cells.filter(\.trial.kind.isMutant).flatMap(\.results).compactMap { $0 }
            guard let first = results.first else { return [] }
            return first.checks.indices.compactMap { index in
                let said = results.filter { $0.checks.indices.contains(index) }.map { $0.checks[index] }
                guard let passed = said.first(where: { $0.verdict == "pass" }),
                    !said.contains(where: { $0.verdict == "fail" })
                else { return nil }
                return (step.id, passed)
            }
        }
    }

    /// How the machines executed in the runs that are known: `kvm`, `tcg` or both.
    public var accelerators: [String] {
        Set(cells.flatMap(\.results).compactMap { $0?.accelerator }).sorted()
    }

    /// 0: all came out as it must; 2: something did not, or an excuse names nothing; 3: something could not be judged, which
    /// beats 2, or was not played, which does not.
    public var exitStatus: Int32 {
        if cells.contains(where: { $0.standing == .unjudged }) { return 3 }
        if !wrong.isEmpty || !needless.isEmpty { return 2 }
        return cells.contains { $0.standing == .unplayed } ? 3 : 0
    }
}

extension Proof.Cell {
    /// What it means.
    public var standing: Proof.Standing {
        let played = results.compactMap { $0 }
        let expected: TrialResult.Outcome = trial.kind.expectation == .accepted ? .accepted : .rejected
        let other: TrialResult.Outcome = expected == .accepted ? .rejected : .accepted
        if played.contains(where: { $0.outcome == other }) {
            if isMoot { return .moot }
            return excuse == nil ? .wrong : .excused
        }
        if played.contains(where: { $0.outcome == .unjudged }) { return .unjudged }
        return played.count < results.count ? .unplayed : .right
    }

    /// Whether its runs did not say the same: another outcome, or other checks that rejected it.
    public var differs: Bool {
        let played = results.compactMap { $0 }
        guard let first = played.first else { return false }
        return played.contains { $0.outcome != first.outcome || $0.rejecting != first.rejecting }
    }

    /// The first result that is not as it must be, else the first.
    public var telling: TrialResult? {
        let expected: TrialResult.Outcome = trial.kind.expectation == .accepted ? .accepted : .rejected
        let played = results.compactMap { $0 }
        return played.first { $0.outcome != expected } ?? played.first
    }
}

extension TrialResult {
    /// The places of the checks that said that the step is not done.
    public var rejecting: [Int] {
        checks.indices.filter { checks[$0].verdict == "fail" && checks[$0].isCutShort != true }
    }

    /// What they are called: their kinds, with a number where a step has several of a kind (`command 2`).
    public var rejectedBy: [String] {
        rejecting.map { index in
            let kind = checks[index].kind
            let same = checks.indices.filter { checks[$0].kind == kind }
            return same.count == 1 ? kind : "\(kind) \((same.firstIndex(of: index) ?? 0) + 1)"
        }
    }
}
