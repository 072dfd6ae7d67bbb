public import Foundation

/// The JSON Schema (draft 2020-12) of `lab.yaml`, for editors.
public struct LabSchema {
    private let specs: [CheckSpec]

    /// Makes the schema for these kinds of checks.
    public init(specs: [CheckSpec]) { self.specs = specs }

    /// The schema as JSON with sorted keys, in UTF-8.
    public func json() throws -> Data {
        try JSONSerialization.data(
            withJSONObject: schema, options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes])
    }

    private var schema: [String: Any] {
        var definitions: [String: Any] = ["check": check]
        for shape in Shape.all.dropFirst() { definitions[shape.name] = object(shape) }
        var schema = object(Shape.lab)
        schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
        schema["title"] = "A lab (lab.yaml)"
        schema["$defs"] = definitions
        return schema
    }

    private func object(_ shape: Shape) -> [String: Any] {
        var schema: [String: Any] = [
            "type": "object", "additionalProperties": false, "properties": properties(shape.keys),
        ]
        if !shape.required.isEmpty { schema["required"] = shape.required }
        if !shape.alternatives.isEmpty {
            schema["oneOf"] = shape.alternatives.map { group in
                let others = shape.alternatives.joined().filter { !group.contains($0) }
                return ["required": group, "properties": Dictionary(uniqueKeysWithValues: others.map { ($0, false) })]
                    as [String: Any]
            }
        }
        return schema
    }

    private func properties(_ keys: [Shape.Key]) -> [String: Any] {
        keys.reduce(into: [:]) { properties, key in
            var value = schema(key.value)
            value["description"] = key.summary
            properties[key.name] = value
        }
    }

    private func schema(_ value: Shape.Value) -> [String: Any] {
        switch value {
        // YAML reads 22 and yes as something else than text; the loader takes their words.
        case .text: ["type": Self.text]
        case .pattern(let pattern, let hasNumbers): ["type": hasNumbers ? Self.text : ["string"], "pattern": pattern]
        case .integer(let range): ["type": "integer", "minimum": range.lowerBound, "maximum": range.upperBound]
        case .boolean: ["type": "boolean"]
        case .yes: ["const": true]
        case .command: Self.command
        case .list(let element, let count):
            ["type": "array", "items": schema(element), "minItems": count.lowerBound, "maxItems": count.upperBound]
        case .named(let pattern, let element, let count):
            [
                "type": "object", "propertyNames": ["pattern": pattern], "additionalProperties": schema(element),
                "minProperties": count.lowerBound, "maxProperties": count.upperBound,
            ]
        case .shape(let name): ["$ref": "#/$defs/\(name)"]
        case .either(let values): ["anyOf": values.map(schema)]
        case .word(let word): ["const": word]
        case .check: ["$ref": "#/$defs/check"]
        }
    }

    /// A statement: exactly one kind with its fields, and what stands beside it.
    private var check: [String: Any] {
        var properties = properties(Shape.statement.keys)
        for spec in specs {
            properties[spec.kind] =
                [
                    "type": "object", "additionalProperties": false,
                    "description": "\(spec.summary) (\(spec.mode.rawValue), \(spec.basis.rawValue))",
                    "required": spec.fields.filter(\.required).map(\.name),
                    "properties": spec.fields.reduce(into: [String: Any]()) { fields, field in
                        var value = schema(field.type)
                        value["description"] = field.summary
                        fields[field.name] = value
                    },
                ] as [String: Any]
        }
        return [
            "type": "object", "additionalProperties": false, "properties": properties,
            "oneOf": specs.map { ["required": [$0.kind]] },
        ]
    }

    private func schema(_ type: FieldType) -> [String: Any] {
        switch type {
        case .string, .machine, .question: schema(Shape.Value.text)
        case .integer: ["anyOf": [["type": "integer"], Self.string(Grammar.variableNumber)]]
        case .port: ["anyOf": [schema(Shape.Value.integer(Grammar.port)), Self.string(Grammar.variableNumber)]]
        case .boolean: ["type": "boolean"]
        case .oneOf(let words): ["anyOf": [["enum": words], Self.string(Grammar.variable)]]
        case .list(let element): ["anyOf": [schema(element), ["type": "array", "items": schema(element)]]]
        case .map(let element): ["type": "object", "additionalProperties": schema(element)]
        case .command: Self.command
        }
    }

    private static let text = ["string", "number", "boolean"]
    private static func string(_ pattern: String) -> [String: Any] { ["type": "string", "pattern": pattern] }
    private static var command: [String: Any] {
        [
            "anyOf": [
                ["type": "string"],
                ["type": "array", "minItems": 1, "items": ["type": text]],
            ]
        ]
    }
}
