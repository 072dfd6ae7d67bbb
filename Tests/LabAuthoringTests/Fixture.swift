import LabAuthoring
import LabFile

/// A lab of two machines, one drawn port and the steps that a test gives it.
enum Fixture {
    static let values = ["port": "20500", "word": "lamp", "one.address": "192.168.122.1"]

    static func lab(_ steps: [Step]) -> Lab {
        Lab(
            number: 77, name: "fixture", title: text("fixture"),
            machines: [
                MachineSpec(name: "one", image: "workstation", address: "192.168.122.1", user: "kim"),
                MachineSpec(name: "two", image: "server", address: "192.168.122.2", user: "lee"),
            ],
            parameters: [ParameterSpec(name: "port", domain: .port(20000...29999))], steps: steps,
            directory: "/nowhere")
    }

    static func text(_ text: String) -> Localized { Localized(ko: text, en: text) }

    static func run(_ text: String, looks: Bool = false) -> Action {
        .run(RunAction(machine: "one", command: .shell(text), looks: looks))
    }

    static func step(
        _ solution: [Action], id: String = "first", checks: [CheckStatement] = [], questions: [Question] = [],
        mutants: [Mutant] = [], excuses: [Excuse] = []
    ) -> Step {
        Step(
            id: id, title: text(id), points: 1, questions: questions, solution: solution, checks: checks,
            mutants: mutants, excuses: excuses)
    }

    static func plan(_ steps: [Step], derived: TrialPlan.Derived = .all) -> TrialPlan {
        TrialPlan(lab: lab(steps), derived: derived, values: values)
    }

    static func result(
        _ verdicts: [String?], done: Bool = false, target: Int? = nil, saying: String = "seen"
    ) -> TrialResult {
        let checks = verdicts.map {
            TrialResult.Check(
                kind: "file", machine: "one", verdict: $0, expected: .init(text("expected")),
                observed: .init(text(saying)), milliseconds: 1500)
        }
        return TrialResult(isDone: done, checks: checks, target: target, seconds: 2)
    }
}
