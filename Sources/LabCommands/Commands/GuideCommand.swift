import ArgumentParser
import Foundation
import LabFile
import LabRuntime
import LabStore
import LabVerifier

struct GuideCommand: AsyncParsableCommand, Multilingual {
    static let configuration = CommandConfiguration(
        commandName: "guide", abstract: "The text of the current step; on a terminal, a walk through all of them.",
        discussion: """
            On a terminal the step is followed by a prompt: Enter for the next step, b for the one before, c to check \
            the step, h for a hint, q to leave. A step that is named is shown alone.

            Examples:
              lab guide
              lab guide firewall --lang ko
              lab guide intro
            """)

    @OptionGroup var session: SessionOptions

    @Argument(help: "The step, by id or number; \"intro\" for the introduction.")
    var step: String?

    @Option(name: .customLong("lang"), help: "ko or en.")
    var language: Language?

    func run() async throws {
        let context = try Context(language: language)
        let record = try session.record(in: context, states: [.running, .stopped])
        let lab = try context.lab(of: record)
        let language = context.language
        let page = GuidePage(
            lab: lab, language: language, variables: try context.variables(of: lab, in: record),
            markdown: Markdown(width: min(Output.width, 100), style: Output.style))
        if step == "intro" { return page.showIntroduction() }
        let records = try context.store.steps(of: record.id)
        let first = try lab.step(named: step, records: records)
        try await open(first, of: record, in: context, lab: lab)
        page.show(first)
        if first.id == lab.steps.first?.id, page.hasIntroduction {
            let words = Localized(
                ko: "소개(기계 그림, 이름과 패스워드): lab guide intro",
                en: "The introduction (the machines, names and passwords): lab guide intro")
            Output.error("\n" + words[language])
        }
        guard step == nil, isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1 else { return }
        try await walk(from: first, page: page, record: record, context: context)
    }

    private func walk(from first: Step, page: GuidePage, record: SessionRecord, context: Context) async throws {
        let steps = page.lab.steps
        var index = steps.firstIndex { $0.id == first.id } ?? 0
        while true {
            let keys =
                page.language == .ko
                ? "[Enter] 다음 · b 이전 · c 검사 · h 힌트 · q 끝" : "[Enter] next · b back · c check · h hint · q quit"
            Output.write("\n\(index + 1)/\(steps.count)  \(keys)  ", to: STDERR_FILENO)
            switch try await TypedLine.next()?.trimmingCharacters(in: .whitespaces).lowercased() {
            case "": index += 1
            case "b": index -= 1
            case "c":
                Child.run(["check", steps[index].id, "--lang", page.language.rawValue], record: record)
                continue
            case "h":
                Child.run(["hint", steps[index].id, "--lang", page.language.rawValue], record: record)
                continue
            case "q", nil: return
            default: continue
            }
            guard steps.indices.contains(index) else { return }
            try await open(steps[index], of: record, in: context, lab: page.lab)
            Output.data("")
            page.show(steps[index])
        }
    }

    /// A step whose turn has come is opened when its guide is read; another command at work opens it itself.
    private func open(_ step: Step, of record: SessionRecord, in context: Context, lab: Lab) async throws {
        guard record.state == .running, record.isUp,
            Lease.holder(directory: SessionLease.directory(of: record, in: context)) == nil
        else { return }
        var record = record
        let lease = try await SessionLease.take(&record, for: "lab guide", in: context)
        defer { withExtendedLifetime(lease) {} }
        let session = try await LiveSession.attach(record, lab: lab, paths: context.paths)
        // The guide can be read beside a rescue console; the step is opened when all machines run their own systems again.
        guard try await session.inRescue().isEmpty, try await session.notRunning().isEmpty else { return }
        try await context.verifier(session).open(step)
    }
}

/// The guide of a lab in one language, as it is shown on a terminal.
struct GuidePage {
    let lab: Lab
    let language: Language
    let variables: Variables
    let markdown: Markdown

    private var introduction: String { lab.guides[language]?.introduction ?? "" }

    /// Whether there is something before the first step.
    var hasIntroduction: Bool { !introduction.isEmpty }

    /// Shows what comes before the first step.
    func showIntroduction() { show(variables.fill(introduction)) }

    /// Shows a step: its title, its section of the guide, and its questions.
    func show(_ step: Step) {
        let number = (lab.steps.firstIndex { $0.id == step.id } ?? 0) + 1
        var parts = [
            "# \(number)/\(lab.steps.count) · \(step.title[language])",
            variables.fill(lab.guides[language]?.sections[step.id] ?? ""),
        ]
        for question in step.questions {
            parts.append("**\(step.id).\(question.id)** — \(variables.fill(question.prompt[language]))")
            parts.append(
                question.choices.map { "- `\($0.id)` \(variables.fill($0.text[language]))" }.joined(separator: "\n"))
        }
        show(parts.filter { !$0.isEmpty }.joined(separator: "\n\n"))
    }

    private func show(_ text: String) {
        guard !text.isEmpty else { return }
        for line in markdown.lines(text) { Output.data(line) }
    }
}

extension Context {
    /// The values of a lab's variables for a student.
    func variables(of lab: Lab, student: String) throws -> Variables {
        let drawn = ParameterDrawing(secret: try secret()).values(for: lab, student: student)
        return Variables(lab: lab, parameters: drawn)
    }

    /// The values of a lab's variables in a session; throws when they were drawn with another secret.
    func variables(of lab: Lab, in record: SessionRecord) throws -> Variables {
        _ = try secret(of: record, lab: lab)
        return try variables(of: lab, student: record.student)
    }
}
