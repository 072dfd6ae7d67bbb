import Foundation
import LabFile

/// What one run knows so far, and the rules that make states, verdicts and points of it.
struct Ledger {
    let lab: Lab
    let facts: SessionFacts
    /// How long a verdict counts, by kind.
    let modes: [String: CheckSpec.Mode]
    /// Whether steps found done earlier count as done without being looked at (they were not asked for).
    let trusting: Bool
    private var outcomes: [String: [CheckOutcome]] = [:]

    init(lab: Lab, facts: SessionFacts, modes: [String: CheckSpec.Mode], trusting: Bool) {
        self.lab = lab
        self.facts = facts
        self.modes = modes
        self.trusting = trusting
    }

    mutating func record(_ found: [CheckOutcome], for step: String) { outcomes[step] = found }

    mutating func replace(_ index: Int, of step: Step, by outcome: CheckOutcome) {
        outcomes[step.id]?[index] = outcome
    }

    /// Whether an earlier pass of the step stands although it need not hold any more: a later step that is open undoes
    /// it on purpose.
    func isUndone(_ step: Step) -> Bool {
        facts.passed.contains(step.id)
            && lab.steps.contains { $0.undoes.contains(step.id) && facts.opened[$0.id] != nil }
    }

    func trusts(_ id: String) -> Bool { trusting && facts.passed.contains(id) }

    /// The steps and all that they need, directly or not; what needs a trusted step goes no further.
    func ancestry(of ids: Set<String>) -> Set<String> {
        var found = ids
        var open = Array(ids)
        while let id = open.popLast() {
            guard let step = lab.step(id), ids.contains(id) || !trusts(id) else { continue }
            for need in step.needs where found.insert(need).inserted { open.append(need) }
        }
        return found
    }

    func needsPassed(_ step: Step) -> Bool { step.needs.allSatisfy { passed($0, []) } }

    func isPending(_ index: Int, of step: Step) -> Bool {
        guard let found = outcomes[step.id], found.indices.contains(index) else { return false }
        return found[index].verdict == nil
    }

    /// Whether it is worth disturbing the machines for a step: all else about it passes.
    func allButDisturbingPass(_ step: Step) -> Bool {
        guard let found = outcomes[step.id] else { return false }
        return needsPassed(step) && found.allSatisfy { $0.verdict == .pass || $0.verdict == nil }
    }

    private func passed(_ id: String, _ path: Set<String>) -> Bool {
        guard !path.contains(id), let step = lab.step(id), let found = outcomes[id] else { return false }
        if trusts(id), found.allSatisfy({ $0.kept }) { return true }
        return found.allSatisfy { $0.verdict == .pass }
            && step.needs.allSatisfy { passed($0, path.union([id])) }
    }

    func report(wanted: Set<String>, named: Bool, date: Date) -> CheckReport {
        var report = CheckReport(
            lab: String(lab.number), session: facts.session, accelerator: facts.accelerator, steps: [])
        (report.name, report.digest, report.date) = (lab.name, lab.digest, date)
        for step in lab.steps {
            let state = state(of: step)
            let found = outcomes[step.id] ?? []
            // What was found in an open step holds although what it needs could not be judged this time.
            let isUnjudged = waitsForJudgement(step)
            if state != .waiting || (isUnjudged && facts.opened[step.id] != nil) {
                report.newPasses += passes(step, found, date)
            }
            guard wanted.contains(step.id) else { continue }
            report.steps.append(
                StepReport(
                    id: step.id, title: step.title, state: state,
                    verdict: state != .waiting ? Self.verdict(of: found) : isUnjudged ? .blocked : nil,
                    points: Points(earned: state == .done ? earned(step) : 0, possible: step.points),
                    checks: state == .waiting && !named ? [] : found,
                    attempts: facts.attempts[step.id] ?? [:], hintCost: facts.hintCosts[step.id] ?? 0,
                    isSolved: facts.solved.contains(step.id)))
        }
        return report
    }

    private func state(of step: Step) -> StepState {
        guard needsPassed(step) else { return .waiting }
        return passed(step.id, []) ? .done : .open
    }

    /// Whether a step waits for nothing but steps that could not be judged: no mistake is known of before it.
    private func waitsForJudgement(_ step: Step) -> Bool {
        let missing = step.needs.filter { !passed($0, []) }
        return !missing.isEmpty
            && missing.allSatisfy { id in
                guard let need = lab.step(id) else { return false }
                return needsPassed(need)
                    ? Self.verdict(of: outcomes[id] ?? []) == .blocked : waitsForJudgement(need)
            }
    }

    private static func verdict(of found: [CheckOutcome]) -> Verdict? {
        if found.contains(where: { $0.verdict == .fail }) { return .fail }
        if found.contains(where: { $0.verdict == .blocked }) { return .blocked }
        return found.contains { $0.verdict == nil } ? nil : .pass
    }

    private func earned(_ step: Step) -> Int {
        facts.solved.contains(step.id) ? 0 : max(0, step.points - (facts.hintCosts[step.id] ?? 0))
    }

    private func passes(_ step: Step, _ found: [CheckOutcome], _ date: Date) -> [KeptPass] {
        zip(step.checks, found).compactMap { statement, outcome in
            guard outcome.verdict == .pass, !outcome.kept, modes[statement.kind] ?? .holds != .holds else { return nil }
            return KeptPass(outcome, step: step.id, statement: statement, date: date)
        }
    }
}

extension KeptPass {
    /// The record of a passed statement.
    init(_ outcome: CheckOutcome, step: String, statement: CheckStatement, date: Date) {
        self.init(
            step: step, statement: statement.identity, date: date, machine: outcome.machine,
            expected: outcome.expected, observed: outcome.observed)
    }
}
