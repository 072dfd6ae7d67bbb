/// One exercise of a lab.
public struct Step: Sendable, Equatable {
    /// The step's name, unique in its lab, `[a-z][a-z0-9-]*`.
    public var id: String
    /// What lists show.
    public var title: Localized
    /// What a pass is worth.
    public var points: Int
    /// Steps that must have passed before this one opens; the one before it unless the file says otherwise.
    public var needs: [String]
    /// Hints, cheapest first.
    public var hints: [Hint]
    /// Questions whose answers `answer` checks judge.
    public var questions: [Question]
    /// Actions that the harness performs as root when the step opens.
    public var setup: [Action]
    /// The scripted solution that `lab solve` plays.
    public var solution: [Action]
    /// What must be true, or have happened.
    public var checks: [CheckStatement]
    /// Known-wrong ways, each of which some check must reject.
    public var mutants: [Mutant]
    /// Steps whose `holds` checks this step's solution makes false again.
    public var undoes: [String]
    /// Why some mutants that `lab test` derives are no mistakes.
    public var excuses: [Excuse]

    /// Makes a step from its parts.
    public init(
        id: String, title: Localized, points: Int, needs: [String] = [], hints: [Hint] = [],
        questions: [Question] = [], setup: [Action] = [], solution: [Action] = [], checks: [CheckStatement] = [],
        mutants: [Mutant] = [], undoes: [String] = [], excuses: [Excuse] = []
    ) {
        self.id = id
        self.title = title
        self.points = points
        self.needs = needs
        self.hints = hints
        self.questions = questions
        self.setup = setup
        self.solution = solution
        self.checks = checks
        self.mutants = mutants
        self.undoes = undoes
        self.excuses = excuses
    }
}

/// A hint and what taking it costs, in points.
public struct Hint: Sendable, Equatable {
    /// The text.
    public var text: Localized
    /// Points that taking it costs; 0 is free.
    public var cost: Int

    /// Makes a hint.
    public init(text: Localized, cost: Int = 0) {
        self.text = text
        self.cost = cost
    }
}

/// A question that the student answers with `lab answer STEP.QUESTION VALUE`.
public struct Question: Sendable, Equatable {
    /// The question's name, unique in its step.
    public var id: String
    /// What is asked.
    public var prompt: Localized
    /// The choices in order, each under the short word that answers with it; empty for a free answer.
    public var choices: [Choice]

    /// Makes a question.
    public init(id: String, prompt: Localized, choices: [Choice] = []) {
        self.id = id
        self.prompt = prompt
        self.choices = choices
    }
}

/// One choice of a multiple-choice question.
public struct Choice: Sendable, Equatable {
    /// The word the student types.
    public var id: String
    /// The text shown.
    public var text: Localized

    /// Makes a choice.
    public init(id: String, text: Localized) {
        self.id = id
        self.text = text
    }
}

/// A known-wrong way of doing a step.
public struct Mutant: Sendable, Equatable {
    /// What is wrong with it, in a few words.
    public var name: String
    /// The actions of the wrong way.
    public var solution: [Action]

    /// Makes a mutant.
    public init(name: String, solution: [Action]) {
        self.name = name
        self.solution = solution
    }
}

/// The author's reason why a derived mutant may be accepted: done that way, the step is done as well.
public struct Excuse: Sendable, Equatable {
    /// The mutant's name, as `lab test` gives it.
    public var mutant: String
    /// Why it is no mistake.
    public var reason: String

    /// Makes an excuse.
    public init(mutant: String, reason: String) {
        self.mutant = mutant
        self.reason = reason
    }
}
