import LabFile

/// The values that stand in a command, each changed alone: numbers, words of two that mean the opposite, drawn
/// parameters, and which machine is meant.
struct ValueChanges {
    /// One changed command.
    struct Change {
        /// What was changed into what, as the file has it.
        var name: String
        var command: Command
    }

    let lab: Lab
    let values: [String: String]
    /// The machine on which the command runs.
    let machine: String

    init(lab: Lab, values: [String: String], on machine: String) {
        self.lab = lab
        self.values = values
        self.machine = machine
    }

    /// Each command that differs in one value.
    func of(_ command: Command) -> [Change] {
        let texts: [String]
        switch command {
        case .shell(let text): texts = [text]
        case .words(let words): texts = words
        }
        func changed(_ index: Int, _ text: String) -> Command {
            switch command {
            case .shell: return .shell(text)
            case .words(var words):
                words[index] = text
                return .words(words)
            }
        }
        let isPause = command.text.hasPrefix("sleep ")
        return texts.enumerated().flatMap { index, text in
            let literal = isPause ? [] : literals(in: text, before: index > 0 ? texts[index - 1] : "")
            return (literal + variables(in: text)).map { Change(name: $0.name, command: changed(index, $0.text)) }
        }
    }

    private static let opposites = ["yes": "no", "no": "yes", "true": "false", "false": "true"]
    /// Words whose number says how long or how often something is done, or what a script ends with: no value of an
    /// exercise.
    private static let measures: Set = ["sleep", "timeout", "-n", "-c", "-w", "-W", "exit", "return", "in"]

    /// Numbers and opposites that stand alone, outside of variables.
    private func literals(in text: String, before: String) -> [(name: String, text: String)] {
        var found: [(String, String)] = []
        // What awk is given is a program: a number in it is no value of an exercise.
        let uses = text.ranges(of: /\{\{[^{}]*\}\}/) + text.ranges(of: /\bawk\s+(-\S+\s+)*'[^']*'/)
        for match in text.matches(of: /[A-Za-z0-9]+/) {
            let word = String(match.output)
            guard let other = Self.opposites[word] ?? Self.next(word) else { continue }
            if uses.contains(where: { $0.overlaps(match.range) }) { continue }
            let left = text[..<match.range.lowerBound].last
            let right = text[match.range.upperBound...].first
            guard left.map({ " '\"=:,\n\t".contains($0) }) ?? true,
                right.map({ " '\"=:,;/\n\t".contains($0) }) ?? true, right != "=" || left != " "
            else { continue }
            let ahead = text[..<match.range.lowerBound].split { " '\"\n\t".contains($0) }.last.map(String.init)
            let previous = ahead ?? before
            // A number after a number counts something, and one beside a colon and another is a time of the day.
            if Self.measures.contains(previous) || Int(previous) != nil || isTime(match.range, in: text) { continue }
            let name = "\(previous) \(word) → \(other)".trimmingPrefix(" ")
            found.append((String(name), text.replacingCharacters(in: match.range, with: other)))
        }
        return found
    }

    private func isTime(_ range: Range<String.Index>, in text: String) -> Bool {
        let (before, after) = (text[..<range.lowerBound].suffix(2), text[range.upperBound...].prefix(2))
        return (after.first == ":" && after.last?.isNumber == true && after.count == 2)
            || (before.last == ":" && before.first?.isNumber == true && before.count == 2)
    }

    /// The number after a number of at most six digits.
    private static func next(_ word: String) -> String? {
        guard word.count <= 6, let number = Int(word) else { return nil }
        let next = String(number + 1)
        return word.hasPrefix("0") ? String(repeating: "0", count: max(0, word.count - next.count)) + next : next
    }

    private func variables(in text: String) -> [(name: String, text: String)] {
        var found: [(String, String)] = []
        for parameter in lab.parameters {
            let use = "{{\(parameter.name)}}"
            guard text.contains(use), let other = other(than: values[parameter.name] ?? "", parameter) else { continue }
            found.append(("\(use) → another", text.replacing(use, with: other)))
        }
        for meant in lab.machines {
            let use = "{{\(meant.name).address}}"
            guard text.contains(use),
                let other = lab.machines.first(where: { $0.name != meant.name && $0.name != machine })
            else { continue }
            found.append(("\(use) → \(other.name)'s", text.replacing(use, with: "{{\(other.name).address}}")))
        }
        return found
    }

    /// A value of a parameter's range that was not drawn; nil when there is none.
    private func other(than value: String, _ parameter: ParameterSpec) -> String? {
        switch parameter.domain {
        case .port(let range), .number(let range):
            guard let number = Int(value), range.count > 1 else { return nil }
            return String(number == range.upperBound ? number - 1 : number + 1)
        case .word: return Altered.text(value)
        case .choice(let choices): return choices.first { $0 != value }
        }
    }
}

extension String {
    /// The text with a part replaced.
    fileprivate func replacingCharacters(in range: Range<String.Index>, with other: String) -> String {
        String(self[..<range.lowerBound]) + other + String(self[range.upperBound...])
    }
}
