public import LabFile

/// A proof as one page of HTML that needs nothing else: the matrix, then what each trial did and what each check said.
public struct ProofPage: Sendable {
    private let proof: Proof
    private let language: Language

    /// Wraps a proof.
    public init(_ proof: Proof, language: Language) {
        self.proof = proof
        self.language = language
    }

    /// The page.
    public var html: String {
        let title = "\(proof.lab.number) · \(proof.lab.title[language])"
        var lines = [
            "<!DOCTYPE html>",
            "<html lang=\"\(language.rawValue)\"><head><meta charset=\"utf-8\">",
            "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">",
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">",
            "<title>\(Self.escaped(title))</title>", "<style>\(Self.style)</style></head><body>",
            "<h1>\(Self.escaped(title))</h1>", "<p>\(Self.escaped(summary))</p>",
        ]
        lines += matrix
        for step in proof.steps { lines += section(step) }
        return (lines + ["</body></html>", ""]).joined(separator: "\n")
    }

    private func word(_ korean: String, _ english: String) -> String { language == .ko ? korean : english }

    private var summary: String {
        let mutants = proof.cells.filter(\.trial.kind.isMutant)
        let rejected = mutants.count { $0.standing == .right }
        return word(
            "돌연변이 \(mutants.count)개 가운데 \(rejected)개를 거절했고, \(proof.survivors.count)개가 살아남았어요.",
            "\(rejected) of \(mutants.count) mutants rejected, \(proof.survivors.count) survived.") + " " + ground
    }

    private var ground: String {
        let machines = proof.accelerators.joined(separator: ", ")
        guard !machines.isEmpty else { return "" }
        return word("기계: \(machines). 실행: \(proof.runs)번.", "Machines: \(machines). Runs: \(proof.runs).")
    }

    private var matrix: [String] {
        let kinds = Trial.Kind.allCases.filter { kind in proof.cells.contains { $0.trial.kind == kind } }
        var lines = ["<div class=\"wide\"><table><thead><tr><th></th>"]
        lines[0] += kinds.map { "<th>\($0.rawValue)</th>" }.joined() + "</tr></thead><tbody>"
        for step in proof.steps {
            let cells = proof.cells(of: step.id)
            let row = kinds.map { kind -> String in
                let group = cells.filter { $0.trial.kind == kind }
                guard !group.isEmpty else { return "<td></td>" }
                let worst = Self.order.first { standing in group.contains { $0.standing == standing } } ?? .right
                let right = group.count { $0.standing == .right }
                return "<td class=\"\(worst.rawValue)\">\(right)/\(group.count)</td>"
            }
            lines.append(
                "<tr><th><a href=\"#\(step.id)\">\(Self.escaped(step.id))</a></th>\(row.joined())</tr>")
        }
        return lines + ["</tbody></table></div>"]
    }

    private static let order: [Proof.Standing] = [.wrong, .unjudged, .unplayed, .excused, .moot, .right]

    private func section(_ step: Step) -> [String] {
        var lines = ["<h2 id=\"\(step.id)\">\(Self.escaped("\(step.id) · \(step.title[language])"))</h2>"]
        let cells = proof.cells(of: step.id)
        let checks = cells.flatMap(\.results).compactMap { $0 }.first?.checks ?? []
        lines.append("<div class=\"wide\"><table><thead><tr><th></th>")
        lines[lines.count - 1] += checks.map { "<th>\(Self.escaped($0.kind))</th>" }.joined() + "</tr></thead><tbody>"
        for cell in cells {
            let name = "\(cell.trial.kind.rawValue) · \(cell.trial.name)"
            let seen = cell.telling
            let verdicts = checks.indices.map { place -> String in
                guard let seen, seen.checks.indices.contains(place) else { return "<td></td>" }
                let check = seen.checks[place]
                let sign = ["pass": "✔", "fail": "✘", "blocked": "?"][check.verdict ?? ""] ?? "·"
                return "<td title=\"\(Self.escaped(check.observed[language]))\">\(sign)</td>"
            }
            lines.append(
                "<tr><th class=\"\(cell.standing.rawValue)\">\(details(cell, name))</th>\(verdicts.joined())</tr>")
        }
        return lines + ["</tbody></table></div>"]
    }

    private func details(_ cell: Proof.Cell, _ name: String) -> String {
        var inside: [String] = [cell.standing.rawValue]
        if let excuse = cell.excuse { inside.append(word("까닭: ", "excused: ") + excuse.reason) }
        if cell.differs { inside.append(word("실행할 때마다 달랐어요", "its runs differ")) }
        for check in cell.telling?.checks ?? [] {
            inside.append("\(check.verdict ?? "-") \(check.kind): \(check.observed[language])")
        }
        if let note = cell.telling?.note { inside.append(note) }
        let items = inside.map { "<li>\(Self.escaped($0))</li>" }.joined()
        return "<details><summary>\(Self.escaped(name))</summary><ul>\(items)</ul></details>"
    }

    /// Text that cannot be markup, in an attribute neither.
    static func escaped(_ text: String) -> String {
        var result = ""
        for character in text.unicodeScalars {
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            default: result.unicodeScalars.append(character)
            }
        }
        return result
    }

    private static let style = """
        :root{color-scheme:light dark}body{font:15px/1.5 system-ui,sans-serif;margin:2rem;max-width:72rem}
        table{border-collapse:collapse}th,td{border:1px solid #8886;padding:.2rem .5rem;text-align:left;vertical-align:top}
        td{text-align:center}.wide{overflow-x:auto}th{font-weight:500}
        .right{background:#2a92}.wrong{background:#d335}.excused{background:#da14}.unjudged,.unplayed,.moot{background:#8883}
        """
}
