import Yams

extension LabReader {
    func string(_ node: Node, _ what: String, variables: Bool = true, empty: Bool = false) -> String? {
        guard case .scalar(let scalar) = node else {
            problems.error(node, "\(what) must be text, not \(kind(of: node))")
            return nil
        }
        if scalar.string.isEmpty, !(empty && scalar.style != .plain) {
            problems.error(node, "\(what) is empty; write a text")
            return nil
        }
        if variables {
            checkVariables(scalar.string, at: node)
        } else if let use = Variables.uses(in: scalar.string).first {
            problems.error(node, part: "{{\(use.name)}}", "no variable may stand in \(what)")
        }
        return scalar.string
    }

    func checkVariables(_ text: String, at node: Node) {
        for use in Variables.uses(in: text) {
            used.insert(use.name)
            if variables.contains(use.name) { continue }
            problems.error(node, part: "{{\(use.name)}}", unknownVariable(use.name))
        }
    }

    func unknownVariable(_ name: String) -> String {
        "unknown variable \"\(name)\"\(Suggestion.text(for: name, among: variables.sorted()))"
    }

    func integer(_ node: Node, _ what: String, _ range: ClosedRange<Int>) -> Int? {
        guard case .scalar(let scalar) = node, scalar.style == .plain, let value = Int(scalar.string) else {
            problems.error(node, "\(what) must be a whole number, not \(kind(of: node))")
            return nil
        }
        guard range.contains(value) else {
            problems.error(node, "\(what) must be from \(range.lowerBound) to \(range.upperBound), not \(value)")
            return nil
        }
        return value
    }

    func boolean(_ node: Node, _ what: String) -> Bool? {
        if case .scalar(let scalar) = node, scalar.style == .plain {
            if scalar.string == "true" { return true }
            if scalar.string == "false" { return false }
        }
        problems.error(node, "\(what) must be true or false, not \(kind(of: node))")
        return nil
    }

    /// A name in `[a-z][a-z0-9-]*`.
    func name(_ node: Node, _ what: String) -> String? {
        guard let text = string(node, what, variables: false) else { return nil }
        if !keeps(text, to: Grammar.name) {
            problems.error(
                node,
                "\(what) must be lower-case letters, digits and \"-\", beginning with a letter, not \(kind(of: node))")
            return nil
        }
        return text
    }

    /// Whether the whole text keeps to a pattern of the grammar.
    func keeps(_ text: String, to pattern: String) -> Bool {
        if patterns[pattern] == nil {
            // By scalars, as ECMA-262 has it.
            patterns[pattern] = try? Regex<AnyRegexOutput>(pattern).matchingSemantics(.unicodeScalar)
        }
        return patterns[pattern].map { text.wholeMatch(of: $0) != nil } ?? false
    }

    func machine(_ node: Node, _ what: String) -> String? {
        guard let text = string(node, what, variables: false) else { return nil }
        if machines[text] == nil {
            problems.error(node, "unknown machine \"\(text)\"\(Suggestion.text(for: text, among: machineNames))")
            return nil
        }
        return text
    }

    func list<T>(_ node: Node, _ what: String, _ read: (Node) -> T?) -> [T] {
        guard case .sequence(let items) = node else {
            problems.error(node, "\(what) must be a list, not \(kind(of: node))")
            return []
        }
        return items.compactMap(read)
    }

    func localized(_ node: Node, _ what: String, variables: Bool = true) -> Localized? {
        Entries(node, what, .localized, problems).flatMap { localized($0, variables: variables) }
    }

    func localized(_ entries: Entries, variables: Bool = true) -> Localized? {
        let ko = entries["ko"].flatMap { string($0, "\"ko\" of \(entries.what)", variables: variables) }
        let en = entries["en"].flatMap { string($0, "\"en\" of \(entries.what)", variables: variables) }
        guard let ko, let en else { return nil }
        return Localized(ko: ko, en: en)
    }

    func command(_ node: Node, _ what: String) -> Command? {
        if case .sequence(let items) = node {
            if items.isEmpty { problems.error(node, "\(what) has no words; write a program and its arguments") }
            let words = items.compactMap { string($0, "a word of \(what)", empty: true) }
            return words.isEmpty || words.count != items.count ? nil : .words(words)
        }
        guard case .scalar = node else {
            problems.error(node, "\(what) must be a shell's text or a list of words, not \(kind(of: node))")
            return nil
        }
        return string(node, what).map(Command.shell)
    }
}
