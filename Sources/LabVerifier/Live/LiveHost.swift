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
        let variables = variables
        let player = SolutionPlayer(session: session) { variables.fill($0) }
        for action in step.setup {
            switch action {
            case .run(let action): try await player.play(action, asRoot: true) { _ in }
            case .console(let action): try await player.play(action) { _ in }
            case .answer, .check: break
            }
        }
        let checkpoint = try await checkpoint(for: step)
        let moment = Date()
        try store.updateStep(step.id, of: session.record.id) { record in
            record.opened = record.opened ?? moment
            record.prepared = true
            record.checkpoint = checkpoint
        }
        return moment
    }

    /// A step is opened when all machines run their own systems: a checkpoint of a rescue console is nothing to go back to.
    private func demandOwnSystems() async throws {
        guard let machine = try await session.inRescue().first?.name else { return }
        throw Unjudgeable(.inRescue(machine))
    }

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
