import Yams

/// Turns a file's text into nodes, within bounds.
enum YAMLDocument {
    /// No lab nests deeper than this.
    static let depthLimit = 32
    /// No list and no mapping of a lab is longer than this.
    static let lengthLimit = 1000

    /// The top node; nil when there is none or it must not be walked.
    static func root(of text: String, problems: Problems) -> Node? {
        if let line = lineOfAnchors(in: text) {
            problems.report(line: line, "anchors (&) and aliases (*) are not allowed; write the values out")
            return nil
        }
        do {
            // Nothing here reads a tag: without rules, no key is matched against the patterns of numbers and dates.
            let parser = try Parser(yaml: text, resolver: .basic)
            // The parser owns the anchors that the nodes refer to weakly.
            return try withExtendedLifetime(parser) {
                guard let root = try parser.singleRoot() else {
                    problems.report(
                        line: nil, "the file is empty; a lab begins with \"lab:\", \"name:\" and \"title:\"")
                    return nil
                }
                return isBounded(root, depth: 1, problems) ? root : nil
            }
        } catch let error as YamlError {
            report(error, problems)
        } catch {
            problems.report(line: nil, "the YAML cannot be read: \(error)")
        }
        return nil
    }

    /// The line of the first anchor of a text that looks full of aliases.
    ///
    /// The parser compares keys while it composes, and a key made of aliases of aliases would keep it at that for ever:
    /// so many have to be refused before. A few, or what only looks like them in a shell's text, are left to the walk.
    private static func lineOfAnchors(in text: String) -> Int? {
        var before = UInt8(ascii: "\n"), pending: UInt8?
        var line = 1, anchors = 0, aliases = 0, first: Int?
        for byte in text.utf8 {
            let isName = byte.isASCIIAlphanumeric || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
            if pending == UInt8(ascii: "&"), isName {
                anchors += 1
                first = first ?? line
            } else if pending == UInt8(ascii: "*"), isName {
                aliases += 1
            }
            let starts = byte == UInt8(ascii: "&") || byte == UInt8(ascii: "*")
            pending = starts && " \t\r\n[]{},:?-".utf8.contains(before) ? byte : nil
            if byte == UInt8(ascii: "\n") { line += 1 }
            before = byte
        }
        return anchors >= 2 && aliases >= 16 ? first : nil
    }

    private static func isBounded(_ node: Node, depth: Int, _ problems: Problems) -> Bool {
        if node.anchor != nil {
            problems.report(
                line: node.mark?.line, column: node.mark?.column,
                "anchors (&) and aliases (*) are not allowed; write the value out")
            return false
        }
        if depth > depthLimit {
            problems.error(node, "this is nested more than \(depthLimit) levels deep; a lab needs fewer than ten")
            return false
        }
        if (node.sequence?.count ?? node.mapping?.count ?? 0) > lengthLimit {
            problems.error(node, "this has more than \(lengthLimit) entries; a lab needs fewer than a hundred")
            return false
        }
        switch node {
        case .scalar, .alias: return true
        case .sequence(let items):
            return items.reduce(true) { isBounded($1, depth: depth + 1, problems) && $0 }
        case .mapping(let pairs):
            return pairs.reduce(true) {
                isBounded($1.key, depth: depth + 1, problems) && isBounded($1.value, depth: depth + 1, problems) && $0
            }
        }
    }

    private static func report(_ error: YamlError, _ problems: Problems) {
        switch error {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            let before = context.map { $0.text.isEmpty ? "" : " \($0.text)" } ?? ""
            let words = "\(problem)\(before)".split(separator: " ").joined(separator: " ")
            // A file that ends too early is reported one past its last line.
            let line = min(max(mark.line, 1), max(problems.lines.count, 1))
            problems.report(line: line, column: mark.column, "not YAML: \(words)")
        case .duplicatedKeysInMapping(let duplicates, let context):
            let names = duplicates.map { "\"\($0)\"" }.joined(separator: ", ")
            problems.report(
                line: context.mark.line, column: context.mark.column,
                length: duplicates.first?.unicodeScalars.count ?? 1,
                "\(names) stands more than once in one mapping; keep one")
        case .reader(let problem, let offset, _, let yaml):
            guard let offset else { return problems.report(line: nil, "not YAML: \(problem)") }
            let lines = yaml.prefix(offset).split(omittingEmptySubsequences: false) { $0.isNewline }
            problems.report(
                line: lines.count, column: (lines.last?.unicodeScalars.count ?? 0) + 1, "not YAML: \(problem)")
        default:
            problems.report(line: nil, "not YAML: \(error)")
        }
    }
}

extension UInt8 {
    fileprivate var isASCIIAlphanumeric: Bool {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"):
            true
        default: false
        }
    }
}
