import LabFile

/// Text laid out by the columns it takes on a terminal; styling (`ESC [ … m`) takes none.
enum Columns {
    /// The columns that a text takes.
    static func width(_ text: String) -> Int { pieces(text).reduce(0) { $0 + $1.width } }

    /// Where the text stands in its columns.
    enum Alignment: Sendable { case left, right, centre }

    /// The text with spaces up to `width` columns; a wider one stays as it is.
    static func padded(_ text: String, to width: Int, _ alignment: Alignment = .left) -> String {
        let missing = max(0, width - self.width(text))
        let before = alignment == .left ? 0 : alignment == .right ? missing : missing / 2
        return String(repeating: " ", count: before) + text + String(repeating: " ", count: missing - before)
    }

    /// The text cut to at most `width` columns, an ellipsis in the last one; styling stays balanced.
    static func truncated(_ text: String, to width: Int) -> String {
        guard self.width(text) > width else { return text }
        var result = "", used = 0, full = width < 1
        for piece in pieces(text) {
            if piece.width == 0 {
                result += piece.text
            } else if !full, used + piece.width <= width - 1 {
                result += piece.text
                used += piece.width
            } else if !full {
                result += "…"
                full = true
            }
        }
        return result
    }

    /// The text in lines of at most `width` columns, broken at spaces; a word that is wider is cut.
    static func wrapped(_ text: String, to width: Int) -> [String] {
        let width = max(2, width)
        var lines: [String] = [], line = "", used = 0
        for word in text.split(whereSeparator: { $0 == " " || $0.isNewline }) {
            let word = String(word), size = self.width(word)
            if used > 0, used + 1 + size <= width {
                line += " " + word
                used += 1 + size
                continue
            }
            if used > 0 { lines.append(line) }
            line = ""
            used = 0
            for piece in pieces(word) {
                if used + piece.width > width {
                    lines.append(line)
                    line = ""
                    used = 0
                }
                line += piece.text
                used += piece.width
            }
        }
        if !line.isEmpty || lines.isEmpty { lines.append(line) }
        return lines
    }

    /// A character, or an escape sequence that takes no column.
    private static func pieces(_ text: String) -> [(text: String, width: Int)] {
        var pieces: [(String, Int)] = [], rest = text[...]
        while let first = rest.first {
            if first == "\u{1B}", rest.dropFirst().first == "[", let end = rest.firstIndex(of: "m") {
                pieces.append((String(rest[...end]), 0))
                rest = rest[rest.index(after: end)...]
            } else {
                pieces.append((String(first), DisplayWidth.of(first)))
                rest = rest.dropFirst()
            }
        }
        return pieces
    }
}
