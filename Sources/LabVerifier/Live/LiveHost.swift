import Foundation
import LabFile
import LabRuntime
import LabStore

/// A running session as the engine sees it.
struct LiveHost: VerifierHost {
    let session: LiveSession
    let store: LabStore
    let variables: Variables
    let outside: any Outside

    func guest(_ name: String) -> (any Guest)? {
        session.lab.machine(name).map { LiveGuest(agent: session.agent($0.name)) }
    }

    func reboot(_ machine: String) async throws {
        do {
            try await session.reboot(machine)
        } catch {
            throw Unjudgeable(
                Localized(
                    ko: "\(machine)이(가) 다시 켜지지 않았어요: \(error)", en: "\(machine) did not come back: \(error)"))
        }
    }

    func open(_ step: Step) async throws -> Date {
        let variables = variables
        let player = SolutionPlayer(session: session) { variables.fill($0) }
        for action in step.setup {
            if case .run(let action) = action { try await player.play(action, asRoot: true) { _ in } }
        }
        let opened = try store.steps(of: session.record.id).compactMapValues(\.opened)
        try await CheckpointKeeper(session: session).keep(step.id, opened: opened)
        let moment = Date()
        try store.updateStep(step.id, of: session.record.id) { record in
            record.opened = record.opened ?? moment
            record.prepared = true
        }
        return moment
    }
}
