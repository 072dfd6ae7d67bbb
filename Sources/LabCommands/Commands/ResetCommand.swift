import ArgumentParser
import Foundation
import LabFile
import LabRuntime
import LabStore

struct ResetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reset", abstract: "Put the machines back to the moment when a step was opened.",
        discussion: """
            Disks, memory and the connections between the machines are as they were then; verdicts and answers that
            came later are forgotten. With --machine one machine alone is made anew, as it was after lab start.

            Examples:
              lab reset
              lab reset firewall
              lab reset --machine server01
            """)

    @OptionGroup var session: SessionOptions

    @Argument(help: "The step, by id or number (default: the first one that is not done).")
    var step: String?

    @Option(help: "Make this machine anew instead.")
    var machine: String?

    @Flag(help: "Do not ask.")
    var yes = false

    func validate() throws {
        guard step == nil || machine == nil else { throw ValidationError("Name a step or a machine, not both.") }
    }

    func run() async throws {
        let context = try Context()
        var record = try session.record(in: context)
        let lab = try context.lab(of: record)
        let lease = try await SessionLease.take(&record, for: "lab reset", in: context)
        defer { withExtendedLifetime(lease) {} }
        let session = try await LiveSession.attach(record, lab: lab, paths: context.paths)
        if let machine {
            let machine = try session.machine(machine)
            try await renew(machine, of: session, context: context)
        } else {
            let records = try context.store.steps(of: record.id)
            try await back(to: try lab.step(named: step, records: records), of: session, context: context)
        }
    }

    private func back(to step: Step, of session: LiveSession, context: Context) async throws {
        let records = try context.store.steps(of: session.record.id)
        let opened = records.compactMapValues(\.opened)
        let kept = try await Checkpoint.steps(of: session)
        func isKept(_ id: String) -> Bool { records[id]?.checkpoint.map(kept.contains) ?? false }
        guard let moment = opened[step.id], let checkpoint = records[step.id]?.checkpoint, isKept(step.id) else {
            let names = session.lab.steps.map(\.id).filter { isKept($0) && opened[$0] != nil }
            throw LabError(
                .usage, "there is no checkpoint of \(step.id)",
                advice: names.isEmpty
                    ? "One is taken when lab check or lab guide first finds that a step's turn has come."
                    : "Checkpoints: " + names.joined(separator: ", "))
        }
        let when = moment.formatted(date: .omitted, time: .standard)
        guard confirmed("Put all machines back to \(when), when \(step.id) was opened?") else { return }
        let began = ContinuousClock.now
        let view = ProgressView()
        defer { view.end() }
        view.show(.doing("machines", "are put back to \(when)"))
        try await Checkpoint.ofStep(checkpoint, in: session).restore(forgetting: context.store, since: moment)
        let later = opened.filter { $0.value > moment }.map(\.key)
        for id in later where kept.contains(id) && id != checkpoint {
            try await Checkpoint.ofStep(id, in: session).remove()
        }
        view.show(.done("machines", String(format: "are back  %.1f s", (ContinuousClock.now - began) / .seconds(1))))
        view.end()
        Output.error("\(step.id) begins anew. lab guide · lab shell · lab check")
    }

    private func renew(_ machine: MachineSpec, of session: LiveSession, context: Context) async throws {
        guard confirmed("Make \(machine.name) anew? Everything on it is lost, and the checkpoints with it.") else {
            return
        }
        let view = ProgressView()
        defer { view.end() }
        let start = SessionStart(paths: context.paths, store: context.store) { view.show($0) }
        try await start.renew(machine, of: session)
        view.end()
        Output.error("\(machine.name) is as it was after lab start. lab check says what does not hold any more.")
    }

    private func confirmed(_ question: String) -> Bool {
        guard !yes, isatty(STDIN_FILENO) == 1 else { return true }
        Output.write(question + " [y/N] ", to: STDERR_FILENO)
        if let answer = readLine()?.lowercased(), ["y", "yes", "네", "예"].contains(answer) { return true }
        Output.error("Nothing was changed.")
        return false
    }
}
