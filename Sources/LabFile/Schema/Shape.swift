/// A kind of mapping in a lab file: its keys, which of them must be there, and what stands at each.
///
/// The loader reads mappings by their shapes, and the schema for editors is made from them, so that the two agree.
struct Shape: Sendable {
    /// One key of a mapping.
    struct Key: Sendable {
        var name: String
        var value: Value
        var required: Bool
        /// One sentence for an editor.
        var summary: String

        init(_ name: String, _ value: Value, required: Bool = false, _ summary: String) {
            self.name = name
            self.value = value
            self.required = required
            self.summary = summary
        }
    }

    /// What may stand at a key.
    indirect enum Value: Sendable {
        case text
        /// Text that keeps to a regular expression of ECMA-262.
        case pattern(String)
        case integer(ClosedRange<Int>)
        case boolean
        /// Text for a shell, or a list of words.
        case command
        case list(Value)
        /// Names of the author's and what stands at each; the names keep to a regular expression.
        case named(pattern: String, Value)
        /// A mapping of another shape, by the name of its definition.
        case shape(String)
        /// One of these.
        case either([Value])
        /// This word alone.
        case word(String)
        /// A statement of a check.
        case check
    }

    /// The name of its definition in the schema.
    var name: String
    /// What such a mapping is, for a heading.
    var title: String
    var keys: [Key]
    /// Groups of keys: a mapping has all keys of one group, and none of the others.
    var alternatives: [[String]] = []

    /// The keys' names, in the order of the reference.
    var names: [String] { keys.map(\.name) }
    /// The names of those that must be there.
    var required: [String] { keys.filter(\.required).map(\.name) }
}

/// The patterns of names and values, as ECMA-262 has them.
enum Grammar {
    static let name = "^[a-z][a-z0-9-]{0,62}$"
    static let parameter = "^[a-z][a-z0-9_]{0,62}$"
    static let login = "^[A-Za-z0-9._][A-Za-z0-9._-]*$"
    static let choice = "^[A-Za-z0-9._-]+$"
    static let range = "^[0-9]+-[0-9]+$"
    static let duration = "^[0-9]{1,4}[sm]$"
    static let size = "^[1-9][0-9]{0,4}[MG]$"
    static let address = "^(192\\.168\\.122|100\\.64\\.[0-9]{1,3})\\.(25[0-3]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])$"

    /// The patterns in words, for the reference.
    static let words = [
        name: "a name (`[a-z][a-z0-9-]*`, at most 63 characters)",
        parameter: "a name (`[a-z][a-z0-9_]*`, at most 63 characters)",
        login: "a login name (letters, digits, `.`, `_`, `-`)",
        choice: "letters, digits, `.`, `_`, `-`",
        range: "a range, such as `1-100`",
        duration: "a time, such as `20s` or `2m`, at most 60 minutes",
        size: "a size, such as `200M` or `2G`",
        address: "an address",
    ]

    static let points = 0...10_000
    static let minutes = 1...10_000
    static let number = 1...999
    static let memory = 64...65_536
}
