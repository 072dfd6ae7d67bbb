import Foundation
import LabFile
import LabRuntime
import LabStore
import Synchronization

/// A running session as the engine sees it.
struct LiveHost: VerifierHost {
    let session: LiveSession
    let store: LabStore
    let variables: Variables
    let outside: any Outside
    private let shared = Shared()

    init(session: LiveSession, store: LabStore, variables: Variables, outside: any Outside) {
        self.session = session
        self.store = store
        self.variables = variables
        self.outside = outside
    }

    func guest(_ name: String) -> (any Guest)? {
        session.lab.machine(name).map { LiveGuest(agent: session.agent($0.name)) }
    }

    func reboot(_ machine: String) async throws {
        do {
            try await session.reboot(machine)
        } catch {
            let words = (error as? LabError)?.description(in: .ko) ?? "\(error)"
            throw Unjudgeable(
                Localized(
                    ko: "\(machine)이(가) 다시 켜지지 않았어요: \(words)", en: "\(machine) did not come back: \(error)"))
        }
    }

    func open(_ step: Step) async throws -> Date {
        try await demandOwnSystems()
        // In a task of its own: a setup works once, so an interruption waits until it is played and recorded.
        return try await Task {
            try await prepare(step)
            let checkpoint = try await checkpoint(for: step)
            let moment = Date()
            try store.updateStep(step.id, of: session.record.id) { record in
                record.opened = record.opened ?? moment
                record.checkpoint = checkpoint
            }
            return moment
        }.value
    }

    /// Plays a step's setup, unless it was when the step could not be opened for another reason.
    private func prepare(_ step: Step) async throws {
        guard try store.steps(of: session.record.id)[step.id]?.prepared != true else { return }
        try await play(step.setup)
        try store.updateStep(step.id, of: session.record.id) { $0.prepared = true }
    }

    private func play(_ setup: [Action]) async throws {
        let variables = variables
        let player = SolutionPlayer(session: session) { variables.fill($0) }
        for action in setup {
            switch action {
            case .run(let action): try await player.play(action, asRoot: true) { _ in }
            case .console(let action): try await player.play(action) { _ in }
            case .answer, .check: break
            }
        }
    }

    /// Plays again what the setups of prepared steps do on one machine, which was made anew. Gives the steps of which
    /// something could not be done, mostly since it rests on what was done on the machine of before.
    func prepareAgain(_ machine: String) async throws -> [String] {
        let records = try store.steps(of: session.record.id)
        var unprepared: [String] = []
        for step in session.lab.steps where records[step.id]?.prepared == true {
            do {
                try await play(step.setup.filter { $0.machine == machine })
            } catch is LabError {
                try Task.checkCancellation()
                unprepared.append(step.id)
            }
        }
        return unprepared
    }

    /// A step is opened when all machines run their own systems: a checkpoint of a rescue console is nothing to go back to,
    /// and there is none of a machine that is off.
    private func demandOwnSystems() async throws {
        if let machine = try await session.inRescue().first?.name { throw Unjudgeable(.inRescue(machine)) }
        if let (machine, isMissing) = try await session.notRunning().first {
            throw Unjudgeable(.notRunning(machine, isMissing: isMissing))
        }
    }

    func disturbed() { shared.step.withLock { $0 = nil } }

    /// Takes a step's checkpoint; steps that open one after the other in a run, with nothing done in between, share one.
    private func checkpoint(for step: Step) async throws -> String? {
        if step.setup.isEmpty, let shared = shared.step.withLock({ $0 }) { return shared }
        let opened = try store.steps(of: session.record.id).compactMapValues(\.opened)
        guard try await CheckpointKeeper(session: session).keep(step.id, opened: opened) else { return nil }
        shared.step.withLock { $0 = step.id }
        return step.id
    }

    /// The step whose checkpoint was the last one that a run took.
    private final class Shared: Sendable {
        let step = Mutex<String?>(nil)
    }
}
