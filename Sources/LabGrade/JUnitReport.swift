public import LabFile
public import LabVerifier

/// A check report as JUnit XML, for CI: one `testcase` a check, in a `testsuite` a step.
///
/// A wrong check is a `failure`, one that could not be judged an `error`, one that was not run or whose step waits is
/// `skipped`. The shape is that of the Ant task's schema, which GitLab, Jenkins and GitHub's viewers read.
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
        let checks = report.steps.flatMap { cases(of: $0) }
        var lines = [#"<?xml version="1.0" encoding="UTF-8"?>"#]
        lines.append(
            "<testsuites \(attributes([("name", "lab \(report.lab)")] + counts(checks) + [("time", time(checks))]))>")
        for step in report.steps {
            let cases = cases(of: step)
            let head = [("name", step.id)] + counts(cases) + [("time", time(cases)), ("hostname", report.session)]
            lines.append("  <testsuite \(attributes(head))>")
            lines += cases.flatMap { xml(of: $0, in: step) }
            lines.append("  </testsuite>")
        }
        return (lines + ["</testsuites>", ""]).joined(separator: "\n")
    }

    private enum Result { case passed, failed, blocked, skipped }

    private struct Case {
        var name: String
        var result: Result
        var milliseconds: Int
        var message: String
        var details: String
    }

    private func cases(of step: StepReport) -> [Case] {
        guard step.state != .waiting, !step.checks.isEmpty else {
            let done = step.state == .done
            return [
                Case(
                    name: step.title[language], result: done ? .passed : .skipped, milliseconds: 0,
                    message: done ? "" : step.state.rawValue, details: "")
            ]
        }
        return step.checks.map { check in
            let result: Result =
                switch check.verdict {
                case .pass: .passed
                case .fail: .failed
                case .blocked: .blocked
                case nil: .skipped
                }
            let details = [check.observed[language], check.hint?[language]].compactMap { $0 }.joined(separator: "\n")
            return Case(
                name: "\(check.kind): \(check.expected[language])", result: result, milliseconds: check.milliseconds,
                message: result == .failed ? check.expected[language] : check.observed[language], details: details)
        }
    }

    private func xml(of item: Case, in step: StepReport) -> [String] {
        let head = attributes([
            ("classname", "lab-\(report.lab).\(step.id)"), ("name", item.name), ("time", seconds(item.milliseconds)),
        ])
        let tag: String
        switch item.result {
        case .passed: return ["    <testcase \(head)/>"]
        case .skipped:
            return [
                "    <testcase \(head)>", "      <skipped \(attributes([("message", item.message)]))/>",
                "    </testcase>",
            ]
        case .failed: tag = "failure"
        case .blocked: tag = "error"
        }
        let message = attributes([("message", item.message), ("type", tag == "error" ? "blocked" : "fail")])
        return [
            "    <testcase \(head)>", "      <\(tag) \(message)>\(Self.escaped(item.details))</\(tag)>",
            "    </testcase>",
        ]
    }

    private func counts(_ cases: [Case]) -> [(String, String)] {
        func count(_ result: Result) -> String { String(cases.count { $0.result == result }) }
        return [
            ("tests", String(cases.count)), ("failures", count(.failed)), ("errors", count(.blocked)),
            ("skipped", count(.skipped)),
        ]
    }

    private func time(_ cases: [Case]) -> String { seconds(cases.reduce(0) { $0 + $1.milliseconds }) }

    private func seconds(_ milliseconds: Int) -> String {
        let rest = String(milliseconds % 1000)
        return "\(milliseconds / 1000)." + String(repeating: "0", count: 3 - rest.count) + rest
    }

    private func attributes(_ pairs: [(String, String)]) -> String {
        pairs.map { "\($0.0)=\"\(Self.escaped($0.1, isAttribute: true))\"" }.joined(separator: " ")
    }

    /// Text with what XML 1.0 reserves escaped and what it forbids replaced.
    static func escaped(_ text: String, isAttribute: Bool = false) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "\n", "\t", "\r": result += isAttribute ? "&#\(scalar.value);" : String(scalar)
            case _ where scalar.value < 0x20 || scalar.value == 0xFFFE || scalar.value == 0xFFFF: result += "\u{FFFD}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
