public import LabFile
public import LabVerifier

/// A check report as JUnit XML, for CI: one `testcase` a check, in a `testsuite` a step.
///
/// A wrong check is a `failure`, one that could not be judged an `error`, one that was not run or whose step waits is
/// `skipped`.
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
                name: $0.id, host: report.session, properties: [("accelerator", report.accelerator)],
                cases: cases(of: $0))
        }
        return JUnitDocument(name: "lab \(report.lab)", classPrefix: "lab-\(report.lab).", suites: suites).xml
    }

    private func cases(of step: StepReport) -> [JUnitDocument.Case] {
        guard step.state != .waiting, !step.checks.isEmpty else {
            let done = step.state == .done
            return [
                JUnitDocument.Case(
                    name: step.title[language], result: done ? .passed : .skipped, milliseconds: 0,
                    message: done ? "" : step.state.rawValue)
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
