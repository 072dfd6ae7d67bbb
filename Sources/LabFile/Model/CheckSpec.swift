/// What the loader has to know of a check's kind: its fields, and how its verdict is kept.
///
/// Each kind declares its own beside its code; the loader is given the list, so that a kind is added in one place.
public struct CheckSpec: Sendable {
    /// The name in the lab file.
    public var kind: String
    /// One sentence for the reference: what a pass proves.
    public var summary: String
    /// Whether the statement must be true now or must have happened, and whether judging it disturbs the machines.
    public var mode: Mode
    /// Whether the verdict rests on the guest's word or on what was seen from outside.
    public var basis: Basis
    /// The fields it takes.
    public var fields: [Field]
    /// What is wrong with fields that are each right, taken together; nil when nothing is. Variables are not filled in.
    public var flaw: @Sendable ([String: FieldValue]) -> String?

    /// How long a verdict counts.
    public enum Mode: String, Sendable {
        /// Must be true now.
        case holds
        /// Happened; a pass is kept until the step is reset.
        case once
        /// Changes something for a moment; runs only when its step is named, at grading and after a solution, last. A pass is kept.
        case disturbs
    }

    /// What a verdict rests on.
    public enum Basis: String, Sendable {
        /// The guest's own word.
        case guest
        /// An effect seen from outside.
        case outside
    }

    /// One field of a kind.
    public struct Field: Sendable {
        /// The field's name.
        public var name: String
        /// What may stand there.
        public var type: FieldType
        /// Whether the statement is incomplete without it.
        public var required: Bool
        /// One sentence for the reference.
        public var summary: String

        /// Declares a field.
        public init(_ name: String, _ type: FieldType, required: Bool = false, _ summary: String) {
            self.name = name
            self.type = type
            self.required = required
            self.summary = summary
        }
    }

    /// Declares a kind.
    public init(
        _ kind: String, mode: Mode, basis: Basis, _ summary: String, fields: [Field],
        flaw: @escaping @Sendable ([String: FieldValue]) -> String? = { _ in nil }
    ) {
        self.kind = kind
        self.summary = summary
        self.mode = mode
        self.basis = basis
        self.fields = fields
        self.flaw = flaw
    }
}

/// What may stand in a field of a check. Strings may hold variables.
public indirect enum FieldType: Sendable, Equatable {
    /// Any text (a number is taken as text).
    case string
    /// The name of a machine of the lab.
    case machine
    /// The id of a question of the same step.
    case question
    /// A whole number, or a variable that becomes one.
    case integer
    /// A TCP port, 1 to 65535, or a variable that becomes one.
    case port
    /// `true` or `false`.
    case boolean
    /// One of these words.
    case oneOf([String])
    /// A sequence of these; a single value is taken as a sequence of one.
    case list(FieldType)
    /// A mapping from names to these.
    case map(FieldType)
    /// A command as in `run`: text for a shell, or a list of words.
    case command
}
