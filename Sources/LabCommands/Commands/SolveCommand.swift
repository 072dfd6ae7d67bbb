import ArgumentParser
import Foundation
import LabFile
import LabRuntime
import LabStore
import LabVerifier

struct SolveCommand: AsyncParsableCommand, Multilingual {
    static let configuration = CommandConfiguration(
        commandName: "solve", abstract: "Play the scripted solution on the live machines, showing what is typed.",
        discussion: """
            What the harness solves earns no points.

            Examples:
              lab solve                     the current step
              lab solve --until firewall
              lab solve --all
            """)

    @OptionGroup var session: SessionOptions

    @Argument(help: "Steps, by id or number.")
    var steps: [String] = []

    @Option(help: "From the first step that is not done to this one.")
    var until: String?

    @Flag(help: "Every step that is not done.")
    var all = false

    @Option(name: .customLong("lang"), help: "ko or en.")
    var language: Language?

    @Flag(help: "What the commands print, too.")
    var verbose = false

    func run() async throws {
        let context = try Context(language: language)
        var record = try session.record(in: context)
        try RoomEntry.enter(record, context: context)
        let lab = try context.lab(of: record)
        let lease = try await SessionLease.take(&record, for: "lab solve", in: context)
        defer { withExtendedLifetime(lease) {} }
        Interrupts.leave(.kept)
        let session = try await LiveSession.attach(record, lab: lab, paths: context.paths)
        let verifier = try context.verifier(session)
        let solution = SolutionRun(
            verifier: verifier, store: context.store, language: context.language, verbose: verbose)
        for step in try wanted(lab: lab, session: session, context: context) {
            guard let found = try await look(at: step, by: verifier), found.state != .done else { continue }
            if found.state == .waiting {
                let needs = step.needs.joined(separator: ", ")
                throw LabError(
                    .usage,
                    Localized(
                        ko: "\(step.id) 단계는 아직 끝나지 않은 단계를 기다려요: \(needs)",
                        en: "\(step.id) waits for steps that have not passed: \(needs)"),
                    advice: Localized(
                        ko: "그것부터 풀려면: lab solve --until \(step.id)",
                        en: "Solve those first: lab solve --until \(step.id)"))
            }
            try await solution.solve(step)
        }
    }

    /// How a step is before its solution, which is mostly not done: what the machines themselves say is enough where it
    /// says so, and what the solution brings about is not waited for.
    private func look(at step: Step, by verifier: SessionVerifier) async throws -> StepReport? {
        let quick = try await verifier.check([step.id], patience: .atMost(0), guestsOnly: true).steps.first
        guard let quick, quick.state == .open, !quick.checks.contains(where: { $0.verdict == .fail }) else {
            return quick
        }
        return try await verifier.check([step.id], patience: .atMost(0)).steps.first
    }

    private func wanted(lab: Lab, session: LiveSession, context: Context) throws -> [Step] {
        if !steps.isEmpty { return try steps.map { try lab.step(named: $0) } }
        let records = try context.store.steps(of: session.record.id)
        let open = lab.steps.filter { records[$0.id]?.passed == nil }
        if all { return open }
        if let until {
            let last = try lab.step(named: until)
            let index = lab.steps.firstIndex { $0.id == last.id } ?? 0
            let ids = Set(lab.steps[...index].map(\.id))
            return open.filter { ids.contains($0.id) }
        }
        return Array(open.prefix(1))
    }
}
