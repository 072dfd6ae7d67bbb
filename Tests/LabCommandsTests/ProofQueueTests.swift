import Foundation
import LabAuthoring
import LabFile
import Testing

@testable import LabCommands

@Suite("What lab test plays next")
struct ProofQueueTests {
    private let home = NSTemporaryDirectory() + "lab-queue-" + UUID().uuidString

    private let plan: TrialPlan = {
        func text(_ text: String) -> Localized { Localized(ko: text, en: text) }
        func step(_ id: String) -> Step {
            Step(
                id: id, title: text(id), points: 1,
                solution: [.run(RunAction(machine: "one", command: .shell("make \(id)")))],
                checks: [CheckStatement(kind: "command", fields: ["on": .string("one")])],
                mutants: [Mutant(name: "wrong", solution: [])])
        }
        let machine = MachineSpec(name: "one", image: "workstation", address: "192.168.122.1", user: "kim")
        let lab = Lab(
            number: 7, name: "seven", title: text("seven"), machines: [machine], steps: [step("a"), step("b")],
            directory: "/nowhere")
        return TrialPlan(lab: lab, derived: .none, values: [:])
    }()

    private func queue(
        runs: Int = 1, fresh: Bool = false, tool: String = "t", until end: ContinuousClock.Instant? = nil
    )
        -> ProofQueue
    {
        let ground = TrialKey.Ground(tool: tool, machines: [], lab: plan.lab, values: [:])
        return ProofQueue(
            plan, runs: runs, ground: ground, store: ResultStore(home: home, lab: "seven"), fresh: fresh, values: [:],
            until: end)
    }

    private func result(_ trial: Trial, accepted: Bool? = nil) -> TrialResult {
        let done = accepted ?? (trial.kind.expectation == .accepted)
        let check = TrialResult.Check(
            kind: "command", machine: "one", verdict: done ? "pass" : "fail",
            expected: .init(Localized(ko: "", en: "")), observed: .init(Localized(ko: "", en: "")), milliseconds: 10)
        var result = TrialResult(isDone: done, checks: [check], target: nil, seconds: 4, longestAction: 3)
        if done { result.took = [2.5] }
        return result
    }

    /// Plays `count` units, as a room that was started fresh.
    @discardableResult
    private func play(_ queue: ProofQueue, _ count: Int) async throws -> [String] {
        var played: [String] = []
        for _ in 0..<count {
            guard let (unit, _) = await queue.next(isFresh: true) else { break }
            played.append("\(unit.first.step) \(unit.first.kind.rawValue)")
            _ = try await queue.take(unit.trials.map { result($0) }, of: unit, seconds: 4, rooms: 1)
        }
        return played
    }

    @Test("In the order of the lab, fresh machines and the end for all steps at once") func order() async throws {
        defer { try? FileManager.default.removeItem(atPath: home) }
        let queue = queue()
        #expect(await queue.beginning == nil)
        let played = try await play(queue, 20)
        #expect(
            played == [
                "a fresh", "a before", "a solution", "a declared", "b before", "b solution", "b declared", "a end",
            ])
        #expect(await queue.proof.exitStatus == 0)
    }

    @Test("What was played is known to the next run, which begins at the first step with work") func resumed()
        async throws
    {
        defer { try? FileManager.default.removeItem(atPath: home) }
        try await play(queue(), 4)
        let next = queue()
        #expect(await next.beginning == "b")
        #expect(try await play(next, 20) == ["b before", "b solution", "b declared", "a end"])
        #expect(await queue().left.isEmpty)
        #expect(await queue(fresh: true).left.count == plan.trials.count)
        #expect(await queue(tool: "another").left.count == plan.trials.count)
        #expect(await queue(runs: 2).left.count == plan.trials.count, "the first run is known, the second is not")
    }

    @Test("A solution that does not work ends its step, those after it and the end, and not what is before")
    func stuck()
        async throws
    {
        defer { try? FileManager.default.removeItem(atPath: home) }
        let queue = queue()
        try await play(queue, 2)
        guard let (unit, _) = await queue.next(isFresh: true) else { return }
        #expect(unit.first.kind == .solution)
        _ = try await queue.take([result(unit.first, accepted: false)], of: unit, seconds: 1, rooms: 1)
        #expect(await queue.left.isEmpty)
        let proof = await queue.proof
        #expect(proof.exitStatus == 2 && proof.wrong.map(\.trial.kind) == [.solution])
    }

    @Test("A room that is no longer fresh is not given what needs fresh machines; what was not played goes back")
    func rooms() async throws {
        defer { try? FileManager.default.removeItem(atPath: home) }
        let queue = queue()
        let given = await queue.next(isFresh: false)
        let unit = try #require(given?.unit)
        #expect(unit.first.kind == .before)
        await queue.putBack(unit)
        #expect(await queue.next(isFresh: false)?.unit.first.kind == .before)
    }

    @Test("When the time is over nothing is begun, and what is left is unplayed") func over() async throws {
        defer { try? FileManager.default.removeItem(atPath: home) }
        #expect(try await play(queue(until: .now + .seconds(1000)), 2).count == 2)
        let queue = queue(until: .now)
        #expect(await !queue.hasWork)
        #expect(await queue.next(isFresh: true) == nil)
        #expect(await queue.left.count == plan.trials.count - 3, "two units were three trials")
        #expect(await queue.proof.exitStatus == 3)
    }

    @Test("A wrong way gets its time from what the solution took") func patience() async throws {
        defer { try? FileManager.default.removeItem(atPath: home) }
        try await play(queue(), 3)
        let request = await queue().next(isFresh: true)?.request
        #expect(request?.trials.first?.kind == .declared && request?.longestAction == 3 && request?.took == [2.5])
    }

    @Test("As JUnit a survivor is a failure") func junit() async throws {
        defer { try? FileManager.default.removeItem(atPath: home) }
        let queue = queue()
        for _ in 0..<8 {
            guard let (unit, _) = await queue.next(isFresh: true) else { break }
            let results = unit.trials.map { result($0, accepted: $0.kind == .declared ? true : nil) }
            _ = try await queue.take(results, of: unit, seconds: 1, rooms: 1)
        }
        let xml = await queue.proof.junit(.en)
        #expect(xml.contains(#"<testsuite name="a" tests="5" failures="1""#))
        #expect(xml.contains("expected rejected, was accepted"))
    }
}
