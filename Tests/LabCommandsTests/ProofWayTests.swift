import LabFile
import LabVerifier
import Testing

@testable import LabCommands

@Suite("What playing a way of a trial brings to light")
struct ProofWayTests {
    private func report(_ verdicts: [(Verdict, Int)]) -> StepReport {
        let text = Localized(ko: "", en: "")
        return StepReport(
            id: "a", title: text, state: .open, verdict: .fail, points: Points(earned: 0, possible: 1),
            checks: verdicts.map { verdict, milliseconds in
                CheckOutcome(
                    kind: "tcp", machine: nil, verdict: verdict, basis: .guest, expected: text, observed: text,
                    milliseconds: milliseconds)
            })
    }

    @Test("Of each statement the longest that it took until it held, whenever that was seen")
    func took() {
        var outcome = ProofWay.Outcome()
        outcome.take(report([(.pass, 4000), (.fail, 9000), (.pass, 500)]))
        #expect(outcome.took == [4, 0, 0.5])
        outcome.take(report([(.pass, 0), (.pass, 1500), (.fail, 20000)]))
        #expect(outcome.took == [4, 1.5, 0.5])
    }
}
