import ArgumentParser
import Foundation
import LabFile
import LabRuntime
import LabStore
import LabVerifier

struct AnswerCommand: AsyncParsableCommand, Multilingual {
    static let configuration = CommandConfiguration(
        commandName: "answer", abstract: "Answer a question of a step.",
        discussion: """
            Exit status: 0 right, 2 wrong, 3 it could not be judged; that does not count as an answer.

            Example:
              lab answer fingerprint.fingerprint SHA256:…
            """)

    @OptionGroup var session: SessionOptions

    @Argument(help: "The question, as step.question; the step alone when it asks only one.")
    var question: String

    @Argument(help: "The answer.")
    var value: String

    @Option(name: .customLong("lang"), help: "ko or en.")
    var language: Language?

    func run() async throws {
        let context = try Context(language: language)
        var record = try session.record(in: context)
        try RoomEntry.enter(record, context: context)
        let lab = try context.lab(of: record)
        let language = context.language
        let (step, asked) = try find(in: lab)
        if !asked.choices.isEmpty, !asked.choices.contains(where: { $0.id == value }) {
            let variables = try context.variables(of: lab, in: record)
            let choices = { (language: Language) in
                asked.choices.map { "\($0.id)  \(variables.fill($0.text[language]))" }.joined(separator: "\n")
            }
            throw LabError(
                .usage,
                Localized(
                    ko: "\"\(value)\"은(는) 보기에 없어요. 보기:", en: "\"\(value)\" is not one of the choices"),
                advice: Localized(ko: choices(.ko), en: choices(.en)))
        }
        let lease = try await SessionLease.take(&record, for: "lab answer", in: context)
        defer { withExtendedLifetime(lease) {} }
        let session = try await LiveSession.attach(record, lab: lab, paths: context.paths)
        let (outcomes, attempts) = try await context.verifier(session).answer(value, to: asked.id, of: step)
        for outcome in outcomes { Output.data(outcome.observed[language]) }
        if outcomes.contains(where: { $0.verdict == .blocked }) {
            Output.error(language == .ko ? "판정하지 못한 답은 세지 않아요." : "An answer that could not be judged does not count.")
            throw ExitStatus(value: ExitStatus.notJudged)
        }
        Output.error(language == .ko ? "\(attempts)번째 답" : "answer \(attempts)")
        if outcomes.contains(where: { $0.verdict == .fail }) { throw ExitStatus(value: ExitStatus.notDone) }
    }

    private func find(in lab: Lab) throws -> (step: Step, asked: Question) {
        let parts = question.split(separator: ".", maxSplits: 1).map(String.init)
        let step = try lab.step(named: parts.first ?? question)
        let asked = parts.count > 1 ? step.questions.first { $0.id == parts[1] } : step.questions.first
        guard let asked, parts.count > 1 || step.questions.count == 1 else {
            let names = step.questions.map { "\(step.id).\($0.id)" }.joined(separator: ", ")
            throw LabError(
                .usage,
                Localized(ko: "\"\(question)\" 질문은 없어요", en: "there is no question \"\(question)\""),
                advice: step.questions.isEmpty
                    ? Localized(
                        ko: "\(step.id) 단계에는 질문이 없어요.", en: "The step \(step.id) asks nothing.")
                    : Localized(ko: "이 단계의 질문: \(names)", en: "Questions: \(names)"))
        }
        return (step, asked)
    }
}
