import Yams

/// A mapping of the file, whose keys are known.
struct Entries {
    let node: Node
    let what: String
    let pairs: [(key: String, keyNode: Node, value: Node)]
    let problems: Problems

    /// Reads a mapping of a shape, and reports what is no mapping, every unknown key and every key that is missing.
    init?(_ node: Node, _ what: String, _ shape: Shape, _ problems: Problems) {
        self.init(node, what, keys: shape.names, required: shape.required, problems)
    }

    /// Reads a mapping and reports what is no mapping, every key that is not among `keys` (nil: any key), and those of
    /// `required` that are missing.
    init?(_ node: Node, _ what: String, keys: [String]?, required: [String] = [], _ problems: Problems) {
        guard case .mapping(let mapping) = node else {
            problems.error(node, "\(what) must be a mapping (key: value), not \(kind(of: node))")
            return nil
        }
        self.node = node
        self.what = what
        self.problems = problems
        var pairs: [(String, Node, Node)] = []
        for (key, value) in mapping {
            guard case .scalar(let scalar) = key else {
                problems.error(key, "a key must be a plain word")
                continue
            }
            if let keys, !keys.contains(scalar.string) {
                let hint = Suggestion.text(for: scalar.string, among: keys)
                problems.error(key, "unknown key \"\(scalar.string)\" in \(what)\(hint)")
                continue
            }
            pairs.append((scalar.string, key, value))
        }
        self.pairs = pairs
        for key in required where self[key] == nil {
            problems.error(node, "\(what) lacks \"\(key)\"; add \"\(key): …\"")
        }
    }

    subscript(_ key: String) -> Node? { pairs.first { $0.key == key }?.value }

    func keyNode(_ key: String) -> Node { pairs.first { $0.key == key }?.keyNode ?? node }
}

/// What a node is, for a message.
func kind(of node: Node) -> String {
    switch node {
    case .mapping: return "a mapping"
    case .sequence: return "a list"
    case .alias: return "an alias"
    case .scalar(let scalar):
        if scalar.style == .plain, ["", "~", "null"].contains(scalar.string) { return "nothing" }
        return "\"\(scalar.string.count > 40 ? scalar.string.prefix(40) + "…" : scalar.string[...])\""
    }
}
