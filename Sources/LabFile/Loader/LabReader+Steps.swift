import Yams

extension LabReader {
    func readSteps(_ node: Node) -> [Step] {
        var needs: [(step: String, node: Node, names: [(String, Node)])] = []
        var undoes: [(String, Node)] = []
        let nodes = list(node, "steps") { $0 }
        if nodes.isEmpty, case .sequence = node { problems.error(node, "a lab needs a step") }
        // The names come first, since a step may name any other.
        for node in nodes {
            guard case .mapping(let mapping) = node, let idNode = mapping["id"], case .scalar(let id) = idNode else {
                continue
            }
            if stepNodes.contains(where: { $0.id == id.string }) {
                problems.error(
                    idNode, "step \"\(id.string)\" stands here for the second time; give each step its own id")
            }
            stepNodes.append((id.string, idNode))
        }
        var steps: [Step] = []
        for (index, node) in nodes.enumerated() {
            guard let entry = Entries(node, "a step", .step, problems) else { continue }
            let id = entry["id"].flatMap { name($0, "id") }
            let title = entry["title"].flatMap { localized($0, "title", variables: false) }
            let points = entry["points"].flatMap { integer($0, "points", Grammar.points) }
            let hints = entry["hints"].map { list($0, "hints", hint) } ?? []
            let questions = entry["questions"].map(readQuestions) ?? []
            let names = Set(questions.map(\.id)).union(rawQuestionNames(entry["questions"]))
            let actions = { (key: String) in
                entry[key].map { self.list($0, key) { self.action($0, questions: names) } } ?? []
            }
            let setup = entry["setup"].map { list($0, "setup", setupAction) } ?? []
            let solution = actions("solution")
            let checks = entry["checks"].map { list($0, "checks") { statement($0, questions: names) } } ?? []
            let mutants = entry["mutants"].map { list($0, "mutants") { mutant($0, questions: names) } } ?? []
            let excuses = entry["excuses"].map(readExcuses) ?? []
            var needed: [String] = index > 0 ? [rawID(nodes[index - 1])].compactMap { $0 } : []
            if let node = entry["needs"] {
                let pairs = references(node, "needs")
                needed = pairs.map(\.0)
                needs.append((id ?? "", node, pairs))
            } else if let id {
                needs.append((id, node, needed.map { ($0, node) }))
            }
            let undone = entry["undoes"].map { references($0, "undoes") } ?? []
            undoes += undone
            guard let id, let title, let points else { continue }
            steps.append(
                Step(
                    id: id, title: title, points: points, needs: needed, hints: hints, questions: questions,
                    setup: setup, solution: solution, checks: checks, mutants: mutants, undoes: undone.map(\.0),
                    excuses: excuses))
        }
        reportCycles(needs)
        return steps
    }

    private func rawID(_ node: Node) -> String? {
        guard case .mapping(let mapping) = node, case .scalar(let id)? = mapping["id"] else { return nil }
        return id.string
    }

    private func references(_ node: Node, _ what: String) -> [(String, Node)] {
        let ids = stepNodes.map(\.id), known = Set(ids)
        return list(node, what) { item in
            guard let text = string(item, "an entry of \(what)", variables: false) else { return nil }
            if !known.contains(text) {
                problems.error(item, "unknown step \"\(text)\" in \(what)\(Suggestion.text(for: text, among: ids))")
                return nil
            }
            return (text, item)
        }
    }

    private func reportCycles(_ needs: [(step: String, node: Node, names: [(String, Node)])]) {
        let edges = Dictionary(needs.map { ($0.step, $0.names.map(\.0)) }) { first, _ in first }
        var done: Set<String> = []
        for start in needs where !done.contains(start.step) {
            // Depth first with a path of its own: a long lab must not exhaust the stack.
            var path = [start.step], pending = [edges[start.step] ?? []], isOnPath: Set = [start.step]
            while let last = path.last {
                guard let next = pending[pending.count - 1].popLast() else {
                    done.insert(last)
                    isOnPath.remove(last)
                    path.removeLast()
                    pending.removeLast()
                    continue
                }
                if isOnPath.contains(next), let index = path.firstIndex(of: next) {
                    if problems.isFull { continue }
                    let cycle = (path[index...] + [next]).joined(separator: " needs ")
                    let owner = needs.first { $0.step == last }
                    let node = owner?.names.first { $0.0 == next }?.1 ?? start.node
                    problems.error(node, "no step of this circle can ever open: \(cycle); take one out")
                } else if !done.contains(next) {
                    path.append(next)
                    isOnPath.insert(next)
                    pending.append(edges[next] ?? [])
                }
            }
        }
    }

    private func hint(_ node: Node) -> Hint? {
        guard let entry = Entries(node, "a hint", .hint, problems) else { return nil }
        let cost = entry["cost"].flatMap { integer($0, "cost", Grammar.points) } ?? 0
        return localized(entry).map { Hint(text: $0, cost: cost) }
    }

    private func rawQuestionNames(_ node: Node?) -> [String] {
        guard case .sequence(let items)? = node else { return [] }
        return items.compactMap(rawID)
    }

    private func readQuestions(_ node: Node) -> [Question] {
        var seen: Set<String> = []
        return list(node, "questions") { item in
            guard let entry = Entries(item, "a question", .question, problems) else {
                return nil
            }
            let id = identified(entry, "question", &seen)
            var ids: Set<String> = []
            let choices =
                entry["choices"].map {
                    list($0, "choices") { node -> Choice? in
                        guard let entry = Entries(node, "a choice", .choice, problems) else {
                            return nil
                        }
                        let id = identified(entry, "choice", &ids), text = localized(entry)
                        guard let id, let text else { return nil }
                        return Choice(id: id, text: text)
                    }
                } ?? []
            let text = localized(entry)
            guard let id, let text else { return nil }
            return Question(id: id, prompt: text, choices: choices)
        }
    }

    private func identified(_ entry: Entries, _ what: String, _ seen: inout Set<String>) -> String? {
        guard let node = entry["id"] else { return nil }
        // A choice may well be a number: its word is what a student types.
        let text = what == "choice" ? string(node, "id", variables: false) : name(node, "id")
        if let text, !seen.insert(text).inserted {
            problems.error(node, "\(what) \"\(text)\" stands here for the second time; give each its own id")
        }
        return text
    }

    private func mutant(_ node: Node, questions: Set<String>) -> Mutant? {
        guard let entry = Entries(node, "a mutant", .mutant, problems) else { return nil }
        let name = entry["name"].flatMap { string($0, "name", variables: false) }
        let solution = entry["solution"].map { list($0, "solution") { action($0, questions: questions) } }
        guard let name, let solution else { return nil }
        return Mutant(name: name, solution: solution)
    }

    private func readExcuses(_ node: Node) -> [Excuse] {
        var seen: Set<String> = []
        return list(node, "excuses") { item -> Excuse? in
            guard let entry = Entries(item, "an excuse", .excuse, problems) else { return nil }
            // A derived mutant's name quotes the file's own words, variables included.
            let mutant = entry["mutant"].flatMap { string($0, "mutant") }
            let reason = entry["reason"].flatMap { string($0, "reason", variables: false) }
            guard let mutant, let reason else { return nil }
            if !seen.insert(mutant).inserted {
                problems.error(item, "the mutant \"\(mutant)\" is excused twice; one reason is enough")
            }
            return Excuse(mutant: mutant, reason: reason)
        }
    }
}
