import Foundation
import LabFile
import LabVerifier

/// A report of the checks as a person reads it.
struct CheckView {
    let lab: Lab
    let language: Language
    let style: Style
    let width: Int

    /// The whole report; steps that wait after the last one that does not are summed up in a line.
    func render(_ report: CheckReport, seconds: Double?) -> String {
        var lines: [String] = []
        let shown = report.steps
        let lastActive = shown.lastIndex { $0.state != .waiting } ?? -1
        for (index, step) in shown.enumerated() {
            if index > lastActive + 1, shown.count > 1 {
                let rest = shown.count - index
                lines.append("   … " + say("\(rest)개 단계가 더 있어요", "\(rest) more step\(rest == 1 ? " waits" : "s wait")"))
                break
            }
            lines += self.lines(step)
        }
        lines.append("")
        lines.append(summary(report, seconds: seconds))
        return lines.joined(separator: "\n")
    }

    private func lines(_ step: StepReport) -> [String] {
        let number = (lab.steps.firstIndex { $0.id == step.id } ?? 0) + 1
        let mark: String
        let right: String
        switch (step.state, step.verdict) {
        case (.waiting, _): (mark, right) = (dim("·"), say("기다림", "waiting"))
        case (.done, _): (mark, right) = (green("✔"), "\(step.points.earned)/\(step.points.possible)")
        case (.open, .blocked): (mark, right) = (yellow("?"), say("판정 못 함", "not judged"))
        case (.open, .fail): (mark, right) = (red("✘"), "0/\(step.points.possible)")
        case (.open, _): (mark, right) = (dim("○"), say("확인 전", "to be checked"))
        }
        let title = Columns.padded(step.title[language], to: max(20, width - 42))
        var lines = [
            " \(mark) \(Columns.padded(String(number), to: 3))\(Columns.padded(step.id, to: 20)) \(title) \(right)"
        ]
        guard step.state != .done, !step.checks.isEmpty else { return lines }
        for check in step.checks { lines += self.lines(check) }
        return lines
    }

    private func lines(_ check: CheckOutcome) -> [String] {
        let basis = check.basis == .outside ? dim(say("  (밖에서 봄)", "  (seen from outside)")) : ""
        switch check.verdict {
        case .pass: return ["      \(green("✔")) \(check.expected[language])\(basis)"]
        case nil: return ["      \(dim("○")) \(check.expected[language])"] + indented(check.observed[language])
        case .fail, .blocked:
            let mark = check.verdict == .fail ? red("✘") : yellow("?")
            var lines = ["      \(mark) \(check.expected[language])\(basis)"] + indented(check.observed[language])
            if let hint = check.hint { lines += indented(say("힌트: ", "Hint: ") + hint[language]) }
            return lines
        }
    }

    private func indented(_ text: String) -> [String] {
        text.split(separator: "\n", omittingEmptySubsequences: true).map { "        \($0)" }
    }

    private func summary(_ report: CheckReport, seconds: Double?) -> String {
        let done = report.steps.filter { $0.state == .done }.count
        let checks = report.steps.flatMap(\.checks)
        let failed = checks.filter { $0.verdict == .fail }.count
        let blocked = checks.filter { $0.verdict == .blocked }.count
        let time = seconds.map { String(format: "%.1f", $0) }
        let (earned, possible) = (report.points.earned, report.points.possible)
        return say(
            "\(report.steps.count)단계 가운데 \(done)단계 끝남, \(possible)점 가운데 \(earned)점. 실패 \(failed)개. 판정 못 함 \(blocked)개."
                + (time.map { "  \($0)초" } ?? ""),
            "\(done) of \(report.steps.count) steps, \(earned) of \(possible) points. \(failed) failed. "
                + "\(blocked) could not be judged."
                + (time.map { "  checked in \($0) s" } ?? ""))
    }

    private func say(_ ko: String, _ en: String) -> String { language == .ko ? ko : en }
    private func green(_ text: String) -> String { style.green(text) }
    private func red(_ text: String) -> String { style.red(text) }
    private func yellow(_ text: String) -> String { style.yellow(text) }
    private func dim(_ text: String) -> String { style.dim(text) }
}
