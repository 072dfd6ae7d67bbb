import Foundation
public import LabFile
import Synchronization

/// One run of a lab's checks over a session's live machines.
///
/// Steps are judged side by side, checks side by side over the machines. A step that was found open earlier is judged
/// at once; one that was not is opened and judged as soon as the steps that it needs have passed.
public struct VerifierRun: Sendable {
    let lab: Lab
    let facts: SessionFacts
    let host: any VerifierHost
    let judge: StatementJudge
    let patientJudge: StatementJudge
    let machines: [String: BatchingGuest]
    let slowness: Double
    let patience: Patience
    let guestsOnly: Bool
    let untilRejected: Bool

    /// Prepares a run. `slowness` multiplies every time limit (1 under KVM, more where machines are emulated);
    /// `limit` is what one look may take, in seconds, before it is multiplied; `patience` is for what does not disturb: that
    /// is waited for as long as its `within` says; with `guestsOnly` what only an outsider sees
    /// is left out; with `untilRejected` a step's other statements are not waited for any more when one of them has failed.
    public init(
        lab: Lab, facts: SessionFacts, host: any VerifierHost, kinds: [any Check.Type] = CheckKinds.all,
        slowness: Double = 1, limit: Double = 60, patience: Patience = .asSaid, guestsOnly: Bool = false,
        untilRejected: Bool = false
    ) {
        self.lab = lab
        self.facts = facts
        self.host = host
        self.slowness = slowness
        self.patience = patience
        self.guestsOnly = guestsOnly
        self.untilRejected = untilRejected
        let kinds = Dictionary(kinds.map { ($0.spec.kind, $0) }) { first, _ in first }
        let fill = Filling(values: facts.variables)
        judge = StatementJudge(kinds: kinds, fill: fill, limit: .seconds(limit * slowness))
        patientJudge = StatementJudge(
            kinds: kinds, fill: fill, limit: .seconds(limit * slowness * 8), grace: .seconds(15))
        machines = lab.machines.reduce(into: [:]) { machines, machine in
            machines[machine.name] = host.guest(machine.name).map {
                BatchingGuest($0, machine: machine.name, slowness: slowness)
            }
        }
    }

    /// Judges the steps in `named`, or all of them when it is empty.
    ///
    /// With `disturbing`, checks that disturb the machines run too: one at a time, in the order of the lab, when all that is
    /// open has been judged, and of a step until one does not pass.
    /// A named step is judged even while it waits, and its report says that it waits.
    public func check(_ named: [String] = [], disturbing: Bool = false) async -> CheckReport {
        let wanted = named.isEmpty ? Set(lab.steps.map(\.id)) : Set(named)
        var ledger = Ledger(
            lab: lab, facts: facts, modes: judge.kinds.mapValues { $0.spec.mode }, trusting: !named.isEmpty)
        let relevant = ledger.ancestry(of: wanted)
        var opened = facts.opened
        var started: Set<String> = []
        // What a run finds dates from its beginning: it held before the steps that it opens were opened.
        let began = Date()
        repeat {
            await judgeOpen(relevant, wanted: wanted, &ledger, &opened, &started)
            // A step whose turn comes by what disturbs is opened after that: its setup may change what that looks at.
            if disturbing { await disturb(wanted, &ledger, opened) }
        } while lab.steps.contains {
            relevant.contains($0.id) && !started.contains($0.id) && ledger.needsPassed($0)
        }
        if !named.isEmpty {
            await judge(lab.steps.filter { wanted.contains($0.id) && !started.contains($0.id) }, &ledger, opened)
        }
        return ledger.report(wanted: wanted, named: !named.isEmpty, date: began)
    }

    /// Judges the steps that are open, and opens and judges those whose turn comes by that, until there are no more.
    private func judgeOpen(
        _ relevant: Set<String>, wanted: Set<String>, _ ledger: inout Ledger, _ opened: inout [String: Date],
        _ started: inout Set<String>
    ) async {
        var hasOpened = true
        while hasOpened {
            hasOpened = false
            var open: [Step] = []
            var found = true
            while found {
                found = false
                for step in lab.steps where relevant.contains(step.id) && !started.contains(step.id) {
                    if ledger.isUndone(step) || (ledger.trusts(step.id) && !wanted.contains(step.id)) {
                        ledger.record(undoneOutcomes(of: step), for: step.id)
                        found = true
                    } else if opened[step.id] != nil {
                        open.append(step)
                    } else {
                        continue
                    }
                    started.insert(step.id)
                }
            }
            await judge(open, &ledger, opened)
            // The machines stand still for a checkpoint: steps are opened while nothing is being judged.
            for step in lab.steps where relevant.contains(step.id) && !started.contains(step.id) {
                guard ledger.needsPassed(step) else { continue }
                hasOpened = true
                do {
                    opened[step.id] = try await host.open(step)
                } catch {
                    started.insert(step.id)
                    ledger.record(unopenedOutcomes(of: step, error), for: step.id)
                }
            }
        }
    }

    /// Judges steps side by side.
    private func judge(_ steps: [Step], _ ledger: inout Ledger, _ opened: [String: Date]) async {
        let found = await withTaskGroup(of: (String, [CheckOutcome]).self) { group in
            for step in steps {
                group.addTask { (step.id, await self.outcomes(of: step, opened: opened[step.id])) }
            }
            return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
        for (id, outcomes) in found { ledger.record(outcomes, for: id) }
    }

    /// Judges an answer at the moment it is given: one outcome for each `answer` statement about the question.
    ///
    /// The caller keeps the answer and, when every verdict is `pass`, the returned passes.
    public func judge(answer: String, to question: String, of step: Step) async -> (
        outcomes: [CheckOutcome], passes: [KeptPass]
    ) {
        let bench = bench(for: step, opened: facts.opened[step.id])
        var outcomes: [CheckOutcome] = []
        var passes: [KeptPass] = []
        for statement in step.checks where statement.kind == AnswerCheck.spec.kind {
            guard case .string(question)? = statement.fields["question"] else { continue }
            let outcome = await judge.outcome(of: statement, within: Double(statement.within ?? 0)) { check in
                guard let check = check as? AnswerCheck else { throw UnknownKind(name: statement.kind) }
                return try await check.judge(answer: answer, on: bench)
            }
            outcomes.append(outcome)
            if outcome.verdict == .pass {
                passes.append(KeptPass(outcome, step: step.id, statement: statement, date: Date()))
            }
        }
        return (outcomes, passes)
    }

    private func bench(for step: Step, opened: Date?) -> StepBench {
        StepBench(
            lab: lab, step: step, opened: opened, answers: facts.answers[step.id] ?? [:], machines: machines,
            host: host, slowness: slowness)
    }

    /// Judges a step's statements side by side; those that disturb are left for later.
    private func outcomes(of step: Step, opened: Date?) async -> [CheckOutcome] {
        let bench = bench(for: step, opened: opened)
        let rejection = Rejection()
        return await withTaskGroup(of: (Int, CheckOutcome).self) { group in
            for (index, statement) in step.checks.enumerated() {
                group.addTask {
                    let outcome = await self.outcome(of: statement, at: index, in: step, on: bench) {
                        self.untilRejected && rejection.isFound.load(ordering: .relaxed)
                    }
                    return (index, outcome)
                }
            }
            var outcomes = [CheckOutcome?](repeating: nil, count: step.checks.count)
            for await (index, outcome) in group {
                outcomes[index] = outcome
                if outcome.verdict == .fail { rejection.isFound.store(true, ordering: .relaxed) }
            }
            return outcomes.compactMap { $0 }
        }
    }

    private func outcome(
        of statement: CheckStatement, at index: Int, in step: Step, on bench: StepBench,
        isSettled: @escaping @Sendable () -> Bool
    ) async -> CheckOutcome {
        let mode = judge.kinds[statement.kind]?.spec.mode ?? .holds
        if mode != .holds, let kept = kept(statement, in: step) {
            return judge.outcome(
                statement, verdict: .pass, machine: kept.machine, expected: kept.expected, observed: kept.observed,
                kept: true)
        }
        if guestsOnly, mode == .holds, judge.kinds[statement.kind]?.spec.basis == .outside {
            return judge.outcome(
                statement, verdict: nil,
                observed: Localized(ko: "이번에는 밖에서 보지 않았어요.", en: "Not looked at from outside this time."))
        }
        guard mode == .disturbs else {
            let seconds = patience.seconds(for: statement, at: index, slowness: slowness)
            return await judge.judge(statement, on: bench, within: seconds, isSettled: isSettled)
        }
        return judge.outcome(
            statement, verdict: nil,
            observed: Localized(
                ko: "기계를 잠시 멈추거나 바꾸는 검사라서 지금은 하지 않았어요. 준비되면 이렇게 하세요: lab check \(step.id)",
                en:
                    "Not run now, because it disturbs the machines for a moment. When you are ready: lab check \(step.id)"
            ))
    }

    private func kept(_ statement: CheckStatement, in step: Step) -> KeptPass? {
        let identity = statement.identity
        return facts.kept.last { $0.step == step.id && $0.statement == identity }
    }

    private func disturb(_ wanted: Set<String>, _ ledger: inout Ledger, _ opened: [String: Date]) async {
        for step in lab.steps where wanted.contains(step.id) && ledger.allButDisturbingPass(step) {
            let bench = bench(for: step, opened: opened[step.id])
            var isWhole = true
            for (index, statement) in step.checks.enumerated() where ledger.isPending(index, of: step) {
                let seconds = Double(statement.within ?? 0)
                let outcome =
                    isWhole
                    ? await patientJudge.judge(statement, on: bench, within: seconds) : undisturbed(statement)
                ledger.replace(index, of: step, by: outcome)
                host.disturbed()
                isWhole = isWhole && outcome.verdict == .pass
            }
        }
    }

    /// Of a statement whose check would disturb machines that did not stand the one before it.
    private func undisturbed(_ statement: CheckStatement) -> CheckOutcome {
        judge.outcome(
            statement, verdict: nil,
            observed: Localized(
                ko: "이 검사도 기계를 잠시 멈추거나 바꾸는데, 앞의 그런 검사가 통과하지 않아서 하지 않았어요.",
                en: "Not run: it disturbs the machines, too, and one before it did not pass."))
    }

    private func undoneOutcomes(of step: Step) -> [CheckOutcome] {
        step.checks.map { statement in
            let kept = kept(statement, in: step)
            return judge.outcome(
                statement, verdict: .pass, machine: kept?.machine, expected: kept?.expected,
                observed: kept?.observed
                    ?? Localized(
                        ko: "앞서 통과했어요. 뒤의 단계가 일부러 바꾸는 것이라 다시 보지 않아요.",
                        en: "Passed earlier; a later step changes this on purpose, so it is not looked at again."),
                kept: true)
        }
    }

    private func unopenedOutcomes(of step: Step, _ error: any Error) -> [CheckOutcome] {
        let cause = (error as? Unjudgeable)?.reason ?? (error as? GuestUnreachable)?.reason
        return step.checks.map { statement in
            judge.outcome(
                statement, verdict: .blocked,
                observed: cause
                    ?? Localized(
                        ko: "lab 프로그램이 이 단계를 준비하지 못했어요. 여러분의 잘못은 아니에요: \(error)",
                        en: "The harness could not prepare this step; this is not your mistake: \(error)"))
        }
    }
}

/// Whether a statement of a step has failed for good.
private final class Rejection: Sendable {
    let isFound = Atomic(false)
}
