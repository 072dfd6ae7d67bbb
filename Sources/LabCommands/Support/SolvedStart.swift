import LabFile
import LabRuntime
import LabStore
import LabVerifier

/// Brings a session to a step, by the solutions of the steps before it that have not passed, and keeps that moment for
/// sessions to come if nothing was done before. For a process that is inside the session's room.
struct SolvedStart {
    let context: Context
    let record: SessionRecord
    let lab: Lab
    let language: Language

    func lead(to step: Step) async throws {
        var record = record
        let lease = try await SessionLease.take(&record, for: "lab start", in: context)
        defer { withExtendedLifetime(lease) {} }
        Interrupts.leave(.kept)
        // What was done by hand is nobody else's beginning.
        let isNew = try context.store.steps(of: record.id).values.allSatisfy { $0.opened == nil }
        let session = try await LiveSession.attach(record, lab: lab, paths: context.paths)
        let verifier = try context.verifier(session)
        let passed = try context.store.steps(of: record.id).compactMapValues(\.passed)
        let solution = SolutionRun(verifier: verifier, store: context.store, language: language, verbose: false)
        do {
            for earlier in lab.steps.prefix(while: { $0.id != step.id }) where passed[earlier.id] == nil {
                try await verifier.open(earlier)
                try await solution.solve(earlier)
            }
        } catch {
            let words = Localized(
                ko: "실습은 돌고 있지만 \(step.id) 단계까지는 가지 못했어요: lab check · lab finish",
                en: "The session is running, and not yet at \(step.id): lab check · lab finish")
            Output.error(words[language])
            throw error
        }
        if isNew {
            // The disks are kept with one moment in them, not with all those on the way.
            for passed in try await Checkpoint.steps(of: session) {
                try await Checkpoint.ofStep(passed, in: session).remove()
            }
        }
        try await verifier.open(step)
        if isNew { try await keep(step, of: session, variables: verifier.variables) }
    }

    private func keep(_ step: Step, of session: LiveSession, variables: Variables) async throws {
        guard try await Checkpoint.steps(of: session).contains(step.id) else {
            let words = Localized(
                ko: "남은 자리가 모자라서 이 시점을 다음을 위해 남겨 두지 못했어요.",
                en: "This moment is not kept for next time: too little space is free.")
            return Output.error(words[language])
        }
        let view = ProgressView(language)
        defer { view.end() }
        let start = SessionStart(paths: context.paths, store: context.store) { view.show($0) }
        let moment = Localized(ko: "시점", en: "moment")
        view.show(.doing(moment, Localized(ko: "다음을 위해 남겨 두고 있어요", en: "is kept for next time")))
        let key = try await start.key(step.id, of: session, values: variables.values)
        let bytes = try await StartingPointStore(paths: context.paths).keep(
            key, of: session, progress: context.store.progress(of: record.id))
        let size = "\(bytes >> 20) MiB"
        view.show(
            .done(moment, Localized(ko: "다음을 위해 남겨 두었어요  \(size)", en: "kept for next time  \(size)")))
    }
}
