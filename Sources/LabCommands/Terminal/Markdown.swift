/// Renders a guide's Markdown as lines for a terminal.
///
/// Knows headings, paragraphs, lists, fenced code, block quotes, tables and rules: what guides are written in.
struct Markdown {
    /// The columns there are.
    var width = 80
    /// Whether the lines are styled.
    var style = Style.plain

    /// The lines, without trailing blank ones.
    func lines(_ text: String) -> [String] {
        // A guide must not steer the terminal.
        let safe = text.replacing("\r\n", with: "\n").replacing("\t", with: "    ")
            .unicodeScalars.filter { $0 == "\n" || ($0.value >= 0x20 && !(0x7F..<0xA0).contains($0.value)) }
        let source = String(String.UnicodeScalarView(safe))
            .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        return blocks(source[...], width: max(width, 20), depth: 0)
    }

    private var inline: MarkdownInline { MarkdownInline(style: style) }

    private func blocks(_ source: ArraySlice<String>, width: Int, depth: Int) -> [String] {
        var result: [String] = [], rest = source
        while let line = rest.first {
            if Self.isBlank(line) {
                rest.removeFirst()
                if result.last.map({ !$0.isEmpty }) == true { result.append("") }
            } else if Self.fence(line) != nil {
                result += code(&rest)
            } else if let level = Self.heading(line) {
                rest.removeFirst()
                let text = inline.render(String(line.dropFirst(level)).trimmed)
                result += Columns.wrapped(text, to: width).map(style.bold)
                if level == 1 { result.append(String(repeating: "═", count: min(width, Columns.width(text)))) }
            } else if Self.isRule(line) {
                rest.removeFirst()
                result.append(String(repeating: "─", count: min(width, 40)))
            } else if depth < 8, line.trimmed.hasPrefix(">") {
                let quoted = rest.prefix { $0.trimmed.hasPrefix(">") }
                rest = rest.dropFirst(quoted.count)
                let inner = quoted.map { line in
                    let text = line.trimmed.dropFirst()
                    return String(text.hasPrefix(" ") ? text.dropFirst() : text)
                }
                result += blocks(inner[...], width: max(10, width - 2), depth: depth + 1)
                    .map { style.dim("│") + ($0.isEmpty ? "" : " \($0)") }
            } else if depth < 8, let item = Self.item(line) {
                result += list(item, &rest, width: width, depth: depth)
            } else if line.contains("|"), rest.dropFirst().first.map(Self.isTableRule) == true {
                result += table(&rest, width: width)
            } else {
                result += paragraph(&rest, width: width)
            }
        }
        while result.last?.isEmpty == true { result.removeLast() }
        return result
    }

    private func code(_ rest: inout ArraySlice<String>) -> [String] {
        guard let open = rest.popFirst(), let fence = Self.fence(open) else { return [] }
        let margin = open.prefix { $0 == " " }.count
        var lines: [String] = []
        while let line = rest.popFirst() {
            if let end = Self.fence(line), end.first == fence.first, end.count >= fence.count, line.trimmed == end {
                break
            }
            let spaces = min(margin, line.prefix { $0 == " " }.count)
            // Code is not wrapped: it must be copied as it stands.
            lines.append("    " + style.cyan(String(line.dropFirst(spaces))))
        }
        return lines
    }

    private func list(_ item: Item, _ rest: inout ArraySlice<String>, width: Int, depth: Int) -> [String] {
        guard let line = rest.popFirst() else { return [] }
        var inner = [String(line.dropFirst(item.content))]
        while let next = rest.first {
            let spaces = next.prefix { $0 == " " }.count
            if Self.isBlank(next) {
                // A blank line belongs to the item when what follows is indented under it.
                let following = rest.first { !Self.isBlank($0) }
                guard let following, following.prefix(while: { $0 == " " }).count >= item.content else { break }
                inner.append("")
            } else if spaces >= item.content {
                inner.append(String(next.dropFirst(item.content)))
            } else if Self.item(next) == nil, !Self.startsBlock(next), inner.last.map(Self.isBlank) == false {
                inner.append(next.trimmed)
            } else {
                break
            }
            rest.removeFirst()
        }
        let marker = item.bullet ? "•" : item.marker
        let indent = Columns.width(marker) + 1
        let lines = blocks(inner[...], width: max(10, width - indent), depth: depth + 1)
        let pad = String(repeating: " ", count: indent)
        if lines.isEmpty { return [marker] }
        return lines.enumerated().map { $0 == 0 ? "\(marker) \($1)" : $1.isEmpty ? "" : pad + $1 }
    }

    private func table(_ rest: inout ArraySlice<String>, width: Int) -> [String] {
        let source = rest.prefix { $0.contains("|") && !Self.isBlank($0) }
        rest = rest.dropFirst(source.count)
        var rows = source.map(Self.cells)
        let alignments: [Columns.Alignment] = rows.remove(at: 1).map { rule in
            rule.hasSuffix(":") ? (rule.hasPrefix(":") ? .centre : .right) : .left
        }
        let rendered = rows.map { $0.map { inline.render($0) } }
        let table = Table(headings: rendered[0], rows: Array(rendered.dropFirst()), alignments: alignments)
        var lines = table.lines(width: width, style: style)
        let rule = lines.map(Columns.width).max() ?? 0
        lines.insert(style.dim(String(repeating: "─", count: rule)), at: 1)
        return lines
    }

    private func paragraph(_ rest: inout ArraySlice<String>, width: Int) -> [String] {
        var parts: [String] = [], result: [String] = []
        func flush() {
            result += Columns.wrapped(inline.render(parts.joined(separator: " ")), to: width)
            parts = []
        }
        while let line = rest.first, !Self.isBlank(line), parts.isEmpty && result.isEmpty || !Self.startsBlock(line) {
            rest.removeFirst()
            parts.append(line.trimmed.hasSuffix("\\") ? String(line.trimmed.dropLast()) : line.trimmed)
            if line.hasSuffix("  ") || line.trimmed.hasSuffix("\\") { flush() }
        }
        if !parts.isEmpty { flush() }
        return result
    }
}
