public import Foundation
public import LabFile
public import LabRuntime
public import LabStore

/// The checks of a running session, with what is kept of it: the one way by which every command judges.
public struct SessionVerifier: Sendable {
    /// The session.
    public let session: LiveSession
    /// The values of its variables.
    public let variables: Variables
    let store: LabStore
    let outside: any Outside

    /// Prepares the checks of a session; `secret` draws its student's parameters.
    public init(session: LiveSession, store: LabStore, secret: Data, outside: any Outside) {
        self.session = session
        self.store = store
        self.outside = outside
        let drawn = ParameterDrawing(secret: secret).values(for: session.lab, student: session.record.student)
        variables = Variables(lab: session.lab, parameters: drawn)
    }

    /// Judges the steps named, or all of them, and keeps what has to be kept. With `guestsOnly` it leaves out what only an
    /// outsider sees; with `untilRejected` it waits for nothing more in a step of which one statement has failed.
    public func check(
        _ named: [String] = [], disturbing: Bool = false, patience: Patience = .asSaid, guestsOnly: Bool = false,
        untilRejected: Bool = false
    ) async throws -> CheckReport {
        await outside.begin()
        let began = Date()
        let run = try run(facts(), patience: patience, guestsOnly: guestsOnly, untilRejected: untilRejected)
        var report = await run.check(named, disturbing: disturbing)
        report.student = session.record.student
        try keep(report.newPasses)
        for step in report.steps where step.state == .done {
            try store.updateStep(step.id, of: session.record.id) { $0.passed = $0.passed ?? began }
        }
        return report
    }

    /// Opens a step whose turn has come by what earlier checks found, with its setup; does nothing when it is open or
    /// has to wait.
    public func open(_ step: Step) async throws {
        let records = try store.steps(of: session.record.id)
        guard records[step.id]?.opened == nil, step.needs.allSatisfy({ records[$0]?.passed != nil }) else { return }
        _ = try await LiveHost(session: session, store: store, variables: variables, outside: outside).open(step)
    }

    /// Does again on a machine that was made anew what the setups of the steps so far did there, and forgets the steps'
    /// checkpoints, which went with the machine of before. Gives the steps of which something could not be done.
    public func prepareAgain(_ machine: String) async throws -> [String] {
        for id in try store.steps(of: session.record.id).keys {
            try store.updateStep(id, of: session.record.id) { $0.checkpoint = nil }
        }
        let host = LiveHost(session: session, store: store, variables: variables, outside: outside)
        return try await host.prepareAgain(machine)
    }

    /// Judges an answer, keeps it, and gives what was found and how many answers there were. One that could not be judged
    /// is not kept and does not count.
    public func answer(_ value: String, to question: String, of step: Step) async throws -> (
        outcomes: [CheckOutcome], attempts: Int
    ) {
        func isOpen() throws -> Bool { try store.steps(of: session.record.id)[step.id]?.opened != nil }
        // What it needs may have been done since the last check.
        if try !isOpen() { _ = try await check([step.id], patience: .awaited) }
        guard try isOpen() else {
            let needs = step.needs.joined(separator: ", ")
            throw LabError(
                .usage,
                Localized(
                    ko: "\(step.id) 단계의 차례가 아직 아니에요", en: "the turn of \(step.id) has not come yet"),
                advice: Localized(
                    ko: "먼저 끝낼 단계: \(needs)      이렇게 보세요: lab check",
                    en: "It needs: \(needs)      See: lab check"))
        }
        let facts = try facts()
        let (outcomes, passes) = await run(facts).judge(answer: value, to: question, of: step)
        if outcomes.contains(where: { $0.verdict == .blocked }) {
            return (outcomes, facts.attempts[step.id]?[question] ?? 0)
        }
        let attempts = try store.answer(
            Answer.normalised(value), to: question, of: step.id, in: session.record.id, at: Date())
        if outcomes.allSatisfy({ $0.verdict == .pass }) { try keep(passes) }
        return (outcomes, attempts)
    }

    private func run(
        _ facts: SessionFacts, patience: Patience = .asSaid, guestsOnly: Bool = false, untilRejected: Bool = false
    ) -> VerifierRun {
        let host = LiveHost(session: session, store: store, variables: variables, outside: outside)
        return VerifierRun(
            lab: session.lab, facts: facts, host: host, slowness: Double(session.slowness), patience: patience,
            guestsOnly: guestsOnly, untilRejected: untilRejected)
    }

    private func keep(_ passes: [KeptPass]) throws {
        let encoder = JSONEncoder()
        try store.keep(
            passes.map { pass in
                PassRecord(
                    session: session.record.id, step: pass.step, statement: pass.statement,
                    evidence: try encoder.encode(Evidence(pass)), found: pass.date)
            })
    }

    private func facts() throws -> SessionFacts {
        let id = session.record.id
        let steps = try store.steps(of: id)
        let decoder = JSONDecoder()
        var facts = SessionFacts(
            session: id, accelerator: session.record.accelerator, variables: variables.values,
            kept: try store.passes(of: id).map { record in
                let evidence = try decoder.decode(Evidence.self, from: record.evidence)
                return KeptPass(
                    step: record.step, statement: record.statement, date: record.found, machine: evidence.machine,
                    expected: evidence.expected.text, observed: evidence.observed.text)
            },
            opened: steps.compactMapValues(\.opened), passed: Set(steps.filter { $0.value.passed != nil }.keys),
            solved: Set(steps.filter(\.value.solved).keys))
        for answer in try store.answers(of: id) {
            facts.answers[answer.step, default: [:]][answer.question] = answer.value
            facts.attempts[answer.step, default: [:]][answer.question] = answer.attempts
        }
        for step in session.lab.steps {
            facts.hintCosts[step.id] = step.hints.prefix(steps[step.id]?.hints ?? 0).map(\.cost).reduce(0, +)
        }
        return facts
    }
}

/// The evidence of a kept pass as it is stored.
private struct Evidence: Codable {
    struct Text: Codable {
        var ko: String
        var en: String
        init(_ text: Localized) { (ko, en) = (text.ko, text.en) }
        var text: Localized { Localized(ko: ko, en: en) }
    }

    var machine: String?
    var expected: Text
    var observed: Text

    init(_ pass: KeptPass) {
        machine = pass.machine
        expected = Text(pass.expected)
        observed = Text(pass.observed)
    }
}
