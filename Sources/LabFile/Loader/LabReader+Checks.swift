import Yams

extension LabReader {
    func statement(_ node: Node, questions: Set<String>) -> CheckStatement? {
        guard let entry = Entries(node, "a check", keys: nil, problems) else { return nil }
        let common = Shape.statement.names
        let kinds = entry.pairs.filter { !common.contains($0.key) }
        guard let (kind, keyNode, value) = kinds.first else {
            problems.error(node, "this check has no kind; write one such as \"- listening: {on: …, port: …}\"")
            return nil
        }
        let spec = specs.first { $0.kind == kind }
        if spec == nil {
            problems.error(keyNode, "unknown check \"\(kind)\"\(Suggestion.text(for: kind, among: specs.map(\.kind)))")
        }
        for extra in kinds.dropFirst() {
            let known = specs.contains { $0.kind == extra.key }
            let hint = known ? "; begin another entry with \"-\"" : Suggestion.text(for: extra.key, among: common)
            problems.error(extra.keyNode, "unknown key \"\(extra.key)\" beside \"\(kind)\"\(hint)")
        }
        let within = entry["within"].flatMap(duration)
        let hint = entry["hint"].flatMap { localized($0, "hint") }
        let expect = entry["expect"].flatMap { localized($0, "expect") }
        guard let spec, let fields = fields(value, spec, questions) else { return nil }
        if let flaw = spec.flaw(fields) { problems.error(keyNode, flaw) }
        return CheckStatement(
            kind: kind, fields: fields, within: within, hint: hint, expect: expect, line: keyNode.mark?.line ?? 0)
    }

    private func duration(_ node: Node) -> Int? {
        guard let text = string(node, "within", variables: false) else { return nil }
        guard keeps(text, to: Grammar.duration), let number = Int(text.dropLast()) else {
            let most = Grammar.seconds.upperBound / 60
            problems.error(node, "within must be a time such as 20s or 2m, at most \(most)m, not \(kind(of: node))")
            return nil
        }
        return text.hasSuffix("m") ? number * 60 : number
    }

    private func fields(_ node: Node, _ spec: CheckSpec, _ questions: Set<String>) -> [String: FieldValue]? {
        let required = spec.fields.filter(\.required).map(\.name)
        guard
            let entry = Entries(
                node, "check \"\(spec.kind)\"", keys: spec.fields.map(\.name), required: required, problems)
        else { return nil }
        var result: [String: FieldValue] = [:]
        for field in spec.fields {
            guard let value = entry[field.name] else { continue }
            result[field.name] = self.value(value, field.type, "\"\(field.name)\"", questions)
        }
        return result
    }

    private func value(_ node: Node, _ type: FieldType, _ what: String, _ questions: Set<String>) -> FieldValue? {
        switch type {
        case .string: return string(node, what, empty: true).map(FieldValue.string)
        case .machine: return machine(node, what).map(FieldValue.string)
        case .question: return question(node, questions).map(FieldValue.string)
        case .integer: return number(node, what, Int.min...Int.max)
        case .port: return number(node, what, Grammar.port)
        case .boolean: return boolean(node, what).map(FieldValue.boolean)
        case .oneOf(let words):
            guard let text = string(node, what) else { return nil }
            if !words.contains(text), Variables.uses(in: text).isEmpty {
                problems.error(node, "\(what) cannot be \"\(text)\"\(Suggestion.text(for: text, among: words))")
            }
            return .string(text)
        case .list(let element):
            guard case .sequence(let items) = node else {
                return value(node, element, what, questions).map { .list([$0]) }
            }
            return .list(items.compactMap { value($0, element, "an entry of \(what)", questions) })
        case .map(let element):
            guard let entry = Entries(node, what, keys: nil, problems) else { return nil }
            var map: [String: FieldValue] = [:]
            for pair in entry.pairs { map[pair.key] = value(pair.value, element, "\"\(pair.key)\"", questions) }
            return .map(map)
        case .command:
            switch command(node, what) {
            case .shell(let text)?: return .string(text)
            case .words(let words)?: return .list(words.map(FieldValue.string))
            case nil: return nil
            }
        }
    }

    /// A whole number, or a text that is one variable, with digits before or after it or none.
    private func number(_ node: Node, _ what: String, _ range: ClosedRange<Int>) -> FieldValue? {
        if case .scalar(let scalar) = node, !Variables.uses(in: scalar.string).isEmpty {
            checkVariables(scalar.string, at: node)
            if !keeps(scalar.string, to: Grammar.variableNumber) {
                problems.error(
                    node,
                    "\(what) must be a whole number, or one variable with only digits beside it, not \(kind(of: node))")
            }
            return .string(scalar.string)
        }
        return integer(node, what, range).map(FieldValue.integer)
    }
}
