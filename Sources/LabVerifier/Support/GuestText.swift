extension StringProtocol {
    /// The lines of a guest's text, which a line feed ends and nothing else.
    ///
    /// In Swift CR LF is one character, so a text that is split at the character "\n" keeps such lines together. A CR at
    /// the end stays, as it may be part of a name; `droppingReturn` takes one away from each line, for text that a person
    /// wrote: there it belongs to the line's end. What comes after `maxSplits` lines is one piece.
    func lines(droppingReturn: Bool = false, maxSplits: Int = .max, omittingEmpty: Bool = true) -> [SubSequence] {
        let lines = utf8.split(
            separator: UInt8(ascii: "\n"), maxSplits: maxSplits, omittingEmptySubsequences: omittingEmpty
        ).map { self[$0.startIndex..<$0.endIndex] }
        guard droppingReturn else { return lines }
        let short = lines.map { $0.withoutReturn }
        return omittingEmpty ? short.filter { !$0.isEmpty } : short
    }

    /// The text without the CR that ends a line in CR LF.
    var withoutReturn: SubSequence {
        unicodeScalars.last == "\r" ? self[..<unicodeScalars.index(before: endIndex)] : self[...]
    }
}

extension String {
    /// Whether a text stands in a guest's, whatever the letters beside it; lines may end in CR LF where its own end in LF.
    func holds(_ text: String) -> Bool {
        if contains(text) { return true }
        let bytes = Array(utf8)
        return bytes.holds(text) || Array(replacing("\r\n", with: "\n").utf8).holds(text)
    }
}

/// Text from a machine, fit to be shown: one line, nothing that moves the cursor or turns the text around, not too long.
func shown(_ text: some StringProtocol, limit: Int = 160) -> String {
    let line = text.unicodeScalars.prefix(limit).map { scalar in
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: " "
        default: String(scalar)
        }
    }
    return line.joined() + (text.unicodeScalars.count > limit ? "…" : "")
}
