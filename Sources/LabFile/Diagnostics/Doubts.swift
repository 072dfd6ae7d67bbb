/// What is no error in a lab and yet seldom meant: checks that prove little, and parts that nothing uses.
struct Doubts {
    let lab: Lab
    let specs: [CheckSpec]
    /// Where the id of each step stands.
    let places: [String: (line: Int, column: Int)]

    /// Reports the doubts about `lab.yaml`.
    func report(to problems: Problems) {
        for step in lab.steps {
            for message in messages(about: step) {
                problems.report(
                    .warning, line: places[step.id]?.line, column: places[step.id]?.column, length: step.id.count,
                    message)
            }
        }
        let told = lab.steps.filter { !$0.checks.isEmpty && $0.checks.allSatisfy { basis(of: $0) == .guest } }
        if !told.isEmpty, lab.machines.count > 1 {
            problems.report(
                .warning, line: nil,
                "these steps rest on the word of the machines alone, where a student is root: "
                    + told.map(\.id).joined(separator: ", ")
                    + "; a check that looks from outside proves more (docs/checks.md)")
        }
        let text = problems.lines.joined(separator: "\n") + lab.guides.values.map(\.whole).joined()
        let used = Set(Variables.uses(in: text).map(\.name))
        for parameter in lab.parameters where !used.contains(parameter.name) {
            problems.report(
                .warning, line: nil, "the parameter \"\(parameter.name)\" is never used; use it or take it out")
        }
        let first = places.values.map(\.line).min() ?? 1
        reportAddresses(in: problems, from: first)
    }

    /// Reports addresses of the lab's machines that are written out from a line on.
    func reportAddresses(in problems: Problems, from first: Int = 1) {
        let text = problems.lines.joined(separator: "\n")
        let machines = lab.machines.filter { text.contains($0.address) }
        for (index, line) in problems.lines.enumerated() where index + 1 >= first {
            if problems.isFull { break }
            for machine in machines {
                guard let range = line.firstRange(of: machine.address) else { continue }
                let (before, after) = (line[..<range.lowerBound].last, line[range.upperBound...].first)
                if [before, after].contains(where: { $0?.isNumber == true }) { continue }
                problems.report(
                    .warning, line: index + 1,
                    column: line.unicodeScalars.distance(from: line.startIndex, to: range.lowerBound) + 1,
                    length: machine.address.count,
                    "write {{\(machine.name).address}} instead: elsewhere the machine may have another address")
            }
        }
    }

    private func messages(about step: Step) -> [String] {
        var messages: [String] = []
        if step.checks.isEmpty { messages.append("step \"\(step.id)\" has no check: it passes by itself") }
        if !step.checks.isEmpty, step.mutants.isEmpty {
            messages.append("step \"\(step.id)\" has no mutant: nothing shows that its checks reject a wrong way")
        }
        let texts = step.solution.compactMap(Self.text)
        let givesAll = { (hint: String) in texts.allSatisfy { hint.contains($0) } }
        if !texts.isEmpty,
            step.hints.contains(where: { $0.cost == 0 && (givesAll($0.text.ko) || givesAll($0.text.en)) })
        {
            messages.append("a free hint of step \"\(step.id)\" gives the whole solution; let it cost points")
        }
        let pasted = (step.setup + step.solution).compactMap(Self.shellText).flatMap {
            Variables.uses(in: $0).map(\.name)
        }
        for name in Set(pasted).sorted() where name.hasSuffix(".password") {
            messages.append(
                "a shell's text of step \"\(step.id)\" pastes {{\(name)}}, which may hold any character; make the run a list"
            )
        }
        return messages
    }

    private func basis(of statement: CheckStatement) -> CheckSpec.Basis? {
        specs.first { $0.kind == statement.kind }?.basis
    }

    private static func text(_ action: Action) -> String? {
        guard case .run(let action) = action else { return nil }
        switch action.command {
        case .shell(let text): return text
        case .words(let words): return words.joined(separator: " ")
        }
    }

    private static func shellText(_ action: Action) -> String? {
        guard case .run(let action) = action, case .shell(let text) = action.command else { return nil }
        return text
    }
}

extension Guide {
    /// All its text.
    var whole: String { introduction + sections.values.joined(separator: "\n") }
}
