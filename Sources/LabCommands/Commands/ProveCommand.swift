import ArgumentParser
import Foundation
import LabFile
import LabRuntime
import LabStore
import LabVerifier

struct ProveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prove", abstract: "Solve the running lab, and play the mutants of some steps before each.",
        discussion: """
            Each mutant is played from a checkpoint of the whole session, which is put back after it. A mutant that no
            check rejects is named at the end; the exit status is then 2.

            Examples:
              lab prove --mutants firewall --mutants agent-forwarding
              lab prove --mutants all
            """)

    @OptionGroup var session: SessionOptions

    @Option(help: "A step whose mutants are played, or STEP:NUMBER for one of them (from 1); \"all\" for every step.")
    var mutants: [String] = []

    @Option(help: "Stop after this step.")
    var until: String?

    @Option(name: .customLong("lang"), help: "ko or en.")
    var language: Language?

    @Flag(help: "What the commands print, too.")
    var verbose = false

    func run() async throws {
        let context = try Context()
        let record = try session.record(in: context)
        try RoomEntry.enter(record, context: context)
        let lab = try context.lab(of: record)
        for name in mutants where name != "all" {
            _ = try lab.step(named: String(name.prefix { $0 != ":" }))
        }
        let last = try until.map { try lab.step(named: $0).id }
        let lease = try await SessionLease.take(record, for: "lab prove", in: context)
        defer { withExtendedLifetime(lease) {} }
        let session = try await LiveSession.attach(record, lab: lab, paths: context.paths)
        var survivors: [String] = []
        var played = 0
        let earlier = try context.store.steps(of: record.id)
        for step in lab.steps where earlier[step.id]?.passed == nil {
            let run = SolutionRun(
                verifier: try context.verifier(session), store: context.store, language: context.language(language),
                verbose: verbose)
            let before = try await run.verifier.check([step.id], isAwaited: true)
            let state = before.steps.first?.state
            guard state != .waiting else {
                throw LabError(.failed, "\(step.id) waits: \(step.needs.joined(separator: ", "))")
            }
            if state == .done { survivors.append("\(step.id): done before its solution") }
            let chosen = self.chosen(step)
            played += chosen.count
            survivors += try await play(chosen, of: step, session: session, run: run, context: context)
            try await run.solve(step)
            if step.id == last { break }
        }
        Output.data("\(played - survivors.count) mutants rejected, \(survivors.count) survived")
        guard survivors.isEmpty else {
            for survivor in survivors { Output.data("survived: \(survivor)") }
            throw ExitStatus(value: ExitStatus.notDone)
        }
    }

    private func chosen(_ step: Step) -> [Mutant] {
        if mutants.contains("all") || mutants.contains(step.id) { return step.mutants }
        return step.mutants.enumerated().filter { mutants.contains("\(step.id):\($0.offset + 1)") }.map(\.element)
    }

    private func play(
        _ chosen: [Mutant], of step: Step, session: LiveSession, run: SolutionRun, context: Context
    ) async throws -> [String] {
        guard !chosen.isEmpty else { return [] }
        let checkpoint = Checkpoint.forMutants(of: session)
        try await checkpoint.take()
        var survivors: [String] = []
        for mutant in chosen {
            Output.error("── \(step.id), wrongly: \(mutant.name)")
            // Logins at the door belong to the moment: a run of its own for each.
            let fresh = SolutionRun(
                verifier: try context.verifier(session), store: context.store, language: run.language,
                verbose: verbose)
            if try await !fresh.isRejected(mutant, of: step) { survivors.append("\(step.id): \(mutant.name)") }
            try await checkpoint.restore()
            try context.store.forget(step.id, of: session.record.id)
        }
        try await checkpoint.remove()
        return survivors
    }
}
