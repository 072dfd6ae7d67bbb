/// The values of a lab's variables for one student.
public struct Variables: Sendable, Equatable {
    /// The value of each name, such as `server01.address` or `tunnel_port`.
    public var values: [String: String]

    /// Takes values as they are.
    public init(_ values: [String: String]) { self.values = values }

    /// Makes the variables of a lab's machines and of the parameters that were drawn.
    public init(lab: Lab, parameters: [String: String]) {
        values = parameters
        for machine in lab.machines {
            values["\(machine.name).name"] = machine.name
            values["\(machine.name).address"] = machine.address
            values["\(machine.name).user"] = machine.user
            values["\(machine.name).password"] = machine.password
        }
    }

    /// The text with every `{{name}}` replaced; a name without a value stays as it is.
    ///
    /// Replaced text is not looked at again.
    public func fill(_ text: String) -> String {
        var result = "", rest = text[...]
        for use in Self.uses(in: text) {
            result += rest[..<use.range.lowerBound]
            result += values[use.name] ?? String(text[use.range])
            rest = text[use.range.upperBound...]
        }
        return result + rest
    }

    /// Each `{{…}}` of a text.
    static func uses(in text: String) -> [(name: String, range: Range<String.Index>)] {
        var uses: [(String, Range<String.Index>)] = []
        var rest = text[...]
        while let open = rest.firstRange(of: "{{") {
            rest = rest[open.upperBound...]
            guard let close = end(of: rest) else { continue }
            uses.append((String(rest[..<close.lowerBound]), open.lowerBound..<close.upperBound))
            rest = rest[close.upperBound...]
        }
        return uses
    }

    /// The `}}` that ends the name at the beginning of `text`.
    ///
    /// `{{{x}}` and text over several lines are somebody else's braces. Nothing behind those is looked at, so that a text
    /// full of braces takes no longer than another.
    private static func end(of text: Substring) -> Range<String.Index>? {
        var index = text.startIndex
        while index < text.endIndex, text[index] != "{", !text[index].isNewline {
            let next = text.index(after: index)
            if text[index] == "}", next < text.endIndex, text[next] == "}" { return index..<text.index(after: next) }
            index = next
        }
        return nil
    }
}
