extension Guide {
    /// Cuts a guide's Markdown at its `## step-id` headings; headings inside fenced code do not count.
    public static func parse(_ markdown: String) -> Guide {
        var guide = Guide(introduction: "", sections: [:])
        for part in parts(of: markdown) {
            if let id = part.id {
                guide.sections[id] = guide.sections[id] ?? part.text
            } else {
                guide.introduction = part.text
            }
        }
        return guide
    }

    /// A stretch of a guide and the line of its heading, from 1.
    struct Part {
        var id: String?
        var line: Int
        var text: String
    }

    static func parts(of markdown: String) -> [Part] {
        var parts: [(id: String?, line: Int, lines: [Substring])] = [(nil, 1, [])]
        var fence: Substring?
        let plain = markdown.replacing("\r\n", with: "\n")
        for (index, line) in plain.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let trimmed = line.drop { $0 == " " }
            if let open = fence {
                let closing = trimmed.prefix { $0 == open.first }
                if closing.count >= open.count, trimmed.allSatisfy({ $0 == open.first || $0 == " " }) { fence = nil }
            } else if trimmed.hasPrefix("```") || trimmed.hasPrefix("~~~") {
                fence = trimmed.prefix { $0 == trimmed.first }
            } else if line.hasPrefix("## ") {
                let title = line.dropFirst(3).trimmingPrefix { $0 == " " }
                let id = String(title.reversed().drop { $0 == " " || $0 == "#" }.reversed())
                parts.append((id, index + 1, []))
                continue
            }
            parts[parts.count - 1].lines.append(line)
        }
        return parts.map { part in
            let blank: (Substring) -> Bool = { $0.allSatisfy(\.isWhitespace) }
            let text = part.lines.drop(while: blank).reversed().drop(while: blank).reversed()
            return Part(id: part.id, line: part.line, text: text.joined(separator: "\n"))
        }
    }
}
