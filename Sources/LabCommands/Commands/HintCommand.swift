import ArgumentParser
import Foundation
import LabFile
import LabRuntime
import LabStore

struct HintCommand: AsyncParsableCommand, Multilingual {
    static let configuration = CommandConfiguration(
        commandName: "hint", abstract: "The next hint of a step; where one costs points, you are asked on a terminal.",
        discussion: "Examples:\n  lab hint\n  lab hint firewall")

    @OptionGroup var session: SessionOptions

    @Argument(help: "The step, by id or number (default: the first one that is not done).")
    var step: String?

    @Option(name: .customLong("lang"), help: "ko or en.")
    var language: Language?

    @Flag(help: "Take a hint that costs points without being asked; without a terminal nothing is asked anyway.")
    var yes = false

    func run() async throws {
        let context = try Context(language: language)
        var record = try session.record(in: context)
        let lab = try context.lab(of: record)
        let language = context.language
        let lease = try await SessionLease.take(&record, for: "lab hint", in: context)
        defer { withExtendedLifetime(lease) {} }
        let records = try context.store.steps(of: record.id)
        let step = try lab.step(named: step, records: records)
        let variables = try context.variables(of: lab, in: record)
        let taken = records[step.id]?.hints ?? 0
        for hint in step.hints.prefix(taken) { Output.data("· " + variables.fill(hint.text[language])) }
        guard step.hints.indices.contains(taken) else {
            return Output.error(
                language == .ko ? "이 단계에는 힌트가 더 없어요." : "There are no more hints for \(step.id).")
        }
        let next = step.hints[taken]
        if next.cost > 0, !yes, isatty(STDIN_FILENO) == 1 {
            let question = Localized(
                ko: "다음 힌트를 보면 \(next.cost)점이 깎여요. 볼까요? [y/N] ",
                en: "The next hint costs \(next.cost) points. Take it? [y/N] ")
            Output.write(question[language], to: STDERR_FILENO)
            guard try await TypedLine.isYes() else { return }
        }
        try context.store.updateStep(step.id, of: record.id) { $0.hints = max($0.hints, taken + 1) }
        let cost = next.cost > 0 ? "  (-\(next.cost))" : ""
        Output.data("\(taken + 1)/\(step.hints.count)  " + variables.fill(next.text[language]) + cost)
    }
}

extension Lab {
    /// The step that is named; without a name the first that has not passed, by what is kept of the session.
    func step(named name: String?, records: [String: StepRecord]) throws -> Step {
        if let name { return try step(named: name) }
        let passed = Set(records.filter { $0.value.passed != nil }.keys)
        guard let step = steps.first(where: { !passed.contains($0.id) }) ?? steps.last else {
            throw LabError(.usage, "lab \(number) has no steps")
        }
        return step
    }
}
