import ArgumentParser
import Foundation
import LabFile
import LabRuntime
import LabStore
import LabVerifier

struct ResetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reset", abstract: "Put the machines back to the moment when a step was opened.",
        discussion: """
            Disks, memory and the connections between the machines are as they were then; verdicts and answers that \
            came later are forgotten. With --machine one machine alone is made anew, as it was after lab start, with what \
            the steps so far prepare on it; the checkpoints of all steps go with that.

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

    @Flag(help: "Do not ask; without a terminal nothing is asked anyway.")
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
            let list = names.joined(separator: ", ")
            throw LabError(
                .usage,
                Localized(
                    ko: "\(step.id) 단계가 열린 때로는 되돌릴 수 없어요. 그때의 모습이 남아 있지 않아요",
                    en: "there is no checkpoint of \(step.id)"),
                advice: names.isEmpty
                    ? Localized(
                        ko: "lab check나 lab guide가 단계의 차례가 온 것을 처음 알았을 때 남겨 두어요.",
                        en: "One is taken when lab check or lab guide first finds that a step's turn has come.")
                    : Localized(ko: "되돌릴 수 있는 단계: \(list)", en: "Checkpoints: \(list)"))
        }
        let when = ClockText.of(moment)
        let question = Localized(
            ko: "모든 기계를 \(step.id) 단계가 열린 \(when)(으)로 되돌릴까요?",
            en: "Put all machines back to \(when), when \(step.id) was opened?")
        guard try await confirmed(question, in: context.language) else { return }
        Interrupts.leave(.completed)
        let began = ContinuousClock.now
        let view = ProgressView(context.language)
        defer { view.end() }
        view.show(
            .doing(.machines, Localized(ko: "\(when)(으)로 되돌리고 있어요", en: "are put back to \(when)")))
        try await Checkpoint.ofStep(checkpoint, in: session).restore(forgetting: context.store, since: moment)
        let later = opened.filter { $0.value > moment }.map(\.key)
        for id in later where kept.contains(id) && id != checkpoint {
            try await Checkpoint.ofStep(id, in: session).remove()
        }
        view.show(.done(.machines, Localized(ko: "되돌렸어요", en: "are back").taking(since: began)))
        view.end()
        let words = Localized(
            ko: "\(step.id) 단계를 새로 시작해요. lab guide · lab shell · lab check",
            en: "\(step.id) begins anew. lab guide · lab shell · lab check")
        Output.error(words[context.language])
    }

    private func renew(_ machine: MachineSpec, of session: LiveSession, context: Context) async throws {
        let question = Localized(
            ko: "\(machine.name)을(를) 새로 만들까요? 그 안의 모든 것과, 되돌릴 수 있는 시점들이 사라져요.",
            en: "Make \(machine.name) anew? Everything on it is lost, and the checkpoints with it.")
        guard try await confirmed(question, in: context.language) else { return }
        Interrupts.leave(.repeated)
        let view = ProgressView(context.language)
        defer { view.end() }
        let start = SessionStart(paths: context.paths, store: context.store) { view.show($0) }
        try await start.renew(machine, of: session)
        let isPrepared = session.lab.steps.contains { $0.setup.contains { $0.machine == machine.name } }
        if isPrepared {
            view.show(
                .doing(.same(machine.name), Localized(ko: "단계들이 준비하는 것을 다시 준비해요", en: "is prepared again")))
        }
        let unprepared = try await context.verifier(session).prepareAgain(machine.name)
        if isPrepared { view.show(.done(.same(machine.name), Localized(ko: "준비됐어요", en: "ready"))) }
        if !unprepared.isEmpty {
            let list = unprepared.joined(separator: ", ")
            view.show(
                .notice(
                    Localized(
                        ko: "이 단계들이 준비해 둔 것을 모두 되살리지는 못했어요. 그동안 한 일이 있어야 되는 것일 수 있어요: \(list)",
                        en: "Not all that these steps prepared could be prepared again, perhaps since it rests on what "
                            + "was done there: \(list)")))
        }
        view.end()
        let words = Localized(
            ko: "\(machine.name)을(를) 새로 만들었어요. 무엇이 사라졌는지는 lab check로 볼 수 있어요.",
            en: "\(machine.name) was made anew. lab check says what does not hold any more.")
        Output.error(words[context.language])
    }

    private func confirmed(_ question: Localized, in language: Language) async throws -> Bool {
        guard !yes, isatty(STDIN_FILENO) == 1 else { return true }
        Output.write(question[language] + " [y/N] ", to: STDERR_FILENO)
        if try await TypedLine.isYes() { return true }
        Output.error(Localized(ko: "아무것도 바꾸지 않았어요.", en: "Nothing was changed.")[language])
        return false
    }
}
