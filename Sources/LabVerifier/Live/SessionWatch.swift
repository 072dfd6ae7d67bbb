import LabFile
import LabRuntime
import LabStore

/// Follows a session: looks again and again at the steps whose turn has come, and tells what changed.
///
/// What the machines say of themselves is asked at each look, one command a machine. What only an outsider sees is
/// probed when that changed, and now and then: a probe is a connection that the student's servers log.
public struct SessionWatch: Sendable {
    /// How long it may take until what only an outsider sees is looked at again, before it is multiplied by the
    /// session's slowness.
    static let outsideEvery = Duration.seconds(10)

    private let verifier: SessionVerifier
    private let only: String?
    private var saidByGuests: [Sight] = []
    private var shown: [Sight] = []
    private var probed: ContinuousClock.Instant?

    /// Begins to follow a session; with `only`, that step alone, whether it is done or not.
    public init(_ verifier: SessionVerifier, only: String? = nil) {
        self.verifier = verifier
        self.only = only
    }

    /// What of a step's report decides whether it is a new one.
    private struct Sight: Sendable, Equatable {
        var id: String
        var state: StepState
        var checks: [Check]

        struct Check: Sendable, Equatable {
            var verdict: Verdict?
            var observed: Localized
        }

        init(_ step: StepReport) {
            (id, state) = (step.id, step.state)
            checks = step.checks.map { Check(verdict: $0.verdict, observed: $0.observed) }
        }
    }

    /// Whether there is nothing left to look at.
    public func isDone() throws -> Bool { try only == nil && verifier.current().isEmpty }

    /// Looks once; gives a report when it is not as the one before.
    public mutating func look() async throws -> CheckReport? {
        let steps = try only.map { [$0] } ?? verifier.current()
        guard !steps.isEmpty else { return nil }
        let quick = try await verifier.check(steps, patience: .atMost(0), guestsOnly: true)
        let said = quick.steps.map(Sight.init)
        let isDue = probed.map { .now - $0 >= Self.outsideEvery * verifier.session.slowness } ?? true
        guard said != saidByGuests || isDue || quick.steps.contains(where: { $0.state == .done }) else { return nil }
        saidByGuests = said
        let isWhole = !quick.steps.contains { $0.checks.contains { $0.verdict == nil && $0.basis == .outside } }
        let report = isWhole ? quick : try await verifier.check(steps, patience: .atMost(0))
        probed = .now
        let sight = report.steps.map(Sight.init)
        guard sight != shown else { return nil }
        shown = sight
        return report
    }
}

extension SessionVerifier {
    /// The steps whose turn has come by what earlier checks found, and that are not done.
    func current() throws -> [String] {
        let records = try store.steps(of: session.record.id)
        func isDone(_ id: String) -> Bool { records[id]?.passed != nil }
        return session.lab.steps.filter { !isDone($0.id) && $0.needs.allSatisfy(isDone) }.map(\.id)
    }
}
