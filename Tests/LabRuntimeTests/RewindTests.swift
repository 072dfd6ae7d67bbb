import Foundation
import LabStore
import Testing

@Suite("Going back to a moment forgets what came after it")
struct RewindTests {
    @Test func whatCameLaterIsForgotten() throws {
        let home = NSTemporaryDirectory() + "lab-rewind-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: home) }
        let store = try LabStore(home: home)
        let start = Date(timeIntervalSince1970: 1_000_000)
        @Sendable func at(_ seconds: Double) -> Date { start.addingTimeInterval(seconds) }
        try store.save(
            SessionRecord(
                id: "6-a", lab: 6, directory: "/", student: "kim", begun: start, state: .running, accelerator: "tcg"))
        // Step one was opened at 0 and passed at 10, when two was opened; two passed at 20, when three was opened.
        for (step, opened, passed) in [("one", 0.0, 9.0 as Double?), ("two", 10, 19), ("three", 20, nil)] {
            try store.updateStep(step, of: "6-a") { record in
                record.opened = at(opened)
                record.prepared = true
                record.passed = passed.map { at($0) }
                record.hints = 1
                record.solved = true
            }
            try store.keep([
                PassRecord(
                    session: "6-a", step: step, statement: "s", evidence: Data(), found: at(passed ?? 21))
            ])
            try store.answer("x", to: "q", of: step, in: "6-a", at: at((passed ?? 21) - 0.5))
        }
        // The setup of a step that could not be opened after it was played is taken back with the machines.
        try store.updateStep("four", of: "6-a") { $0.prepared = true }
        try store.rewind("6-a", to: at(10))
        let steps = try store.steps(of: "6-a")
        #expect(steps["one"]?.passed == at(9) && steps["one"]?.solved == true)
        #expect(steps["two"]?.opened == at(10) && steps["two"]?.passed == nil && steps["two"]?.solved == false)
        #expect(steps["three"]?.opened == nil && steps["three"]?.prepared == false)
        #expect(steps["four"]?.prepared == false)
        #expect(steps["three"]?.hints == 1, "a hint that was seen stays seen")
        #expect(try store.passes(of: "6-a").map(\.step) == ["one"])
        #expect(try store.answers(of: "6-a").map(\.step) == ["one"])
    }
}
