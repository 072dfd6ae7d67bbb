import Yams

extension LabReader {
    /// An action of a setup, for which no student is there who could answer or look.
    func setupAction(_ node: Node) -> Action? {
        let isAnswer = if case .mapping(let mapping) = node { mapping["answer"] != nil } else { false }
        let isCheck = if case .scalar(let scalar) = node { scalar.string == "check" } else { false }
        if isAnswer || isCheck {
            problems.error(node, "a setup runs commands or types at a console; it neither answers nor checks")
            return nil
        }
        return action(node, questions: [])
    }

    func action(_ node: Node, questions: Set<String>) -> Action? {
        if case .scalar(let scalar) = node, scalar.string == "check" { return .check }
        guard case .mapping(let mapping) = node else {
            problems.error(
                node,
                "an action is {on: …, run: …}, {console: …, dialogue: …}, {answer: …} or the word check, not \(kind(of: node))"
            )
            return nil
        }
        if mapping["console"] != nil { return console(node) }
        return mapping["answer"] == nil ? run(node) : answer(node, questions: questions)
    }

    private func run(_ node: Node) -> Action? {
        guard let entry = Entries(node, "an action", .run, problems) else { return nil }
        let machine = entry["on"].flatMap { self.machine($0, "on") }
        let command = entry["run"].flatMap { self.command($0, "run") }
        let user = entry["user"].flatMap { string($0, "user") }
        let background = entry["background"].flatMap { boolean($0, "background") } ?? false
        let mayFail = entry["may-fail"].flatMap { boolean($0, "may-fail") } ?? false
        let looks = entry["looks"].flatMap { boolean($0, "looks") } ?? false
        let dialogue = entry["dialogue"].map(dialogue) ?? []
        guard let machine, let command else { return nil }
        return .run(
            RunAction(
                machine: machine, command: command, user: user, dialogue: dialogue, background: background,
                mayFail: mayFail, looks: looks))
    }

    private func console(_ node: Node) -> Action? {
        guard let entry = Entries(node, "a console action", .console, problems) else { return nil }
        let machine = entry["console"].flatMap { self.machine($0, "console") }
        let isRescue = entry["rescue"].flatMap { boolean($0, "rescue") } ?? false
        let dialogue = entry["dialogue"].map(dialogue) ?? []
        guard let machine else { return nil }
        return .console(ConsoleAction(machine: machine, isRescue: isRescue, dialogue: dialogue))
    }

    private func dialogue(_ node: Node) -> [DialogueLine] {
        list(node, "dialogue") { node -> DialogueLine? in
            guard let line = Entries(node, "a line of the dialogue", .dialogueLine, problems) else { return nil }
            let when = line["when"].flatMap { string($0, "when") }
            let say = line["say"].flatMap { string($0, "say", empty: true) }
            guard let when, let say else { return nil }
            return DialogueLine(when: when, say: say)
        }
    }

    private func answer(_ node: Node, questions: Set<String>) -> Action? {
        guard let entry = Entries(node, "an answer", .answer, problems) else { return nil }
        let question = entry["answer"].flatMap { self.question($0, questions) }
        let value = entry["value"].flatMap { string($0, "value", empty: true) }
        let machine = entry["on"].flatMap { self.machine($0, "on") }
        let command = entry["run"].flatMap { self.command($0, "run") }
        switch (entry["value"] != nil, entry["on"] != nil, entry["run"] != nil) {
        case (true, false, false), (false, true, true): break
        default: problems.error(node, "an answer needs either \"value\", or both \"on\" and \"run\"")
        }
        guard let question else { return nil }
        if let value { return .answer(AnswerAction(question: question, source: .value(value))) }
        guard let machine, let command else { return nil }
        return .answer(AnswerAction(question: question, source: .command(machine: machine, command)))
    }

    func question(_ node: Node, _ questions: Set<String>) -> String? {
        guard let text = string(node, "the question", variables: false) else { return nil }
        if !questions.contains(text) {
            let hint = Suggestion.text(for: text, among: questions.sorted())
            problems.error(node, "this step has no question \"\(text)\"\(hint)")
            return nil
        }
        return text
    }
}
