import LabFile
import Testing

@testable import LabVerifier

@Suite("How long is waited for what does not hold yet")
struct PatienceTests {
    private func seconds(_ patience: Patience, within: Int? = 10, at index: Int = 0, slowness: Double) -> Double {
        let statement = CheckStatement(kind: "tcp", fields: [:], within: within, line: 1)
        return patience.seconds(for: statement, at: index, slowness: slowness)
    }

    @Test("As the statement says, or less") func plain() {
        #expect(seconds(.asSaid, slowness: 5) == 10)
        #expect(seconds(.atMost(2), slowness: 5) == 2)
        #expect(seconds(.atMost(20), slowness: 5) == 10)
        #expect(seconds(.asSlow, within: nil, slowness: 5) == 0)
    }

    @Test("A right solution gets more on slow machines, within bounds") func right() {
        #expect(seconds(.asSlow, slowness: 1) == 10)
        #expect(seconds(.asSlow, slowness: 5) == 50)
        #expect(seconds(.asSlow, slowness: 20) == 80)
    }

    @Test("A wrong way gets a multiple of what each statement took, never more than the right one could have had")
    func wrong() {
        let patience = Patience.measured([1.5, 0, 60])
        #expect(seconds(patience, slowness: 5) == 10)
        #expect(seconds(patience, within: 150, slowness: 5) == 13)
        #expect(seconds(patience, within: 2, slowness: 5) == 3)
        #expect(seconds(patience, within: 2, slowness: 1) == 2)
        #expect(seconds(patience, within: 150, at: 2, slowness: 5) == 130)
        #expect(seconds(patience, within: 20, at: 2, slowness: 5) == 100)
        #expect(seconds(patience, at: 1, slowness: 5) == 10, "it was not seen to hold")
        #expect(seconds(patience, at: 3, slowness: 5) == 10)
        #expect(seconds(.measured([]), slowness: 5) == 10)
    }
}
