import Foundation
public import LabFile

extension CheckReport {
    /// The report as `lab check --json` prints it: sorted keys, texts in one language, no final newline.
    public func json(_ language: Language) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(Document(report: self, language: language)), as: UTF8.self)
    }
}

private struct Document: Encodable {
    let lab: String
    let name: String
    let digest: String
    let session: String
    let student: String
    let accelerator: String
    let date: String
    let points: Points
    let unjudged: Int
    let steps: [StepDocument]

    init(report: CheckReport, language: Language) {
        (lab, name, digest) = (report.lab, report.name, report.digest)
        (session, student, accelerator) = (report.session, report.student, report.accelerator)
        date = report.date.formatted(.iso8601)
        (points, unjudged) = (report.points, report.unjudged)
        steps = report.steps.map { StepDocument(step: $0, language: language) }
    }
}

private struct StepDocument: Encodable {
    let step: StepReport
    let language: Language

    enum Key: CodingKey { case id, title, state, verdict, points, hintCost, solved, attempts, checks }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(step.id, forKey: .id)
        try container.encode(step.title[language], forKey: .title)
        try container.encode(step.state, forKey: .state)
        try container.encode(step.verdict, forKey: .verdict)
        try container.encode(step.points, forKey: .points)
        try container.encode(step.hintCost, forKey: .hintCost)
        try container.encode(step.isSolved, forKey: .solved)
        try container.encode(step.attempts, forKey: .attempts)
        try container.encode(step.checks.map { CheckDocument(check: $0, language: language) }, forKey: .checks)
    }
}

private struct CheckDocument: Encodable {
    let check: CheckOutcome
    let language: Language

    enum Key: CodingKey { case kind, machine, verdict, basis, expected, observed, hint, milliseconds, kept }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(check.kind, forKey: .kind)
        try container.encode(check.machine, forKey: .machine)
        try container.encode(check.verdict, forKey: .verdict)
        try container.encode(check.basis.rawValue, forKey: .basis)
        try container.encode(check.expected[language], forKey: .expected)
        try container.encode(check.observed[language], forKey: .observed)
        try container.encode(check.hint?[language], forKey: .hint)
        try container.encode(check.milliseconds, forKey: .milliseconds)
        try container.encode(check.kept, forKey: .kept)
    }
}
