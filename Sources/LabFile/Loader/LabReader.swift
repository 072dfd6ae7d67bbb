import Yams

/// Walks the nodes of one lab file. It is used once.
final class LabReader {
    let problems: Problems
    let specs: [CheckSpec]
    let images: Set<String>?
    /// The names that may be referred to; filled in as they are read.
    var machines: [String: MachineSpec] = [:]
    var machineNames: [String] = []
    var variables: Set<String> = []
    var stepNodes: [(id: String, node: Node)] = []
    /// The names of the variables that stand in the texts, as they were read.
    var used: Set<String> = []
    /// The patterns that a text was held against.
    var patterns: [String: Regex<AnyRegexOutput>] = [:]
    /// Whether the lab file could be walked; if not, a guide cannot be compared with it.
    private var walked = false

    init(problems: Problems, specs: [CheckSpec], images: Set<String>?) {
        self.problems = problems
        self.specs = specs
        self.images = images
    }

    func lab(_ root: Node, directory: String) -> Lab? {
        guard let top = Entries(root, "the lab", .lab, problems) else { return nil }
        walked = true
        let machines = top["machines"].map(readMachines) ?? []
        let parameters = top["parameters"].map(readParameters) ?? []
        let number = top["lab"].flatMap { integer($0, "lab", Grammar.number) }
        let name = top["name"].flatMap { self.name($0, "name") }
        let title = top["title"].flatMap { localized($0, "title", variables: false) }
        let minutes = top["minutes"].flatMap { integer($0, "minutes", Grammar.minutes) }
        let uplink = top["uplink"].flatMap { boolean($0, "uplink") } ?? false
        let steps = top["steps"].map(readSteps) ?? []
        guard let number, let name, let title else { return nil }
        return Lab(
            number: number, name: name, title: title, minutes: minutes, uplink: uplink, machines: machines,
            parameters: parameters, steps: steps, directory: directory)
    }

    /// Where the id of each step stands.
    var places: [String: (line: Int, column: Int)] {
        stepNodes.reduce(into: [:]) { places, step in
            if let mark = step.node.mark { places[step.id] = (mark.line, mark.column) }
        }
    }

    /// Reports a guide's sections that are missing or too many, and its variables.
    func check(guide text: String, _ problems: Problems) {
        guard walked else { return }
        let parts = Guide.parts(of: text)
        var seen: Set<String> = []
        let ids = stepNodes.map(\.id), known = Set(ids)
        for part in parts {
            guard let id = part.id else { continue }
            if !seen.insert(id).inserted {
                problems.report(
                    line: part.line, column: 4, length: id.count, "step \"\(id)\" has two sections; join them")
            } else if !ids.isEmpty, !known.contains(id), !problems.isFull {
                let hint = Suggestion.text(for: id, among: ids)
                problems.report(
                    line: part.line, column: 4, length: id.count, "there is no step \"\(id)\" for this section\(hint)")
            }
        }
        for id in ids where !seen.contains(id) {
            problems.report(line: nil, "step \"\(id)\" has no section; add \"## \(id)\"")
        }
        for (index, line) in problems.lines.enumerated() {
            if problems.isFull { break }
            for use in Variables.uses(in: line) {
                used.insert(use.name)
                if variables.contains(use.name) { continue }
                if problems.isFull { break }
                let column = line.unicodeScalars.distance(from: line.startIndex, to: use.range.lowerBound) + 1
                problems.report(
                    line: index + 1, column: column, length: use.name.unicodeScalars.count + 4,
                    unknownVariable(use.name))
            }
        }
    }
}
