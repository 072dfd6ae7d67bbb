/// One declarative statement about the live machines, as the lab file makes it.
///
/// The fields have been validated against the ``CheckSpec`` of the kind; variables (`{{…}}`) are still in the
/// strings and are filled in with ``Variables`` before the check runs.
public struct CheckStatement: Sendable, Equatable {
    /// The kind's name, such as `listening`.
    public var kind: String
    /// The fields, by name.
    public var fields: [String: FieldValue]
    /// How long the statement may take to become true, in seconds; nil judges at once.
    public var within: Int?
    /// The author's hint for this very statement, shown when it fails.
    public var hint: Localized?
    /// The author's wording of what is expected; nil leaves it to the check.
    public var expect: Localized?
    /// Where the statement stands in the file, from 1.
    public var line: Int

    /// Makes a statement.
    public init(
        kind: String, fields: [String: FieldValue], within: Int? = nil, hint: Localized? = nil,
        expect: Localized? = nil, line: Int = 0
    ) {
        self.kind = kind
        self.fields = fields
        self.within = within
        self.hint = hint
        self.expect = expect
        self.line = line
    }
}

/// A value in a check's field.
public enum FieldValue: Sendable, Equatable {
    /// Text, before its variables are filled in.
    case string(String)
    /// A whole number.
    case integer(Int)
    /// `true` or `false`.
    case boolean(Bool)
    /// A sequence.
    case list([FieldValue])
    /// A mapping.
    case map([String: FieldValue])
    /// A text in both languages.
    case localized(Localized)
}
