import Foundation
import LabFile

/// `answer`: the student's last answer was right when it was given.
///
/// An answer is judged at the moment it is given (``judge(answer:on:)``, through ``VerifierRun``), because the
/// machines may look otherwise later; a right one is kept as a pass. So when this check is looked at without a kept
/// pass, the last answer was wrong, or there is none.
struct AnswerCheck: Check {
    static let spec = CheckSpec(
        "answer", mode: .once, basis: .guest, "The question was answered rightly; judged when the answer is given.",
        fields: [
            .init("question", .question, required: true, "The question of this step."),
            .init("accept", .list(.string), "Right answers."),
            .init("on", .machine, "Where the command runs."),
            .init("run", .command, "As root; each line that it prints is a right answer."),
            .init("ignore-case", .boolean, "Whether capitals do not matter; default true."),
        ])

    let question: String
    let accepted: [String]
    let machine: String?
    let command: Command?
    let ignoresCase: Bool

    init(_ fields: Fields) throws {
        question = try fields.required("question")
        accepted = fields.strings("accept")
        machine = fields.string("on")
        command = fields.command("run")
        ignoresCase = fields.boolean("ignore-case") ?? true
    }

    func judge(on bench: any Bench) async throws -> Finding {
        let topic = "\(bench.step.id).\(question)"
        guard await bench.answer(to: question) != nil else {
            return finding(
                .fail,
                Localized(
                    ko: "아직 답하지 않았어요. lab answer \(topic) 답",
                    en: "not answered yet: lab answer \(topic) VALUE"))
        }
        return finding(
            .fail,
            Localized(
                ko: "마지막으로 낸 답은 그때 맞지 않았어요. 다시 답할 수 있어요: lab answer \(topic) 답",
                en: "the last answer was not right when it was given. You may answer again: lab answer \(topic) VALUE"))
    }

    /// Judges a value now, against the machines as they are.
    func judge(answer: String, on bench: any Bench) async throws -> Finding {
        let given = Self.normal(answer, ignoringCase: ignoresCase)
        var right = accepted
        if let command, let machine {
            let seen = try await bench.look(on: machine, command.script, command.arguments)
            let lines = seen.output.lines(droppingReturn: true).map(String.init)
            guard !lines.isEmpty || !right.isEmpty else {
                throw Unjudgeable(
                    Localized(
                        ko: "맞는 답을 \(machine)에서 지금 읽을 수 없어요(상태 \(seen.status)). 질문이 묻는 것(세션, 파일, 서비스)이 아직 그대로 있나요?",
                        en: "The right answer cannot be read off \(machine) now (status \(seen.status)). "
                            + "Is what the question is about still there?"))
            }
            right += lines
        }
        let isRight = !given.isEmpty && right.contains { Self.normal($0, ignoringCase: ignoresCase) == given }
        return finding(
            isRight ? .pass : .fail,
            isRight
                ? Localized(ko: "맞는 답이에요: \(shown(answer))", en: "right: \(shown(answer))")
                : Localized(ko: "맞지 않아요: \(shown(answer))", en: "not right: \(shown(answer))"))
    }

    /// An answer without what does not matter: composition, surrounding and repeated spaces, a byte-order mark at its
    /// beginning, and capitals if asked.
    static func normal(_ text: String, ignoringCase: Bool) -> String {
        let words = String(text.unicodeScalars.drop { $0 == "\u{FEFF}" }).precomposedStringWithCompatibilityMapping
            .split(whereSeparator: \.isWhitespace)
        let plain = words.joined(separator: " ")
        return ignoringCase ? plain.lowercased() : plain
    }

    private func finding(_ verdict: Verdict, _ observed: Localized) -> Finding {
        Finding(
            verdict, machine: machine,
            expected: Localized(ko: "질문 \(question)에 맞게 답했어요", en: "the question \(question) is answered"),
            observed: observed)
    }
}
