/// Renders what stands inside a paragraph: code, bold, emphasis, links, escapes.
struct MarkdownInline {
    let style: Style

    func render(_ text: some StringProtocol) -> String {
        let characters = Array(text)
        var result = "", index = 0
        while index < characters.count {
            let character = characters[index]
            if character == "\\", index + 1 < characters.count,
                characters[index + 1].isPunctuation || "`*_<>|".contains(characters[index + 1])
            {
                result.append(characters[index + 1])
                index += 2
            } else if character == "`", let (code, end) = code(characters, index) {
                result += style.enabled ? style.cyan(code) : "`\(code)`"
                index = end
            } else if character == "*" || character == "_", let (inner, end, strong) = emphasis(characters, index) {
                let text = render(String(inner))
                result += strong ? style.bold(text) : style.underlined(text)
                index = end
            } else if character == "[", let (label, address, end) = link(characters, index) {
                let text = render(label)
                result += style.underlined(text) + (label == address ? "" : " (\(address))")
                index = end
            } else if character == "<", let close = characters[index...].firstIndex(of: ">"),
                ["http://", "https://"].contains(where: { String(characters[(index + 1)..<close]).hasPrefix($0) })
            {
                result += style.underlined(String(characters[(index + 1)..<close]))
                index = close + 1
            } else {
                result.append(character)
                index += 1
            }
        }
        return result
    }

    private func code(_ text: [Character], _ start: Int) -> (String, Int)? {
        let ticks = text[start...].prefix { $0 == "`" }.count
        var index = start + ticks
        while index < text.count {
            let run = text[index...].prefix { $0 == "`" }.count
            if run == ticks {
                var code = String(text[(start + ticks)..<index])
                if code.hasPrefix(" "), code.hasSuffix(" "), code.count > 2 {
                    code = String(code.dropFirst().dropLast())
                }
                return (code, index + run)
            }
            index += max(run, 1)
        }
        return nil
    }

    private func emphasis(_ text: [Character], _ start: Int) -> ([Character], Int, Bool)? {
        let mark = text[start]
        let size = min(2, text[start...].prefix { $0 == mark }.count)
        let first = start + size
        guard first < text.count, !text[first].isWhitespace else { return nil }
        // An underscore inside a word, such as in authorized_keys, is a character like any other.
        if mark == "_", start > 0, text[start - 1].isLetter || text[start - 1].isNumber { return nil }
        var index = first + 1
        while index + size <= text.count {
            if text[index..<(index + size)].allSatisfy({ $0 == mark }), !text[index - 1].isWhitespace {
                let after = index + size
                let inWord = mark == "_" && after < text.count && (text[after].isLetter || text[after].isNumber)
                if !inWord { return (Array(text[first..<index]), after, size == 2) }
            }
            index += 1
        }
        return nil
    }

    private func link(_ text: [Character], _ start: Int) -> (String, String, Int)? {
        guard let close = text[start...].firstIndex(of: "]"), close + 1 < text.count, text[close + 1] == "(",
            let end = text[(close + 1)...].firstIndex(of: ")")
        else { return nil }
        return (String(text[(start + 1)..<close]), String(text[(close + 2)..<end]), end + 1)
    }
}
