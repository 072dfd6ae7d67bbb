import Yams

/// Collects what is wrong with one file.
final class Problems {
    let file: String
    let lines: [String]
    private(set) var all: [Diagnostic] = []

    init(file: String, text: String) {
        self.file = file
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        lines = lines.map { $0.hasSuffix("\r") ? String($0.dropLast()) : $0 }
        self.lines = lines
    }

    func report(
        _ severity: Diagnostic.Severity = .error, line: Int?, column: Int? = nil, length: Int = 1, _ message: String
    ) {
        let source = line.flatMap { lines.indices.contains($0 - 1) ? lines[$0 - 1] : nil }
        let new = Diagnostic(
            severity, file: file, line: line, column: column, length: length, message: message, source: source)
        if !all.contains(new) { all.append(new) }
    }

    func error(_ node: Node, _ message: String) {
        let mark = node.mark
        report(line: mark?.line, column: mark?.column, length: Self.length(of: node), message)
    }

    /// Points at `part` inside the scalar `node`, wherever the file's quoting and folding put it.
    func error(_ node: Node, part: String, _ message: String) {
        guard let mark = node.mark else { return error(node, message) }
        for line in mark.line..<min(mark.line + 200, lines.count + 1) where line >= 1 {
            let skipped = line == mark.line ? mark.column - 1 : 0
            let text = String(String.UnicodeScalarView(lines[line - 1].unicodeScalars.dropFirst(skipped)))
            guard let range = text.firstRange(of: part) else { continue }
            let before = text.unicodeScalars.distance(from: text.startIndex, to: range.lowerBound)
            return report(
                line: line, column: skipped + before + 1, length: part.unicodeScalars.count, message)
        }
        error(node, message)
    }

    private static func length(of node: Node) -> Int {
        guard case .scalar(let scalar) = node, !scalar.string.contains("\n") else { return 1 }
        let quotes = scalar.style == .doubleQuoted || scalar.style == .singleQuoted ? 2 : 0
        return max(1, scalar.string.unicodeScalars.count + quotes)
    }
}
