import Foundation
import LabFile

/// Fills `{{name}}` in texts and fields.
struct Filling: Sendable {
    /// The values, by name.
    var values: [String: String]

    /// The text with its variables filled in; throws ``UnknownVariable`` for a name that has no value.
    func callAsFunction(_ text: String) throws -> String {
        var result = ""
        var rest = text[...]
        while let start = rest.range(of: "{{"), let end = rest[start.upperBound...].range(of: "}}") {
            let name = rest[start.upperBound..<end.lowerBound].filter { $0 != " " }
            guard let value = values[name] else { throw UnknownVariable(name: name) }
            result += rest[..<start.lowerBound] + value
            rest = rest[end.upperBound...]
        }
        return result + rest
    }

    /// A text in both languages, filled in; a name without a value is left standing.
    func callAsFunction(_ text: Localized) -> Localized {
        Localized(ko: (try? self(text.ko)) ?? text.ko, en: (try? self(text.en)) ?? text.en)
    }

    /// A field, filled in all the way down.
    func callAsFunction(_ value: FieldValue) throws -> FieldValue {
        switch value {
        case .string(let text): .string(try self(text))
        case .integer, .boolean, .localized: value
        case .list(let list): .list(try list.map { try self($0) })
        case .map(let map): .map(try map.mapValues { try self($0) })
        }
    }
}

/// A field names a variable that the session has no value for.
struct UnknownVariable: Error, CustomStringConvertible {
    var name: String
    var description: String { "nothing is called {{\(name)}}" }
}
