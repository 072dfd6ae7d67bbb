import Foundation
import LabFile
import LabRuntime
import LabVerifier

/// Plays the actions of one trial: a right way stops at the first that fails, a wrong one goes on to its end.
struct ProofWay {
    let verifier: SessionVerifier
    let step: Step
    let limit: Int?
    let patience: Patience
    let isRight: Bool

    /// What came of it.
    struct Outcome {
        /// How long the longest action took, in seconds.
        var longest = 0.0
        /// How long each statement of the step took until it held, in seconds; 0 where it was not seen to hold.
        var took: [Double] = []
        /// What did not go well.
        var note: String?
        /// Whether an answer of a right way could not be judged.
        var isUnjudged = false

        /// Takes in what a look at the step found.
        mutating func take(_ found: StepReport) {
            let passed = found.checks.map { $0.verdict == .pass ? Double($0.milliseconds) / 1000 : 0 }
            took = passed.indices.map { max(passed[$0], took.indices.contains($0) ? took[$0] : 0) }
        }
    }

    func play(_ actions: [Action]) async throws -> Outcome {
        let variables = verifier.variables
        let player = SolutionPlayer(session: verifier.session, limit: limit) { variables.fill($0) }
        var outcome = Outcome()
        for action in actions {
            let began = ContinuousClock.now
            do {
                switch action {
                case .run(var action):
                    action.mayFail = action.mayFail || !isRight
                    try await player.play(action) { _ in }
                    outcome.longest = max(outcome.longest, (ContinuousClock.now - began) / .seconds(1))
                case .console(let action):
                    try await player.play(action) { _ in }
                    outcome.longest = max(outcome.longest, (ContinuousClock.now - began) / .seconds(1))
                case .answer(let answer):
                    let value = try await player.value(of: answer)
                    let outcomes = try await verifier.answer(value, to: answer.question, of: step).outcomes
                    if let blocked = outcomes.first(where: { $0.verdict == .blocked }) {
                        outcome.note = "the answer to \(answer.question) could not be judged: \(blocked.observed.en)"
                        outcome.isUnjudged = isRight
                        if isRight { return outcome }
                    }
                case .check:
                    let report = try await verifier.check([step.id], patience: patience)
                    if let found = report.steps.first { outcome.take(found) }
                }
            } catch let error as LabError {
                try Task.checkCancellation()
                outcome.note = error.message.en
                if isRight { return outcome }
            }
        }
        return outcome
    }
}
