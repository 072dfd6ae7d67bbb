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
        /// Text that keeps to a regular expression of ECMA-262; whether some of it is what YAML reads as a number.
        case pattern(String, hasNumbers: Bool = false)
        case integer(ClosedRange<Int>)
        case boolean
        /// `true` alone.
        case yes
        /// Text for a shell, or a list of words.
        case command
        /// So many of these.
        case list(Value, count: ClosedRange<Int> = 0...YAMLDocument.lengthLimit)
        /// So many names of the author's and what stands at each; the names keep to a regular expression.
        case named(pattern: String, Value, count: ClosedRange<Int> = 0...YAMLDocument.lengthLimit)
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

/// The patterns of names and values, as ECMA-262 has them, and their bounds: the loader judges by them, and the schema
/// is made from them.
enum Grammar {
    static let name = "^[a-z][a-z0-9-]{0,62}$"
    static let parameter = "^[a-z][a-z0-9_]{0,62}$"
    static let login = "^[A-Za-z0-9._][A-Za-z0-9._-]*$"
    static let choice = "^[A-Za-z0-9._-]+$"
    static let portRange = "^\(digits(of: port))-\(digits(of: port))$"
    static let numberRange = "^\(digits(of: drawn))-\(digits(of: drawn))$"
    static let duration = "^(\(digits(of: seconds))s|\(digits(of: 1...seconds.upperBound / 60))m)$"
    static let size = "^[1-9][0-9]{0,4}[MG]$"
    static let address = "\(openAddress)|\(hiddenAddress)"
    /// The address of a machine that others can call.
    static let openAddress = "^192\\.168\\.122\\.\(digits(of: host))$"
    /// The address of a machine that nobody can call.
    static let hiddenAddress = "^100\\.64\\.\(digits(of: 0...255))\\.\(digits(of: host))$"
    static let variable = "\\{\\{[^{}]+\\}\\}"
    /// A variable that becomes a number, with digits before or after it or none.
    static let variableNumber = "^[0-9]*\(variable)[0-9]*$"

    /// The patterns in words, for the reference.
    static let words = [
        name: "a name (`[a-z][a-z0-9-]*`, at most 63 characters)",
        parameter: "a name (`[a-z][a-z0-9_]*`, at most 63 characters)",
        login: "a login name (letters, digits, `.`, `_`, `-`)",
        choice: "letters, digits, `.`, `_`, `-`",
        portRange: "a range, such as `1-100`",
        numberRange: "a range, such as `1-100`",
        duration: "a time, such as `20s` or `2m`, at most 60 minutes",
        size: "a size, such as `200M` or `2G`",
        address: "an address",
    ]

    static let points = 0...10_000
    static let minutes = 1...10_000
    static let number = 1...999
    static let memory = 64...65_536
    static let port = 1...65_535
    /// What a parameter's number is drawn from.
    static let drawn = 0...1_000_000_000
    /// How long a check may wait.
    static let seconds = 1...3600
    /// The last byte of a machine's address; the others are the network's own.
    static let host = 1...253
    /// Disks of a machine beside its system's own.
    static let disks = 0...4
    /// Values that a parameter is chosen from.
    static let choices = 2...YAMLDocument.lengthLimit

    /// The pattern of the whole numbers of a range that begins at 0 or 1, written without zeros before them.
    private static func digits(of range: ClosedRange<Int>) -> String {
        let last = String(range.upperBound)
        var choices = range.lowerBound == 0 ? ["0"] : []
        if last.count > 1 { choices.append("[1-9]" + String(repeating: "[0-9]?", count: last.count - 2)) }
        // Those as long as the last one begin as it does, up to a digit that is smaller.
        for (index, digit) in last.enumerated() {
            let least = index == 0 ? 1 : 0
            guard let value = digit.wholeNumberValue, value > least else { continue }
            let rest = String(repeating: "[0-9]", count: last.count - index - 1)
            choices.append("\(last.prefix(index))[\(least)-\(value - 1)]\(rest)")
        }
        return "(\((choices + [last]).joined(separator: "|")))"
    }
}
