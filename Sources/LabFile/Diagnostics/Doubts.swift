/// What is no error in a lab and yet seldom meant: checks that prove little, and parts that nothing uses.
struct Doubts {
    let lab: Lab
    let specs: [CheckSpec]
    /// Where the id of each step stands.
    let places: [String: (line: Int, column: Int)]
    /// The names of the variables that stand in the lab and its guides.
    let used: Set<String>

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
        let free = step.hints.filter { $0.cost == 0 }.flatMap { [$0.text.ko, $0.text.en] }
        if free.contains(where: { gives($0, away: step) }) {
            messages.append("a free hint of step \"\(step.id)\" gives the whole solution; let it cost points")
        }
        for name in Set(shellTexts(of: step).flatMap(passwords)).sorted() {
            messages.append(
                "a shell's text of step \"\(step.id)\" pastes {{\(name)}}, which may hold any character; make the run a list"
            )
        }
        return messages
    }

    private func basis(of statement: CheckStatement) -> CheckSpec.Basis? {
        specs.first { $0.kind == statement.kind }?.basis
    }

    /// Whether a hint has every command of the solution that does more than look; where there is none, every answer.
    private func gives(_ hint: String, away step: Step) -> Bool {
        var commands: [String] = [], questions: [String] = [], isTyped = false
        for action in step.solution {
            switch action {
            case .run(let action) where action.looks: continue
            case .run(let action):
                switch action.command {
                case .shell(let text): commands.append(text)
                case .words(let words): commands.append(words.joined(separator: " "))
                }
            case .answer(let answer): questions.append(answer.question)
            case .console: isTyped = true
            case .check: continue
            }
        }
        if !commands.isEmpty { return commands.allSatisfy { hint.contains($0) } }
        return !isTyped && !questions.isEmpty && questions.allSatisfy { names(hint, answerTo: $0, of: step) }
    }

    /// Whether a hint has a right answer that is long enough not to stand there by chance, and no other of the choices.
    private func names(_ hint: String, answerTo question: String, of step: Step) -> Bool {
        let choices = step.questions.first { $0.id == question }?.choices ?? []
        if choices.count(where: { hint.contains($0.id) }) > 1 { return false }
        for check in step.checks where check.fields["question"] == .string(question) {
            guard case .list(let accepted)? = check.fields["accept"] else { continue }
            for case .string(let text) in accepted
            where text.count >= 4 && Variables.uses(in: text).isEmpty && hint.contains(text) {
                return true
            }
        }
        return false
    }

    /// What a shell is given: by the step's actions, its mutants and its checks.
    private func shellTexts(of step: Step) -> [String] {
        var texts = (step.setup + step.solution + step.mutants.flatMap(\.solution)).compactMap(Self.shellText)
        for check in step.checks {
            for field in specs.first(where: { $0.kind == check.kind })?.fields ?? [] where field.type == .command {
                if case .string(let text)? = check.fields[field.name] { texts.append(text) }
            }
        }
        return texts
    }

    private static func shellText(_ action: Action) -> String? {
        switch action {
        case .run(let action):
            if case .shell(let text) = action.command { return text }
        case .answer(let action):
            if case .command(_, .shell(let text)) = action.source { return text }
        case .console, .check: break
        }
        return nil
    }

    /// The passwords that a shell's text pastes, but for those of plain characters between single quotes.
    private func passwords(pastedBy text: String) -> [String] {
        let names = Variables.uses(in: text).map(\.name).filter { $0.hasSuffix(".password") }
        if names.isEmpty { return [] }
        let plain = lab.machines.filter { $0.password?.wholeMatch(of: /[A-Za-z0-9._-]+/) != nil }
        let unquoted = Set(Variables.uses(in: text.replacing(/'[^']*'/, with: "")).map(\.name))
        return names.filter { name in unquoted.contains(name) || !plain.contains { "\($0.name).password" == name } }
    }
}
