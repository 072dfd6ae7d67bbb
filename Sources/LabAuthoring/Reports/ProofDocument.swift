import Foundation
public import LabFile

/// A proof as JSON. Its shape is a contract, described in docs/proof.md: keys are added, never changed.
public struct ProofDocument: Encodable, Sendable {
    struct Counts: Encodable {
        var trials = 0
        var right = 0
        var wrong = 0
        var excused = 0
        var unjudged = 0
        var unplayed = 0
        var moot = 0
        var kept = 0
    }
    struct StepPart: Encodable {
        var id: String
        var title: String
        var trials: [TrialPart]
    }
    struct TrialPart: Encodable {
        var name: String
        var kind: Trial.Kind
        var expected: Trial.Expectation
        var standing: Proof.Standing
        var kept: Bool
        var differs: Bool
        var excuse: String?
        var runs: [RunPart]
    }
    struct RunPart: Encodable {
        var outcome: TrialResult.Outcome
        var seconds: Double
        var accelerator: String?
        var note: String?
        var checks: [CheckPart]
    }
    struct CheckPart: Encodable {
        var kind: String
        var machine: String?
        var verdict: String?
        var expected: String
        var observed: String
    }
    struct Named: Encodable {
        var step: String
        var name: String
    }

    let lab: String
    let name: String
    let runs: Int
    let accelerators: [String]
    let status: Int32
    let counts: Counts
    let steps: [StepPart]
    let survivors: [Named]
    let needlessExcuses: [Named]
    let idleChecks: [Named]

    /// Describes a proof in one language.
    public init(_ proof: Proof, language: Language) {
        lab = String(proof.lab.number)
        name = proof.lab.name
        runs = proof.runs
        accelerators = proof.accelerators
        status = proof.exitStatus
        var counts = Counts()
        for cell in proof.cells {
            counts.trials += 1
            counts.kept += cell.isKept && cell.standing != .unplayed ? 1 : 0
            switch cell.standing {
            case .right: counts.right += 1
            case .wrong: counts.wrong += 1
            case .excused: counts.excused += 1
            case .unjudged: counts.unjudged += 1
            case .unplayed: counts.unplayed += 1
            case .moot: counts.moot += 1
            }
        }
        self.counts = counts
        steps = proof.steps.map { step in
            StepPart(
                id: step.id, title: step.title[language],
                trials: proof.cells(of: step.id).map { Self.part($0, language) })
        }
        survivors = proof.survivors.map { Named(step: $0.trial.step, name: $0.trial.name) }
        needlessExcuses =
            proof.needless.map { Named(step: $0.step, name: $0.excuse.mutant) }
            + proof.overexcused.map { Named(step: $0.trial.step, name: $0.trial.name) }
        idleChecks = proof.idle.map { Named(step: $0.step, name: "\($0.check.kind): \($0.check.expected[language])") }
    }

    private static func part(_ cell: Proof.Cell, _ language: Language) -> TrialPart {
        TrialPart(
            name: cell.trial.name, kind: cell.trial.kind, expected: cell.trial.kind.expectation,
            standing: cell.standing, kept: cell.isKept && cell.standing != .unplayed, differs: cell.differs,
            excuse: cell.excuse?.reason,
            runs: cell.results.compactMap { $0 }.map { result in
                RunPart(
                    outcome: result.outcome, seconds: (result.seconds * 10).rounded() / 10,
                    accelerator: result.accelerator, note: result.note,
                    checks: result.checks.map {
                        CheckPart(
                            kind: $0.kind, machine: $0.machine, verdict: $0.verdict, expected: $0.expected[language],
                            observed: $0.observed[language])
                    })
            })
    }
}
