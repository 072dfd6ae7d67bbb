import LabAuthoring
import LabFile

/// A proof as a person reads it: the matrix of steps by kinds of trials, then what did not come out as it must.
struct ProofView {
    let proof: Proof
    let language: Language
    let style: Style

    /// The lines.
    func lines() -> [String] {
        matrix + [""] + wrong + excused + remarks + [summary] + ground
    }

    private func say(_ korean: String, _ english: String) -> String { language == .ko ? korean : english }

    private var matrix: [String] {
        let kinds = Trial.Kind.allCases.filter { kind in proof.cells.contains { $0.trial.kind == kind } }
        let rows = proof.steps.map { step in
            let cells = proof.cells(of: step.id)
            return [step.id] + kinds.map { kind in mark(cells.filter { $0.trial.kind == kind }) }
        }
        let headings = [say("단계", "STEP")] + kinds.map(\.rawValue)
        return Table(headings: headings, rows: rows).lines(style: style)
    }

    private func mark(_ cells: [Proof.Cell]) -> String {
        guard !cells.isEmpty else { return "" }
        let right = cells.count { $0.standing == .right }
        let excused = cells.count { $0.standing == .excused }
        let count = cells.count == 1 ? "" : " \(right)/\(cells.count)"
        func has(_ standing: Proof.Standing) -> Bool { cells.contains { $0.standing == standing } }
        if has(.wrong) { return style.red("✘") + count }
        if has(.unjudged) { return style.yellow("?") + count }
        if has(.unplayed) { return style.dim("·") + count }
        return style.green("✔") + count + (excused > 0 ? " +\(excused)" : "")
    }

    private var wrong: [String] {
        proof.cells.filter { $0.standing == .wrong || $0.standing == .unjudged }.flatMap { cell -> [String] in
            let head: String
            switch (cell.standing, cell.trial.kind) {
            case (.unjudged, _): head = style.yellow(say("판정하지 못함", "not judged"))
            case (_, let kind) where kind.isMutant: head = style.red(say("살아남음", "survived"))
            case (_, .fresh), (_, .before): head = style.red(say("하기 전부터 끝나 있음", "done before its solution"))
            case (_, .lookless):
                head = style.red(say("보기만 한다는 명령이 꼭 필요함", "marked as only looking, and needed"))
            case (_, .end): head = style.red(say("끝까지 유지되지 않음", "not passed at the end"))
            default: head = style.red(say("풀이가 통하지 않음", "its solution does not work"))
            }
            var lines = ["\(head): \(cell.trial.step) · \(cell.trial.name)"]
            for check in cell.telling?.checks ?? [] {
                let sign = ["pass": "✔", "fail": "✘", "blocked": "?"][check.verdict ?? ""] ?? "·"
                let observed = check.observed[language].split(separator: "\n")
                lines.append("    \(sign) \(check.kind): \(observed.first ?? "")")
                if check.verdict != "pass" { lines += observed.dropFirst().map { "        \($0)" } }
            }
            if cell.telling?.checks.isEmpty ?? false { lines.append("    " + say("검사가 없어요", "it has no check")) }
            if let note = cell.telling?.note { lines.append("    " + note) }
            return lines
        }
    }

    private var excused: [String] {
        proof.cells.filter { $0.standing == .excused }.map { cell in
            let head = say("까닭 있음", "excused")
            return "\(head): \(cell.trial.step) · \(cell.trial.name)\n    \(cell.excuse?.reason ?? "")"
        }
    }

    private var remarks: [String] {
        var lines: [String] = []
        for (step, excuse) in proof.needless {
            let text = say("까닭이 가리키는 돌연변이가 없음", "an excuse names no derived mutant")
            lines.append(style.red(text) + ": \(step) · \(excuse.mutant)")
        }
        for cell in proof.overexcused {
            let text = say("거절됐으니 까닭이 필요 없음", "rejected, so its excuse is not needed")
            lines.append("\(text): \(cell.trial.step) · \(cell.trial.name)")
        }
        for cell in proof.differing {
            let outcomes = cell.results.map { result -> String in
                guard let result else { return "-" }
                let by = result.rejectedBy.joined(separator: ", ")
                return result.outcome.rawValue + (by.isEmpty ? "" : " (\(by))")
            }
            let text = style.yellow(say("실행할 때마다 다름", "its runs differ"))
            lines.append("\(text): \(cell.trial.step) · \(cell.trial.name): " + outcomes.joined(separator: " | "))
        }
        for (step, check) in proof.idle {
            let text = say("아무 돌연변이도 거절하지 않은 검사", "a check that rejected nothing")
            lines.append("\(text): \(step) · \(check.kind): \(check.expected[language])")
        }
        return lines
    }

    /// On what it was played; nothing while nothing was.
    private var ground: [String] {
        let machines = proof.accelerators.joined(separator: ", ")
        guard !machines.isEmpty else { return [] }
        return [say("기계: \(machines). 실행: \(proof.runs)번.", "Machines: \(machines). Runs: \(proof.runs).")]
    }

    private var summary: String {
        let mutants = proof.cells.filter(\.trial.kind.isMutant)
        let rejected = mutants.count { $0.standing == .right }
        let excused = mutants.count { $0.standing == .excused }
        let unplayed = proof.cells.count { $0.standing == .unplayed }
        let rest = unplayed == 0 ? "" : say(" 하지 못한 것 \(unplayed)개.", " \(unplayed) trials not played.")
        return say(
            "돌연변이 \(mutants.count)개: 거절 \(rejected), 까닭 있음 \(excused), 살아남음 \(proof.survivors.count).\(rest)",
            "\(mutants.count) mutants: \(rejected) rejected, \(excused) excused, \(proof.survivors.count) survived.\(rest)"
        )
    }
}
