extension Shape {
    /// All shapes, the whole file first.
    static let all = [
        lab, localized, machine, disk, parameter, step, hint, question, choice, run, console, dialogueLine, answer,
        mutant,
        excuse,
    ]

    static let lab = Shape(
        name: "lab", title: "The lab",
        keys: [
            Key("lab", .integer(Grammar.number), required: true, "The number that students type: `lab start 6`."),
            Key("name", .pattern(Grammar.name), required: true, "A short name, such as ssh."),
            Key("title", .shape("localized"), required: true, "What the catalogue shows."),
            Key("minutes", .integer(Grammar.minutes), "About how many minutes a beginner needs."),
            Key(
                "uplink", .boolean,
                "Whether the machines reach what the host reaches; nobody reaches them (default: false)."),
            Key(
                "machines", .named(pattern: Grammar.name, .shape("machine"), count: 1...YAMLDocument.lengthLimit),
                required: true,
                "The machines, by host name; the first one is the student's workstation."),
            Key(
                "parameters", .named(pattern: Grammar.parameter, .shape("parameter")),
                "Values that are drawn for each student, used as {{name}}."),
            Key(
                "steps", .list(.shape("step"), count: 1...YAMLDocument.lengthLimit), required: true,
                "The exercises, in their order."),
        ])

    static let localized = Shape(
        name: "localized", title: "Two languages",
        keys: [
            Key("ko", .text, required: true, "In Korean."),
            Key("en", .text, required: true, "In English."),
        ])

    static let machine = Shape(
        name: "machine", title: "A machine",
        keys: [
            Key("image", .pattern(Grammar.name), required: true, "The image under images/ that it starts from."),
            Key(
                "address", .pattern(Grammar.address), required: true,
                "192.168.122.1 to .253, or 100.64.N.1 to .253 with `inbound: none`; no two have the same."),
            Key(
                "user", .pattern(Grammar.login, hasNumbers: true), required: true,
                "The login that the exercises run as."),
            Key("password", .text, "That login's password; none without it."),
            Key("memory", .integer(Grammar.memory), "Memory in MiB (default: 256)."),
            Key(
                "disks", .list(.shape("disk"), count: Grammar.disks),
                "Empty disks beside the system's own: vdb, vdc and so on, at most \(Grammar.disks.upperBound); "
                    + "such a machine boots at the start."),
            Key(
                "inbound", .either([.word("any"), .word("none")]),
                "`none`: behind a carrier's NAT; it can call out, nobody can call it (default: `any`)."),
        ])

    static let disk = Shape(
        name: "disk", title: "A disk",
        keys: [Key("size", .pattern(Grammar.size), required: true, "Its size, such as 200M or 2G.")])

    static let parameter = Shape(
        name: "parameter", title: "A parameter",
        keys: [
            Key("port", .pattern(Grammar.portRange), "A TCP port from a range, such as 20000-29999."),
            Key("number", .pattern(Grammar.numberRange), "A number from a range, such as 1-100."),
            Key("word", .yes, "A word of letters; write `word: true`."),
            Key(
                "choice", .list(.pattern(Grammar.choice, hasNumbers: true), count: Grammar.choices),
                "One of these values, of which there are at least \(Grammar.choices.lowerBound)."),
        ], alternatives: [["port"], ["number"], ["word"], ["choice"]])

    static let step = Shape(
        name: "step", title: "A step",
        keys: [
            Key("id", .pattern(Grammar.name), required: true, "Its id; each guide has a section `## id`."),
            Key("title", .shape("localized"), required: true, "Its title."),
            Key("points", .integer(Grammar.points), required: true, "What it is worth."),
            Key("needs", .list(.text), "The ids of the steps before it (default: the one above)."),
            Key("undoes", .list(.text), "Steps whose `holds` checks its solution makes false again."),
            Key("hints", .list(.shape("hint")), "Hints, from a question to the solution."),
            Key("questions", .list(.shape("question")), "Questions, answered by `lab answer step.question VALUE`."),
            Key("setup", .list(commands), "What is done when the step opens; commands run as root."),
            Key("solution", .list(actions), "How it is done."),
            Key("checks", .list(.check), "What proves that it was done."),
            Key("mutants", .list(.shape("mutant")), "Known-wrong ways, each of which some check must reject."),
            Key(
                "excuses", .list(.shape("excuse")),
                "Why mutants that `lab test` derives are no mistakes (docs/proof.md)."),
        ])

    static let hint = Shape(
        name: "hint", title: "A hint",
        keys: localized.keys + [Key("cost", .integer(Grammar.points), "Points that it takes (default: 0).")])

    static let question = Shape(
        name: "question", title: "A question",
        keys: [Key("id", .pattern(Grammar.name), required: true, "Its id within the step.")] + localized.keys + [
            Key("choices", .list(.shape("choice")), "What to choose from; any text without it.")
        ])

    static let choice = Shape(
        name: "choice", title: "A choice",
        keys: [Key("id", .text, required: true, "What a student types.")] + localized.keys)

    static let run = Shape(
        name: "run", title: "A run action",
        keys: [
            Key("on", .text, required: true, "The machine."),
            Key("run", .command, required: true, "Text for a shell, or a list of words that is executed as it is."),
            Key("user", .text, "Another login than the machine's own."),
            Key("background", .boolean, "Left running."),
            Key("may-fail", .boolean, "A status other than 0 is part of the exercise."),
            Key("looks", .boolean, "It only looks: the step is done without it too, which `lab test` tries."),
            Key(
                "dialogue", .list(.shape("dialogue-line")),
                "What is answered to its prompts, on a terminal of the command's own."),
        ])

    static let console = Shape(
        name: "console", title: "A console action",
        keys: [
            Key("console", .text, required: true, "The machine at whose serial console is typed."),
            Key("rescue", .boolean, "It is booted into a root shell before, and into its own system afterwards."),
            Key(
                "dialogue", .list(.shape("dialogue-line")), required: true,
                "What is typed at its prompts; a last line that says nothing is only waited for."),
        ])

    static let dialogueLine = Shape(
        name: "dialogue-line", title: "A line of a dialogue",
        keys: [
            Key("when", .text, required: true, "A part of the prompt."),
            Key("say", .text, required: true, "What is typed."),
        ])

    static let answer = Shape(
        name: "answer", title: "An answer action",
        keys: [
            Key("answer", .text, required: true, "The question's id."),
            Key("value", .text, "The answer."),
            Key("on", .text, "The machine that knows it."),
            Key("run", .command, "The command there that prints it."),
        ], alternatives: [["value"], ["on", "run"]])

    static let mutant = Shape(
        name: "mutant", title: "A mutant",
        keys: [
            Key("name", .text, required: true, "What is wrong with it."),
            Key("solution", .list(actions), required: true, "How it is done wrongly."),
        ])

    static let excuse = Shape(
        name: "excuse", title: "An excuse",
        keys: [
            Key("mutant", .text, required: true, "The name of a derived mutant, as `lab test` gives it."),
            Key("reason", .text, required: true, "Why it is no mistake."),
        ])

    /// What stands beside the kind of a check.
    static let statement = Shape(
        name: "statement", title: "Beside the kind of a check",
        keys: [
            Key("within", .pattern(Grammar.duration), "How long it may take to become true."),
            Key(
                "hint", .shape("localized"),
                "Shown when it fails, unless what was seen shows that the mistake lies elsewhere."),
            Key("expect", .shape("localized"), "The author's words for what is expected."),
        ])

    private static let commands = Value.either([.shape("run"), .shape("console")])
    private static let actions = Value.either([.shape("run"), .shape("console"), .shape("answer"), .word("check")])
}
