/// A JUnit XML document, for CI. The shape is that of the Ant task's schema, which GitLab, Jenkins and GitHub's viewers
/// read.
public struct JUnitDocument: Sendable {
    /// What came of a case.
    public enum Result: Sendable {
        /// As it should be.
        case passed
        /// A `failure`.
        case failed
        /// An `error`: it could not be judged.
        case blocked
        /// It was not run.
        case skipped
    }

    /// One `testcase`.
    public struct Case: Sendable {
        var name: String
        var result: Result
        var milliseconds: Int
        var message: String
        var details: String

        /// Makes a case; `message` is one line, `details` may be several.
        public init(name: String, result: Result, milliseconds: Int, message: String = "", details: String = "") {
            self.name = name
            self.result = result
            self.milliseconds = milliseconds
            self.message = message
            self.details = details
        }
    }

    /// One `testsuite`.
    public struct Suite: Sendable {
        var name: String
        var host: String
        var properties: [(name: String, value: String)]
        var cases: [Case]

        /// Makes a suite; `host` says where it ran, `properties` how.
        public init(name: String, host: String, properties: [(name: String, value: String)] = [], cases: [Case]) {
            self.name = name
            self.host = host
            self.properties = properties
            self.cases = cases
        }
    }

    private let name: String
    private let classPrefix: String
    private let suites: [Suite]

    /// Makes a document; a case's class is the prefix and its suite's name.
    public init(name: String, classPrefix: String, suites: [Suite]) {
        self.name = name
        self.classPrefix = classPrefix
        self.suites = suites
    }

    /// The document, with a final newline.
    public var xml: String {
        let all = suites.flatMap(\.cases)
        var lines = [#"<?xml version="1.0" encoding="UTF-8"?>"#]
        lines.append("<testsuites \(attributes([("name", name)] + counts(all) + [("time", time(all))]))>")
        for suite in suites {
            let head =
                [("name", suite.name)] + counts(suite.cases) + [("time", time(suite.cases)), ("hostname", suite.host)]
            lines.append("  <testsuite \(attributes(head))>")
            if !suite.properties.isEmpty {
                lines.append("    <properties>")
                lines += suite.properties.map {
                    "      <property \(attributes([("name", $0.name), ("value", $0.value)]))/>"
                }
                lines.append("    </properties>")
            }
            lines += suite.cases.flatMap { xml(of: $0, in: suite) }
            lines.append("  </testsuite>")
        }
        return (lines + ["</testsuites>", ""]).joined(separator: "\n")
    }

    private func xml(of item: Case, in suite: Suite) -> [String] {
        let head = attributes([
            ("classname", classPrefix + suite.name), ("name", item.name), ("time", seconds(item.milliseconds)),
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
