import LabAuthoring
import LabFile
import LabGrade

extension Proof {
    /// The proof as JUnit XML: a `testcase` a trial, in a `testsuite` a step.
    func junit(_ language: Language) -> String {
        let suites = steps.map { step in
            JUnitDocument.Suite(
                name: step.id, host: "lab-test",
                properties: (accelerators.isEmpty ? [] : [("accelerator", accelerators.joined(separator: ", "))])
                    + [("runs", "\(runs)")],
                cases: cells(of: step.id).map { Self.entry($0, language) })
        }
        return JUnitDocument(name: "lab test \(lab.number)", classPrefix: "lab-\(lab.number).", suites: suites).xml
    }

    private static func entry(_ cell: Cell, _ language: Language) -> JUnitDocument.Case {
        let result: JUnitDocument.Result =
            switch cell.standing {
            case .right, .excused: .passed
            case .wrong: .failed
            case .unjudged: .blocked
            case .unplayed, .moot: .skipped
            }
        let seconds = cell.results.compactMap { $0?.seconds }.reduce(0, +)
        let details = (cell.telling?.checks ?? []).map { "\($0.verdict ?? "-") \($0.kind): \($0.observed[language])" }
        return JUnitDocument.Case(
            name: "\(cell.trial.kind.rawValue): \(cell.trial.name)", result: result, milliseconds: Int(seconds * 1000),
            message:
                "expected \(cell.trial.kind.expectation.rawValue), was \(cell.telling?.outcome.rawValue ?? "not played")",
            details: details.joined(separator: "\n"))
    }
}
