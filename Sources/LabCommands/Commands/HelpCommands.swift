import ArgumentParser
import Foundation
import LabFile
import LabRuntime
import LabStore
import LabVerifier

struct HintCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hint", abstract: "The next hint of a step; some cost points, and say so first.",
        discussion: "Examples:\n  lab hint\n  lab hint firewall")

    @OptionGroup var session: SessionOptions

    @Argument(help: "The step, by id or number (default: the first one that is not done).")
    var step: String?

    @Option(name: .customLong("lang"), help: "ko or en.")
    var language: Language?

    @Flag(help: "Take a hint that costs points without being asked.")
    var yes = false

    func run() async throws {
        let context = try Context()
        let record = try session.record(in: context)
        let lab = try context.load(record.directory)
        let language = context.language(language)
        let records = try context.store.steps(of: record.id)
        let step = try Self.step(step, lab: lab, records: records)
        let variables = try context.variables(of: record, lab: lab)
        let taken = records[step.id]?.hints ?? 0
        for hint in step.hints.prefix(taken) { Output.data("· " + variables.fill(hint.text[language])) }
        guard step.hints.indices.contains(taken) else {
            return Output.error(
                language == .ko ? "이 단계에는 힌트가 더 없어요." : "There are no more hints for \(step.id).")
        }
        let next = step.hints[taken]
        if next.cost > 0, !yes, isatty(STDIN_FILENO) == 1 {
            let question =
                language == .ko
                ? "다음 힌트는 \(next.cost)점이에요. 볼까요? [y/N] " : "The next hint costs \(next.cost) points. Take it? [y/N] "
            Output.write(question, to: STDERR_FILENO)
            guard let answer = readLine()?.lowercased(), ["y", "yes", "네", "예"].contains(answer) else { return }
        }
        try context.store.updateStep(step.id, of: record.id) { $0.hints = max($0.hints, taken + 1) }
        let cost = next.cost > 0 ? "  (-\(next.cost))" : ""
        Output.data("\(taken + 1)/\(step.hints.count)  " + variables.fill(next.text[language]) + cost)
    }

    static func step(_ named: String?, lab: Lab, records: [String: StepRecord]) throws -> Step {
        if let named { return try lab.step(named: named) }
        let passed = Set(records.filter { $0.value.passed != nil }.keys)
        guard let step = lab.current(passed: passed) ?? lab.steps.last else {
            throw LabError(.usage, "lab \(lab.number) has no steps")
        }
        return step
    }
}

struct AnswerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "answer", abstract: "Answer a question of a step.",
        discussion: "Example:\n  lab answer fingerprint.fingerprint SHA256:…")

    @OptionGroup var session: SessionOptions

    @Argument(help: "The question, as step.question; the step alone when it asks only one.")
    var question: String

    @Argument(help: "The answer.")
    var value: String

    @Option(name: .customLong("lang"), help: "ko or en.")
    var language: Language?

    func run() async throws {
        let context = try Context()
        let record = try session.record(in: context)
        try RoomEntry.enter(record, context: context)
        let lab = try context.load(record.directory)
        let language = context.language(language)
        let parts = question.split(separator: ".", maxSplits: 1).map(String.init)
        let step = try lab.step(named: parts.first ?? question)
        let asked = parts.count > 1 ? step.questions.first { $0.id == parts[1] } : step.questions.first
        guard let asked, parts.count > 1 || step.questions.count == 1 else {
            throw LabError(
                .usage, "there is no question \"\(question)\"",
                advice: step.questions.isEmpty
                    ? "The step \(step.id) asks nothing."
                    : "Questions: " + step.questions.map { "\(step.id).\($0.id)" }.joined(separator: ", "))
        }
        if !asked.choices.isEmpty, !asked.choices.contains(where: { $0.id == value }) {
            throw LabError(
                .usage, "\"\(value)\" is not one of the choices",
                advice: asked.choices.map { "\($0.id)  \($0.text[language])" }.joined(separator: "\n"))
        }
        let session = try await LiveSession.attach(record, lab: lab, paths: context.paths)
        let (outcomes, attempts) = try await context.verifier(session).answer(value, to: asked.id, of: step)
        for outcome in outcomes { Output.data(outcome.observed[language]) }
        Output.error(language == .ko ? "\(attempts)번째 답" : "answer \(attempts)")
        if outcomes.contains(where: { $0.verdict == .blocked }) { throw ExitStatus(value: ExitStatus.notJudged) }
        if outcomes.contains(where: { $0.verdict == .fail }) { throw ExitStatus(value: ExitStatus.notDone) }
    }
}

struct GuideCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "guide", abstract: "The text of the current step, or of a step that is named.",
        discussion: "Examples:\n  lab guide\n  lab guide firewall --lang ko\n  lab guide intro")

    @OptionGroup var session: SessionOptions

    @Argument(help: "The step, by id or number; \"intro\" for the introduction.")
    var step: String?

    @Option(name: .customLong("lang"), help: "ko or en.")
    var language: Language?

    func run() async throws {
        let context = try Context()
        let record = try session.record(in: context)
        let lab = try context.load(record.directory)
        let language = context.language(language)
        let variables = try context.variables(of: record, lab: lab)
        let guide = lab.guides[language]
        if step == "intro" { return print(variables.fill(guide?.introduction ?? "")) }
        let records = try context.store.steps(of: record.id)
        let step = try HintCommand.step(step, lab: lab, records: records)
        let number = (lab.steps.firstIndex { $0.id == step.id } ?? 0) + 1
        print(
            "# \(number)/\(lab.steps.count) · \(step.title[language])\n\n"
                + variables.fill(guide?.sections[step.id] ?? ""))
        for question in step.questions {
            print("**\(step.id).\(question.id)** — \(variables.fill(question.prompt[language]))")
            print(question.choices.map { "- `\($0.id)` \($0.text[language])" }.joined(separator: "\n"))
        }
    }

    private func print(_ markdown: String) {
        guard !markdown.isEmpty else { return }
        for line in Markdown(width: min(Output.width, 100), style: Output.style).lines(markdown) { Output.data(line) }
    }
}

extension Context {
    /// The values of a session's variables.
    func variables(of record: SessionRecord, lab: Lab) throws -> Variables {
        let drawn = ParameterDrawing(secret: try secret()).values(for: lab, student: record.student)
        return Variables(lab: lab, parameters: drawn)
    }
}
