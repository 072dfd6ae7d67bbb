import Foundation
import LabAuthoring
import LabFile
import LabRuntime
import LabStore
import LabVerifier

/// Plays trials in a session, in the order of the lab's steps, for a process that is inside its room.
///
/// At a step it keeps two moments: before anything was done for it, from which each trial begins, and after its solution,
/// from which it goes on.
struct ProofPlayer {
    /// A step's own solution does not bring it about.
    struct Stuck: Error {
        var step: String
        var reason: String
    }

    let context: Context
    let session: LiveSession
    let say: (ProofReply) -> Void
    private var place: Place?
    private var keptAt = ContinuousClock.now

    private struct Place {
        enum Moment { case before, solved, other }
        var step: Step
        /// Where the machines stand.
        var moment = Moment.before
        /// How far the session was when the step's solution had worked; nil before that.
        var solved: SessionProgress?
    }

    init(context: Context, session: LiveSession, say: @escaping (ProofReply) -> Void) {
        self.context = context
        self.session = session
        self.say = say
    }

    private var lab: Lab { session.lab }
    private var store: LabStore { context.store }
    private var id: String { session.record.id }

    /// Each judgement has a verifier of its own: logins at the door belong to the moment.
    private func verifier() throws -> SessionVerifier {
        SessionVerifier(
            session: session, store: store, secret: ProofRoom.secret, outside: try Doors.outside(of: session))
    }

    /// Plays what is asked for.
    mutating func play(_ trials: [Trial], _ request: ProofRequest) async throws -> [TrialResult] {
        guard let first = trials.first else { return [] }
        switch first.kind {
        case .fresh: return try await judgeFresh(trials)
        case .end: return try await judgeEnd(trials)
        default:
            let step = try lab.step(named: first.step)
            try await enter(step)
            say(.doing("\(step.id): \(first.name)"))
            var result = try await play(first, of: step, request)
            if result.outcome == .unjudged {
                result = try await play(first, of: step, request)
                result.note = ["judged at the second try", result.note].compactMap { $0 }.joined(separator: "; ")
            }
            return [result]
        }
    }

    private mutating func judgeFresh(_ trials: [Trial]) async throws -> [TrialResult] {
        say(.doing("on fresh machines"))
        let (clean, moment) = (Checkpoint.forMutants(of: session), Date())
        try await clean.take()
        let report = try await verifier().check(trials.map(\.step), disturbing: true, patience: .atMost(0))
        // What looks leave in a machine's logs is not to stand for what a student does.
        try await clean.restore()
        try store.rewind(id, to: moment)
        try await clean.remove()
        return trials.map { trial in
            let found = report.steps.first { $0.id == trial.step }
            // A step that waits is not said to be done, whatever its checks say.
            let isDone = found?.checks.allSatisfy { $0.verdict == .pass } ?? false
            return result(found, isDone: isDone)
        }
    }

    private mutating func judgeEnd(_ trials: [Trial]) async throws -> [TrialResult] {
        try await leave()
        let steps = Set(trials.map(\.step))
        if let last = lab.steps.last(where: { steps.contains($0.id) }) { try await solve(through: last) }
        say(.doing("at the end"))
        let report = try await verifier().check(trials.map(\.step), patience: .asSlow)
        return trials.map { trial in
            let found = report.steps.first { $0.id == trial.step }
            return result(found, isDone: found?.state == .done)
        }
    }

    private func result(_ found: StepReport?, isDone: Bool) -> TrialResult {
        let checks = (found?.checks ?? []).map(TrialResult.Check.init)
        let slowest = checks.map(\.milliseconds).max() ?? 0
        var result = TrialResult(isDone: isDone, checks: checks, target: nil, seconds: Double(slowest) / 1000)
        result.accelerator = session.record.accelerator
        return result
    }

    private mutating func play(_ trial: Trial, of step: Step, _ request: ProofRequest) async throws -> TrialResult {
        let began = ContinuousClock.now
        try await goBack()
        let isRight = trial.kind.expectation == .accepted
        let before = trial.kind == .before
        if !before { place?.moment = .other }
        let verifier = try verifier()
        // What is done wrongly gets a multiple of the time that doing it rightly took, perhaps when less went on beside it.
        let limit = isRight ? nil : request.longestAction.map { Int(20 + 3 * $0) }
        let patience: Patience = isRight ? .asSlow : before ? .atMost(0) : .measured(request.took ?? [])
        let way = ProofWay(verifier: verifier, step: step, limit: limit, patience: patience, isRight: isRight)
        var outcome = try await way.play(trial.actions)
        let report = try await verifier.check(
            [step.id], disturbing: true, patience: patience, untilRejected: !isRight && trial.target == nil)
        let found = report.steps.first
        if before { try store.forget(step.id, of: id) }
        let isDone = found?.state == .done
        var result = TrialResult(
            isDone: isDone, checks: (found?.checks ?? []).map(TrialResult.Check.init), target: trial.target,
            seconds: (ContinuousClock.now - began) / .seconds(1), longestAction: outcome.longest, note: outcome.note)
        result.accelerator = session.record.accelerator
        if outcome.isUnjudged, !isDone { result.outcome = .unjudged }
        if let found { outcome.take(found) }
        result.took = outcome.took
        if trial.kind == .solution, isDone {
            try await Checkpoint.forSolution(of: session).take()
            let progress = try store.progress(of: id)
            place?.solved = progress
            place?.moment = .solved
        }
        return result
    }

    /// Puts the machines back to when nothing was done for the step.
    private mutating func goBack() async throws {
        guard let place, place.moment != .before else { return }
        try await Checkpoint.forMutants(of: session).restore()
        try store.forget(place.step.id, of: id)
        self.place?.moment = .before
    }

    private mutating func enter(_ step: Step) async throws {
        if place?.step.id == step.id { return }
        try await leave()
        if let index = lab.steps.firstIndex(where: { $0.id == step.id }), index > 0 {
            try await solve(through: lab.steps[index - 1])
        }
        try await open(step)
        for passed in try await Checkpoint.steps(of: session).subtracting([step.id]) {
            try await Checkpoint.ofStep(passed, in: session).remove()
        }
        try await keep(step)
        try await Checkpoint.forMutants(of: session).take()
        place = Place(step: step)
    }

    private func open(_ step: Step) async throws {
        try await verifier().open(step)
        guard try store.steps(of: id)[step.id]?.opened == nil else { return }
        let report = try await verifier().check([step.id], patience: .atMost(0))
        guard try store.steps(of: id)[step.id]?.opened != nil else {
            let state = report.steps.first?.state.rawValue ?? "unknown"
            throw Stuck(step: step.id, reason: "its turn does not come (\(state))")
        }
    }

    /// Goes on from where the step's solution has worked.
    private mutating func leave() async throws {
        guard let place else { return }
        if let solved = place.solved {
            if place.moment != .solved {
                try await Checkpoint.forSolution(of: session).restore()
                try store.forget(place.step.id, of: id)
            }
            try store.adopt(solved, for: id)
        } else {
            try await goBack()
        }
        try await Checkpoint.forMutants(of: session).remove()
        try await Checkpoint.forSolution(of: session).remove()
        self.place = nil
    }

    /// Plays the solutions of what is not done yet, up to a step.
    private func solve(through last: Step) async throws {
        guard let index = lab.steps.firstIndex(where: { $0.id == last.id }) else { return }
        for step in lab.steps[...index] where try store.steps(of: id)[step.id]?.passed == nil {
            say(.leading("on the way: \(step.id)"))
            try await open(step)
            let verifier = try verifier()
            let way = ProofWay(verifier: verifier, step: step, limit: nil, patience: .asSlow, isRight: true)
            let outcome = try await way.play(step.solution)
            let found = try await verifier.check([step.id], disturbing: true, patience: .asSlow).steps.first
            guard found?.state == .done else {
                let open = found?.checks.first { $0.verdict != .pass }
                throw Stuck(
                    step: step.id,
                    reason: [outcome.note, open.map { "\($0.kind): \($0.observed.en)" }].compactMap { $0 }
                        .joined(separator: "; "))
            }
        }
    }

    /// Keeps the moment for a later run when coming here took long.
    private mutating func keep(_ step: Step) async throws {
        guard step.id != lab.steps.first?.id, ContinuousClock.now - keptAt > .seconds(90),
            try await Checkpoint.steps(of: session).contains(step.id)
        else { return }
        say(.leading("\(step.id): this moment is kept for a later run"))
        let start = SessionStart(paths: context.paths, store: store) { _ in }
        let key = try await start.key(step.id, of: session, values: verifier().variables.values)
        _ = try await StartingPointStore(paths: context.paths).keep(
            key, of: session, progress: store.progress(of: id))
        keptAt = .now
    }
}

extension TrialResult.Check {
    /// What a check of the engine said.
    init(_ outcome: CheckOutcome) {
        self.init(
            kind: outcome.kind, machine: outcome.machine, verdict: outcome.verdict?.rawValue,
            expected: .init(outcome.expected), observed: .init(outcome.observed), milliseconds: outcome.milliseconds,
            isCutShort: outcome.isCutShort)
    }
}
