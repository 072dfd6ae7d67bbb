import Foundation
import LabAuthoring
import LabFile
import Testing

@Suite("What is kept of trials")
struct ResultStoreTests {
    private func keys(_ steps: [Step], tool: String = "t", machines: [String] = ["m"], run: Int = 1) -> [String: String]
    {
        let plan = Fixture.plan(steps)
        let ground = TrialKey.Ground(tool: tool, machines: machines, lab: plan.lab, values: Fixture.values)
        return plan.trials.reduce(into: [:]) {
            $0["\($1.step) \($1.kind.rawValue) \($1.name)"] = TrialKey($1, of: plan, run: run, on: ground).digest
        }
    }

    private let check = CheckStatement(kind: "file", fields: ["on": .string("one"), "path": .string("/x")])

    private func steps(second: String = "b", checks: [CheckStatement] = [], title: String = "x") -> [Step] {
        var steps = [
            Fixture.step([Fixture.run("a"), Fixture.run("z")], id: "first", checks: [check]),
            Fixture.step([Fixture.run(second), Fixture.run("y")], id: "second", checks: checks),
        ]
        steps[0].title = Fixture.text(title)
        return steps
    }

    private func changed(_ one: [String: String], _ other: [String: String]) -> Set<String> {
        Set(one.keys.filter { other[$0] != one[$0] })
    }

    @Test("The same lab gives the same keys, each trial its own") func stable() {
        #expect(keys(steps()) == keys(steps(title: "another title")))
        #expect(Set(keys(steps()).values).count == keys(steps()).count)
    }

    @Test("A change of a step's solution leaves the trials before it known") func later() {
        let differing = changed(keys(steps()), keys(steps(second: "c")))
        #expect(differing.contains("second solution the solution") && differing.contains("first end at the end"))
        #expect(
            !differing.contains("first solution the solution") && !differing.contains("second fresh on fresh machines"))
        #expect(!differing.contains("second before before its solution"))
    }

    @Test("A change of a check is a change of its step and of those after it") func check_() {
        let differing = changed(keys(steps()), keys(steps(checks: [check])))
        #expect(
            differing.contains("second fresh on fresh machines") && differing.contains("second left-out left out: b"))
        #expect(differing.allSatisfy { $0.hasPrefix("second") || $0.hasPrefix("first end") })
    }

    @Test("Another program, image or run is another key") func ground() {
        let base = keys(steps())
        #expect(changed(base, keys(steps(), tool: "u")).count == base.count)
        #expect(changed(base, keys(steps(), machines: ["n"])).count == base.count)
        #expect(changed(base, keys(steps(), run: 2)).count == base.count)
    }

    @Test("A result that was kept is found, one that is spoilt is not") func keeping() throws {
        let home = FileManager.default.temporaryDirectory.appending(path: "proof-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: home) }
        let plan = Fixture.plan(steps())
        let ground = TrialKey.Ground(tool: "t", machines: [], lab: plan.lab, values: [:])
        let all = plan.trials.map { TrialKey($0, of: plan, run: 1, on: ground) }
        let store = ResultStore(home: home, lab: "fixture")
        #expect(store.find(all[0]) == nil)
        let result = Fixture.result(["pass", nil], done: true)
        try store.keep(result, for: all[0])
        #expect(store.find(all[0]) == result)
        try Data("{".utf8).write(to: URL(filePath: "\(home)/proofs/fixture/\(all[0].digest).json"))
        #expect(store.find(all[0]) == nil)
        for key in all { try store.keep(result, for: key) }
        store.prune(keeping: [all[0]], most: 2)
        #expect(all.count { store.find($0) != nil } == 2 && store.find(all[0]) != nil)
    }

    @Test("What is left is estimated from what was played") func estimate() throws {
        let plan = Fixture.plan(steps())
        var estimate = Estimate()
        #expect(estimate.rest(plan.trials, rooms: 1) == nil)
        let first = try #require(plan.trials.first { $0.step == "first" })
        let second = try #require(plan.trials.first { $0.step == "second" })
        estimate.note(first, seconds: 10)
        #expect(estimate.rest([second, second], rooms: 1) == 20)
        estimate.note(second, seconds: 30)
        #expect(estimate.rest([first, second], rooms: 2) == 20)
    }
}
