import ArgumentParser
import Foundation
import LabFile
import LabRuntime
import LabStore
import LabVerifier

struct TryCommand: AsyncParsableCommand, Multilingual {
    static let configuration = CommandConfiguration(
        commandName: "try", abstract: "A session at a step, whose checks are followed while you write them.",
        discussion: """
            The steps before it are solved (once, then it is kept). The checks are shown whenever something changes, on \
            the machines or in the lab file. The machines are this host's own, whatever LAB_CONNECT says. Work in another \
            terminal: lab shell. Afterwards: lab finish.

            Example:
              lab try 6 firewall
            """)

    @Argument(help: "The lab: its number, its name, or a path to its directory.")
    var lab: String

    @Argument(help: "The step, by id or number.")
    var step: String

    @Option(name: .customLong("lang"), help: "ko or en.")
    var language: Language?

    func run() async throws {
        let context = try Context(language: language)
        let lab = try context.lab(lab)
        let step = try lab.step(named: step)
        let student = try context.student(nil)
        let language = context.language
        if let record = try RoomEntry.inside(context) {
            return try await follow(record, lab: lab, from: step, context: context, language: language)
        }
        let lease = try await StartCommand.lease(of: lab.number, student: student, for: "lab try", context: context)
        defer { withExtendedLifetime(lease) {} }
        var running = try StartCommand.earlier(lab, student: student, context: context)
        if let before = running, before.state != .running || !before.isUp {
            try await StartCommand.clear(before, context: context)
            running = nil
        }
        if running == nil {
            let view = ProgressView(language)
            defer { view.end() }
            let start = SessionStart(paths: context.paths, store: context.store, drawn: try context.drawn()) {
                view.show($0)
            }
            var options = SessionStart.Options()
            if step.id != lab.steps.first?.id {
                options.at = (step.id, try context.variables(of: lab, student: student).values)
            }
            running = try await start.start(lab, student: student, options).record
        }
        guard let record = running else { throw LabError(.failed, "lab \(lab.number) does not run") }
        try RoomEntry.enter(record, context: context)
        try await follow(record, lab: lab, from: step, context: context, language: language)
    }

    private func follow(
        _ record: SessionRecord, lab: Lab, from step: Step, context: Context, language: Language
    ) async throws {
        let known = try context.store.steps(of: record.id)
        if known[step.id]?.opened == nil {
            guard known.values.allSatisfy({ $0.passed == nil || $0.solved }) else {
                throw LabError(
                    .usage, "lab \(lab.number) is running already, and \(step.id) has not been opened in it",
                    advice: "Go there: lab solve --until \(step.id)      Begin anew: lab finish, then lab try again")
            }
            if step.id != lab.steps.first?.id {
                try await SolvedStart(context: context, record: record, lab: lab, language: language).lead(to: step)
            }
        }
        let following = Following(
            context: context, record: record, language: language, purpose: "lab try", step: step.id)
        try await following.run(lab) { report, lab, began in
            let view = CheckView(lab: lab, language: language, style: Output.style, width: min(Output.width, 110))
            Output.data(view.render(report, seconds: (ContinuousClock.now - began) / .seconds(1)))
        }
    }
}
