/// The values of a lab's variables for one student.
public struct Variables: Sendable, Equatable {
    /// The value of each name, such as `server01.address` or `tunnel_port`.
    public var values: [String: String]

    /// Takes values as they are.
    public init(_ values: [String: String]) { self.values = values }

    /// Makes the variables of a lab's machines and of the parameters that were drawn.
    ///
    /// `addresses` replaces the lab file's own where a session's network has another subnet.
    public init(lab: Lab, parameters: [String: String], addresses: [String: String] = [:]) {
        values = parameters
        for machine in lab.machines {
            values["\(machine.name).name"] = machine.name
            values["\(machine.name).address"] = addresses[machine.name] ?? machine.address
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
            guard let close = rest.firstRange(of: "}}") else { break }
            let name = rest[..<close.lowerBound]
            // `{{{x}}` and text over several lines are somebody else's braces.
            if name.contains(where: { $0 == "{" || $0.isNewline }) { continue }
            uses.append((String(name), open.lowerBound..<close.upperBound))
            rest = rest[close.upperBound...]
        }
        return uses
    }
}
