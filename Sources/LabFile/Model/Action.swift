/// One thing done in a setup, a solution or a mutant.
public enum Action: Sendable, Equatable {
    /// A command on a machine.
    case run(RunAction)
    /// An answer to one of the step's questions.
    case answer(AnswerAction)
    /// Something typed at a machine's serial console.
    case console(ConsoleAction)
    /// The step's own checks are run at this point, whatever they say: for what can only be seen while it lasts.
    case check

    /// The machine that it is done on, where it is one.
    public var machine: String? {
        switch self {
        case .run(let action): action.machine
        case .console(let action): action.machine
        case .answer, .check: nil
        }
    }
}

/// A command on a machine.
public struct RunAction: Sendable, Equatable {
    /// The machine's name.
    public var machine: String
    /// What is run.
    public var command: Command
    /// The login it runs as; nil is the machine's own user (in a setup: root).
    public var user: String?
    /// Prompts that are answered on a terminal of the command's own; empty runs it without a terminal.
    public var dialogue: [DialogueLine]
    /// Whether the command is left running.
    public var background: Bool
    /// Whether a status other than 0 is part of the exercise.
    public var mayFail: Bool
    /// Whether it only looks, so that the step is done without it too.
    public var looks: Bool

    /// Makes a command for a machine.
    public init(
        machine: String, command: Command, user: String? = nil, dialogue: [DialogueLine] = [],
        background: Bool = false, mayFail: Bool = false, looks: Bool = false
    ) {
        self.machine = machine
        self.command = command
        self.user = user
        self.dialogue = dialogue
        self.background = background
        self.mayFail = mayFail
        self.looks = looks
    }
}

/// What a `run` holds: a shell's text, or words that no shell sees.
public enum Command: Sendable, Equatable {
    /// Text for `/bin/bash -c`.
    case shell(String)
    /// A program and its arguments, executed as they are.
    case words([String])
}

/// When this appears on the terminal, that is typed, followed by a newline.
public struct DialogueLine: Sendable, Equatable {
    /// Text to wait for, compared without regard to case.
    public var when: String
    /// What is typed.
    public var say: String

    /// Makes a line of a dialogue.
    public init(when: String, say: String) {
        self.when = when
        self.say = say
    }
}

/// What is typed at a machine's serial console, where a person would sit when there is no network.
public struct ConsoleAction: Sendable, Equatable {
    /// The machine's name.
    public var machine: String
    /// Whether the machine is booted into its rescue console first, and into its own system afterwards.
    public var isRescue: Bool
    /// Prompts and what is typed at them, in their order; a last line that says nothing is only waited for.
    public var dialogue: [DialogueLine]

    /// Makes a dialogue with a machine's console.
    public init(machine: String, isRescue: Bool = false, dialogue: [DialogueLine]) {
        self.machine = machine
        self.isRescue = isRescue
        self.dialogue = dialogue
    }
}

/// An answer given by a solution: a fixed value, or what a command prints on a machine.
public struct AnswerAction: Sendable, Equatable {
    /// The question's name within the step.
    public var question: String
    /// Where the value comes from.
    public var source: Source

    /// Where an answer's value comes from.
    public enum Source: Sendable, Equatable {
        /// The text itself.
        case value(String)
        /// The standard output of a command, trimmed.
        case command(machine: String, Command)
    }

    /// Makes an answer.
    public init(question: String, source: Source) {
        self.question = question
        self.source = source
    }
}
