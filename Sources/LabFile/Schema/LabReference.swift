/// The tables of the reference for authors (`docs/lab-format.md`, `docs/checks.md`), in Markdown.
///
/// They are made from what the loader reads by, as the schema for editors is. In a page they stand between two markers,
/// and what is written by hand stands around them.
public struct LabReference {
    /// A generated part of the reference.
    public enum Part: String, CaseIterable, Sendable {
        /// Every mapping of `lab.yaml` and its keys.
        case keys
        /// Every kind of check and its fields.
        case checks
    }

    private let specs: [CheckSpec]

    /// Makes the reference for these kinds of checks.
    public init(specs: [CheckSpec]) { self.specs = specs }

    /// The Markdown of a part, which ends with a newline.
    public func markdown(_ part: Part) -> String {
        switch part {
        case .keys: (Shape.all + [Shape.statement]).map(Self.section).joined(separator: "\n")
        case .checks: ([overview] + specs.map(Self.section)).joined(separator: "\n")
        }
    }

    /// A page with its part made anew; nil when the page lacks the markers.
    public func page(_ text: String, with part: Part) -> String? {
        let begin = "<!-- generated: lab schema --markdown \(part.rawValue) -->\n",
            end = "<!-- end of what is generated -->\n"
        guard let first = text.firstRange(of: begin), let last = text[first.upperBound...].firstRange(of: end) else {
            return nil
        }
        return text[..<first.upperBound] + "\n" + markdown(part) + "\n" + text[last.lowerBound...]
    }

    private static func section(_ shape: Shape) -> String {
        let rows = shape.keys.map { key in
            row([name(key.name, required: key.required), words(key.value), key.summary])
        }
        let alternatives = shape.alternatives.map { $0.map { "`\($0)`" }.joined(separator: " and ") }
        let choice = alternatives.isEmpty ? "" : "\nIt has either \(alternatives.joined(separator: ", or ")).\n"
        return "### \(shape.title)\n\(choice)\n| key | value | |\n|---|---|---|\n" + rows.joined()
    }

    private static func section(_ spec: CheckSpec) -> String {
        let rows = spec.fields.map { field in
            row([name(field.name, required: field.required), words(field.type), field.summary])
        }
        return """
            ### \(spec.kind)

            *\(spec.mode.rawValue)*, \(spec.basis.rawValue). \(spec.summary)

            | field | value | |
            |---|---|---|

            """ + rows.joined()
    }

    private var overview: String {
        "| check | mode, basis | a pass proves |\n|---|---|---|\n"
            + specs.map { spec in
                Self.row([
                    "[`\(spec.kind)`](#\(spec.kind))", "\(spec.mode.rawValue), \(spec.basis.rawValue)", spec.summary,
                ])
            }.joined()
    }

    private static func row(_ cells: [String]) -> String {
        "| \(cells.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ")) |\n"
    }

    private static func name(_ name: String, required: Bool) -> String { required ? "**`\(name)`**" : "`\(name)`" }

    private static func words(_ value: Shape.Value) -> String {
        switch value {
        case .text: "text"
        case .pattern(let pattern, _): Grammar.words[pattern] ?? "text as `\(pattern)`"
        case .integer(let range): "\(range.lowerBound) to \(range.upperBound)"
        case .boolean: "true or false"
        case .yes: "true"
        case .command: "a command"
        case .list(let element, _): "a list of: \(words(element))"
        case .named(let pattern, let element, _): "\(Grammar.words[pattern] ?? "a name"): \(words(element))"
        case .shape(let name):
            Shape.all.first { $0.name == name }.map { "[\(lowered($0.title))](#\(anchor($0.title)))" } ?? name
        case .either(let values): values.map(words).joined(separator: ", or ")
        case .word(let word): "`\(word)`"
        case .check: "[a check](checks.md)"
        }
    }

    private static func words(_ type: FieldType) -> String {
        switch type {
        case .string: "text"
        case .machine: "a machine"
        case .question: "a question's id"
        case .integer: "a whole number"
        case .port: "a port"
        case .boolean: "true or false"
        case .oneOf(let words): words.map { "`\($0)`" }.joined(separator: ", ")
        case .list(let element): "a list of: \(words(element))"
        case .map(let element): "a mapping to: \(words(element))"
        case .command: "a command"
        }
    }

    private static func lowered(_ title: String) -> String { title.prefix(1).lowercased() + title.dropFirst() }

    /// The fragment that a page's reader makes of a heading.
    private static func anchor(_ title: String) -> String { title.lowercased().replacing(" ", with: "-") }
}
