import Yams

/// Collects what is wrong with one file.
final class Problems {
    let file: String
    let lines: [String]
    private(set) var all: [Diagnostic] = []
    /// Nobody mends more than this at a time, and each takes time and memory.
    static let limit = 200
    /// Whether nothing more is taken.
    var isFull: Bool { all.count > Self.limit }

    /// What ends a line.
    enum LineEnds {
        /// LF and CR LF, as an editor has it.
        case text
        /// Those and the others that YAML 1.1 has: CR, NEL, LS and PS.
        case yaml
    }

    init(file: String, text: String, lineEnds: LineEnds = .text) {
        self.file = file
        // CR LF is one character, and no other character has an LF in it.
        let ends: Set<Character> =
            switch lineEnds {
            case .text: ["\n", "\r\n"]
            case .yaml: ["\n", "\r\n", "\r", "\u{85}", "\u{2028}", "\u{2029}"]
            }
        lines = text.split(omittingEmptySubsequences: false) { ends.contains($0) }.map(String.init)
    }

    func report(
        _ severity: Diagnostic.Severity = .error, line: Int?, column: Int? = nil, length: Int = 1,
        _ message: @autoclosure () -> String
    ) {
        // A message may take long to make: it looks for what was meant among all names there are.
        if isFull { return }
        let source = line.flatMap { lines.indices.contains($0 - 1) ? lines[$0 - 1] : nil }
        let new = Diagnostic(
            severity, file: file, line: line, column: column, length: length, message: Self.shortened(message()),
            source: source)
        if !all.contains(new) { all.append(new) }
        if all.count == Self.limit {
            all.append(
                Diagnostic(
                    severity, file: file,
                    message: "there are more than \(Self.limit) problems; mend some of these first"))
        }
    }

    /// A message quotes the file, where a word may be as long as the file.
    private static func shortened(_ message: String) -> String {
        let scalars = message.unicodeScalars
        if scalars.count <= 1000 { return message }
        return String(scalars.prefix(200)) + "…" + String(scalars.suffix(500))
    }

    func error(_ node: Node, _ message: @autoclosure () -> String) {
        let mark = node.mark
        report(line: mark?.line, column: mark?.column, length: Self.length(of: node), message())
    }

    /// Points at `part` inside the scalar `node`, wherever the file's quoting and folding put it.
    func error(_ node: Node, part: String, _ message: @autoclosure () -> String) {
        if isFull { return }
        guard let mark = node.mark, (1...max(1, lines.count)).contains(mark.line) else { return error(node, message()) }
        for line in mark.line..<min(mark.line + 200, lines.count + 1) {
            let skipped = line == mark.line ? mark.column - 1 : 0
            let text = String(String.UnicodeScalarView(lines[line - 1].unicodeScalars.dropFirst(skipped)))
            guard let range = text.firstRange(of: part) else { continue }
            let before = text.unicodeScalars.distance(from: text.startIndex, to: range.lowerBound)
            return report(
                line: line, column: skipped + before + 1, length: part.unicodeScalars.count, message())
        }
        error(node, message())
    }

    private static func length(of node: Node) -> Int {
        guard case .scalar(let scalar) = node, !scalar.string.contains("\n") else { return 1 }
        let quotes = scalar.style == .doubleQuoted || scalar.style == .singleQuoted ? 2 : 0
        return max(1, scalar.string.unicodeScalars.count + quotes)
    }
}
