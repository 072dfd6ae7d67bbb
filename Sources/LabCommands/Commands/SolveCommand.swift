import ArgumentParser
import Foundation
import LabFile
import LabRuntime
import LabStore
import LabVerifier

struct SolveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "solve", abstract: "Play the scripted solution on the live machines, showing what is typed.",
        discussion: """
            What the harness solves earns no points.

            Examples:
              lab solve                     the current step
              lab solve --until firewall
              lab solve --all
            """)

    @OptionGroup var session: SessionOptions

    @Argument(help: "Steps, by id or number.")
    var steps: [String] = []

    @Option(help: "From the first step that is not done to this one.")
    var until: String?

    @Flag(help: "Every step that is not done.")
    var all = false

    @Option(name: .customLong("lang"), help: "ko or en.")
    var language: Language?

    @Flag(help: "What the commands print, too.")
    var verbose = false

    func run() async throws {
        let context = try Context()
        let record = try session.record(in: context)
        try RoomEntry.enter(record, context: context)
        let lab = try context.load(record.directory)
        let lease = try await SessionLease.take(record, for: "lab solve", in: context)
        defer { withExtendedLifetime(lease) {} }
        let session = try await LiveSession.attach(record, lab: lab, paths: context.paths)
        let verifier = try context.verifier(session)
        for step in try wanted(lab: lab, session: session, context: context) {
            let before = try await verifier.check([step.id])
            guard let found = before.steps.first, found.state != .done else { continue }
            if found.state == .waiting {
                throw LabError(
                    .usage, "\(step.id) waits for steps that have not passed: \(step.needs.joined(separator: ", "))",
                    advice: "Solve those first: lab solve --until \(step.id)")
            }
            try await play(step, verifier: verifier, context: context)
        }
    }

    private func wanted(lab: Lab, session: LiveSession, context: Context) throws -> [Step] {
        if !steps.isEmpty { return try steps.map { try lab.step(named: $0) } }
        let records = try context.store.steps(of: session.record.id)
        let open = lab.steps.filter { records[$0.id]?.passed == nil }
        if all { return open }
        if let until {
            let last = try lab.step(named: until)
            let index = lab.steps.firstIndex { $0.id == last.id } ?? 0
            let ids = Set(lab.steps[...index].map(\.id))
            return open.filter { ids.contains($0.id) }
        }
        return Array(open.prefix(1))
    }

    private func play(_ step: Step, verifier: SessionVerifier, context: Context) async throws {
        let language = context.language(language)
        let number = (verifier.session.lab.steps.firstIndex { $0.id == step.id } ?? 0) + 1
        Output.error("── \(number) \(step.id) · \(step.title[language])")
        try context.store.updateStep(step.id, of: verifier.session.record.id) { $0.solved = true }
        let variables = verifier.variables
        let verbose = verbose
        let player = SolutionPlayer(session: verifier.session) { variables.fill($0) }
        for action in step.solution {
            switch action {
            case .run(let action): try await player.play(action) { Self.show($0, verbose: verbose) }
            case .answer(let answer):
                let value = try await player.value(of: answer)
                Output.error("   lab answer \(step.id).\(answer.question) \(value)")
                let (outcomes, _) = try await verifier.answer(value, to: answer.question, of: step)
                if let wrong = outcomes.first(where: { $0.verdict != .pass }) {
                    throw LabError(.failed, "the solution's answer was not taken: \(wrong.observed[language])")
                }
            case .check: _ = try await verifier.check([step.id])
            }
        }
        let after = try await verifier.check([step.id], disturbing: true)
        let view = CheckView(
            lab: verifier.session.lab, language: language, style: Output.style, width: min(Output.width, 110))
        guard after.steps.first?.state == .done else {
            Output.data(view.render(after, seconds: 0))
            throw LabError(.failed, "the solution of \(step.id) was played, and the step is not done")
        }
        Output.error("   ✔ \(step.id)")
    }

    private static func show(_ event: SolutionPlayer.Event, verbose: Bool) {
        switch event {
        case .command(let machine, let user, let text): Output.error("   \(user)@\(machine)$ \(text)")
        case .ended(let status, let said):
            if verbose, !said.isEmpty { Output.error(said) }
            if status != 0 { Output.error("   (status \(status))") }
        case .answer(let question, let value): Output.error("   \(question): \(value)")
        }
    }
}
