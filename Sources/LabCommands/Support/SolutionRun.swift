import Foundation
import LabFile
import LabRuntime
import LabStore
import LabVerifier

/// Plays solutions of steps in a running session, showing what is typed.
struct SolutionRun {
    let verifier: SessionVerifier
    let store: LabStore
    let language: Language
    let verbose: Bool

    /// Plays a step's solution; throws unless the step is done after it.
    func solve(_ step: Step) async throws {
        let number = (verifier.session.lab.steps.firstIndex { $0.id == step.id } ?? 0) + 1
        Output.error("── \(number) \(step.id) · \(step.title[language])")
        try store.updateStep(step.id, of: verifier.session.record.id) { $0.solved = true }
        try await play(step.solution, of: step)
        let after = try await verifier.check([step.id], disturbing: true, patience: .asSlow)
        guard after.steps.first?.state == .done else {
            show(after)
            throw LabError(
                .failed,
                Localized(
                    ko: "\(step.id) 단계의 풀이를 실행했지만 단계가 끝나지 않았어요",
                    en: "the solution of \(step.id) was played, and the step is not done"))
        }
        Output.error("   ✔ \(step.id)")
    }

    private func play(_ actions: [Action], of step: Step) async throws {
        let variables = verifier.variables
        let (language, verbose) = (language, verbose)
        let player = SolutionPlayer(session: verifier.session) { variables.fill($0) }
        for action in actions {
            switch action {
            case .run(let action):
                try await player.play(action) { Self.show($0, in: language, verbose: verbose) }
            case .console(let action):
                try await player.play(action) { Self.show($0, in: language, verbose: verbose) }
            case .answer(let answer):
                let value = try await player.value(of: answer)
                Output.error("   lab answer \(step.id).\(answer.question) \(value)")
                let (outcomes, _) = try await verifier.answer(value, to: answer.question, of: step)
                if let wrong = outcomes.first(where: { $0.verdict != .pass }) {
                    throw LabError(
                        .failed,
                        Localized(
                            ko: "풀이의 답이 맞지 않았어요: \(wrong.observed.ko)",
                            en: "the solution's answer was not taken: \(wrong.observed.en)"))
                }
            case .check: _ = try await verifier.check([step.id], patience: .asSlow)
            }
        }
    }

    private func show(_ report: CheckReport) {
        let view = CheckView(
            lab: verifier.session.lab, language: language, style: Output.style, width: min(Output.width, 110))
        Output.data(view.render(report, seconds: nil))
    }

    private static func show(_ event: SolutionPlayer.Event, in language: Language, verbose: Bool) {
        switch event {
        case .command(let machine, let user, let text): Output.error("   \(user)@\(machine)$ \(text)")
        case .console(let machine, let isRescue):
            Output.error("   lab console \(machine)\(isRescue ? " --rescue" : "")")
        case .typed(let machine, let text): Output.error("   \(machine)| \(text)")
        case .ended(let status, let said):
            if verbose, !said.isEmpty { Output.error(said) }
            if status != 0 { Output.error(language == .ko ? "   (상태 \(status))" : "   (status \(status))") }
        case .answer(let question, let value): Output.error("   \(question): \(value)")
        }
    }
}
