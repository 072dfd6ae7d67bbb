public import LabFile

/// The fields of one statement, with variables filled in.
public struct Fields: Sendable {
    private let values: [String: FieldValue]

    /// Wraps the filled-in fields.
    public init(_ values: [String: FieldValue]) { self.values = values }

    /// The text in `name`, or nil. A number or a truth value is given as text.
    public func string(_ name: String) -> String? { values[name].flatMap(Self.text) }

    /// The text in `name`, which the spec requires.
    public func required(_ name: String) throws -> String {
        guard let value = string(name) else { throw MissingField(name: name) }
        return value
    }

    /// The whole number in `name`, or nil.
    public func integer(_ name: String) -> Int? { string(name).flatMap { Int($0) } }

    /// The truth value in `name`, or nil.
    public func boolean(_ name: String) -> Bool? {
        if case .boolean(let value)? = values[name] { return value }
        return nil
    }

    /// The sequence in `name` as texts; a single value is a sequence of one, a missing one is empty.
    public func strings(_ name: String) -> [String] {
        switch values[name] {
        case .list(let list)?: list.compactMap(Self.text)
        case let value?: Self.text(value).map { [$0] } ?? []
        case nil: []
        }
    }

    /// The mapping in `name` as texts; a missing one is empty.
    public func map(_ name: String) -> [String: String] {
        guard case .map(let map)? = values[name] else { return [:] }
        return map.compactMapValues(Self.text)
    }

    /// The command in `name`: text for a shell, or words that no shell sees; nil when it is missing.
    public func command(_ name: String) -> Command? {
        switch values[name] {
        case .list?: .words(strings(name))
        case let value?: Self.text(value).map { .shell($0) }
        case nil: nil
        }
    }

    private static func text(_ value: FieldValue) -> String? {
        switch value {
        case .string(let text): text
        case .integer(let number): String(number)
        case .boolean(let flag): flag ? "yes" : "no"
        case .list, .map, .localized: nil
        }
    }
}

/// A field that the loader should have required is missing: a defect of the kind's spec.
public struct MissingField: Error, CustomStringConvertible {
    /// The field's name.
    public var name: String
    /// What the reader sees.
    public var description: String { "the check lacks the field \"\(name)\"" }
}
