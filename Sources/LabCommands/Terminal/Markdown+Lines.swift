/// What a single line of Markdown is.
extension Markdown {
    /// A list item's marker and where its text begins.
    struct Item {
        var marker: String
        var bullet: Bool
        var content: Int
    }

    static func isBlank(_ line: String) -> Bool { line.allSatisfy(\.isWhitespace) }

    static func heading(_ line: String) -> Int? {
        let level = line.prefix { $0 == "#" }.count
        return (1...6).contains(level) && line.dropFirst(level).hasPrefix(" ") ? level : nil
    }

    static func fence(_ line: String) -> String? {
        let text = line.trimmed
        guard let mark = text.first, mark == "`" || mark == "~" else { return nil }
        let fence = text.prefix { $0 == mark }
        return fence.count >= 3 ? String(fence) : nil
    }

    static func isRule(_ line: String) -> Bool {
        let marks = line.filter { $0 != " " }
        guard marks.count >= 3, let first = marks.first, "-*_".contains(first) else { return false }
        return marks.allSatisfy { $0 == first }
    }

    static func item(_ line: String) -> Item? {
        let spaces = line.prefix { $0 == " " }.count
        let text = line.dropFirst(spaces)
        guard let first = text.first else { return nil }
        if "-*+".contains(first), text.dropFirst().hasPrefix(" ") {
            return Item(marker: String(first), bullet: true, content: spaces + 2)
        }
        let digits = text.prefix { ("0"..."9").contains($0) }
        let after = text.dropFirst(digits.count)
        guard (1...9).contains(digits.count), after.hasPrefix(". ") || after.hasPrefix(") ") else { return nil }
        return Item(marker: digits + String(after.prefix(1)), bullet: false, content: spaces + digits.count + 2)
    }

    static func startsBlock(_ line: String) -> Bool {
        fence(line) != nil || heading(line) != nil || isRule(line) || item(line) != nil || line.trimmed.hasPrefix(">")
    }

    static func isTableRule(_ line: String) -> Bool {
        line.contains("-") && line.contains("|") && line.allSatisfy { "-:| ".contains($0) }
    }

    /// The cells of a table's row; `\|` and a bar inside code do not part them.
    static func cells(_ line: String) -> [String] {
        var cells: [String] = [], cell = "", escaped = false, inCode = false
        var text = line.trimmed
        if text.hasPrefix("|") { text.removeFirst() }
        if text.hasSuffix("|"), !text.hasSuffix("\\|") { text.removeLast() }
        for character in text {
            if character == "|", !escaped, !inCode {
                cells.append(cell.trimmed)
                cell = ""
            } else {
                if character == "|", escaped { cell.removeLast() }
                cell.append(character)
            }
            if character == "`" { inCode.toggle() }
            escaped = character == "\\" && !escaped
        }
        return cells + [cell.trimmed]
    }
}

extension String {
    /// The text without spaces at its ends.
    var trimmed: String {
        let start = drop { $0 == " " }
        return String(start.reversed().drop { $0 == " " }.reversed())
    }
}
