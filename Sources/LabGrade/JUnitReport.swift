import Foundation
public import LabFile
public import LabVerifier

/// A check report as JUnit XML, for CI: one `testcase` a check, in a `testsuite` a step.
///
/// A wrong check is a `failure`, one that could not be judged an `error`, one that was not run or whose step waits is
/// `skipped`. A step whose turn has not come since what it needs could not be judged is an `error`, too. What a step earned is
/// in its suite's properties.
public struct JUnitReport: Sendable {
    /// What is reported.
    public var report: CheckReport
    /// The language of the texts.
    public var language: Language

    /// Wraps a report.
    public init(_ report: CheckReport, language: Language) {
        self.report = report
        self.language = language
    }

    /// The document, with a final newline.
    public var xml: String {
        let suites = report.steps.map {
            JUnitDocument.Suite(
                name: $0.id, host: report.session, properties: properties(of: $0), cases: cases(of: $0))
        }
        return JUnitDocument(name: "lab \(report.lab)", classPrefix: "lab-\(report.lab).", suites: suites).xml
    }

    private func properties(of step: StepReport) -> [(name: String, value: String)] {
        [
            ("student", report.student), ("lab-name", report.name), ("lab-digest", report.digest),
            ("accelerator", report.accelerator), ("date", report.date.formatted(.iso8601)),
            ("state", step.state.rawValue), ("points", "\(step.points.earned)"),
            ("points-possible", "\(step.points.possible)"), ("hint-cost", "\(step.hintCost)"),
            ("solved-by-lab", "\(step.isSolved)"),
        ]
    }

    private func cases(of step: StepReport) -> [JUnitDocument.Case] {
        guard step.state != .waiting, !step.checks.isEmpty else {
            let result: JUnitDocument.Result =
                step.state == .done ? .passed : step.verdict == .blocked ? .blocked : .skipped
            let behind = Localized(
                ko: "앞 단계를 판정하지 못해서 차례가 오지 않았어요", en: "what it needs could not be judged")
            return [
                JUnitDocument.Case(
                    name: step.title[language], result: result, milliseconds: 0,
                    message: result == .passed ? "" : result == .blocked ? behind[language] : step.state.rawValue)
            ]
        }
        return step.checks.map { check in
            let result: JUnitDocument.Result =
                switch check.verdict {
                case .pass: .passed
                case .fail: .failed
                case .blocked: .blocked
                case nil: .skipped
                }
            let details = [check.observed[language], check.hint?[language]].compactMap { $0 }.joined(separator: "\n")
            return JUnitDocument.Case(
                name: "\(check.kind): \(check.expected[language])", result: result, milliseconds: check.milliseconds,
                message: result == .failed ? check.expected[language] : check.observed[language], details: details)
        }
    }
}
