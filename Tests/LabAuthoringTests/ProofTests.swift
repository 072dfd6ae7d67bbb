import Foundation
import LabAuthoring
import LabFile
import Testing

@Suite("The matrix of steps by trials")
struct ProofTests {
    private let plan = Fixture.plan([
        Fixture.step(
            [Fixture.run("a"), Fixture.run("b")], id: "first",
            checks: [CheckStatement(kind: "file", fields: ["on": .string("one"), "path": .string("/x")])],
            mutants: [Mutant(name: "wrong", solution: [Fixture.run("c")])],
            excuses: [Excuse(mutant: "left out: a", reason: "it is there already")]),
        Fixture.step([Fixture.run("d")], id: "second"),
    ])

    private func proof(runs: Int = 1, _ outcome: (Trial, Int) -> TrialResult?) -> Proof {
        var proof = Proof(plan, runs: runs, values: Fixture.values)
        for trial in plan.trials {
            for run in 1...runs {
                if let result = outcome(trial, run) { proof.note(result, of: trial, run: run, isKept: false) }
            }
        }
        return proof
    }

    private func right(_ trial: Trial) -> TrialResult {
        trial.kind.expectation == .accepted ? Fixture.result(["pass"], done: true) : Fixture.result(["fail"])
    }

    @Test("The order: fresh machines first, the end last, before and solution at the head of each step") func order() {
        let kinds = plan.trials.map(\.kind)
        #expect(kinds.prefix(2) == [.fresh, .fresh] && kinds.suffix(2) == [.end, .end])
        let first = plan.trials.filter { $0.step == "first" }.map(\.kind)
        #expect(first.prefix(4) == [.fresh, .before, .solution, .declared])
    }

    @Test("All as it must be: 0") func right() {
        let proof = proof { trial, _ in right(trial) }
        #expect(proof.exitStatus == 0 && proof.survivors.isEmpty && proof.wrong.isEmpty)
        #expect(proof.overexcused.map(\.trial.name) == ["left out: a"])
    }

    @Test("A mutant that is accepted survives: 2; one that is excused does not") func survivor() {
        let accepted = Fixture.result(["pass"], done: true)
        let named = proof { trial, _ in trial.kind == .leftOut || trial.name == "wrong" ? accepted : right(trial) }
        #expect(named.survivors.map(\.trial.name) == ["wrong", "left out: b"])
        #expect(named.exitStatus == 2)
        #expect(named.cells.filter { $0.standing == .excused }.map(\.trial.name) == ["left out: a"])
    }

    @Test("A step that is done before, or whose solution does not work, is wrong") func baseline() {
        let done = Fixture.result(["pass"], done: true)
        #expect(proof { trial, _ in trial.kind == .before ? done : right(trial) }.exitStatus == 2)
        let failing = proof { trial, _ in trial.kind == .solution ? Fixture.result(["fail"]) : right(trial) }
        #expect(failing.exitStatus == 2 && failing.survivors.isEmpty)
    }

    @Test("What could not be judged beats what is wrong, and what was not played is told") func unjudged() {
        let blocked = proof { trial, _ in trial.kind == .declared ? Fixture.result(["blocked"]) : right(trial) }
        #expect(blocked.exitStatus == 3)
        let unplayed = proof { trial, _ in trial.kind == .end ? nil : right(trial) }
        #expect(unplayed.exitStatus == 3)
        #expect(unplayed.cells.count { $0.standing == .unplayed } == 2)
    }

    @Test("An excuse that names nothing is wrong") func needless() {
        let step = Fixture.step([Fixture.run("a")], excuses: [Excuse(mutant: "left out: z", reason: "none")])
        let plan = Fixture.plan([step])
        var proof = Proof(plan, runs: 1, values: Fixture.values)
        for trial in plan.trials { proof.note(right(trial), of: trial, run: 1, isKept: false) }
        #expect(proof.needless.map(\.excuse.mutant) == ["left out: z"] && proof.exitStatus == 2)
    }

    @Test("What rejected is told apart where a step has several of a kind") func rejectedBy() {
        #expect(Fixture.result(["fail", "pass", "fail"]).rejectedBy == ["file 1", "file 3"])
        #expect(Fixture.result(["fail"]).rejectedBy == ["file"])
        // What had not had its time says nothing for sure.
        var result = Fixture.result(["fail", "fail"])
        result.checks[0].isCutShort = true
        #expect(result.rejectedBy == ["file 2"])
    }

    @Test("Runs that do not say the same differ") func differing() {
        let proof = proof(runs: 2) { trial, run in
            trial.kind == .echoed && run == 2 ? Fixture.result(["pass"], done: true) : right(trial)
        }
        #expect(proof.differing.allSatisfy { $0.trial.kind == .echoed } && proof.differing.count == 2)
        #expect(proof.survivors.count == 2)
    }

    @Test("A forgery survives when its own check takes it, whatever the others say") func target() {
        #expect(Fixture.result(["fail", "pass"], target: 1).outcome == .accepted)
        #expect(Fixture.result(["pass", "fail"], target: 1).outcome == .rejected)
        #expect(Fixture.result(["fail", "blocked"], target: 1).outcome == .unjudged)
        #expect(Fixture.result(["fail", "blocked"]).outcome == .rejected)
        #expect(Fixture.result(["pass", nil]).outcome == .unjudged)
    }

    @Test("A forgery of what held before proves nothing") func moot() throws {
        let check = CheckStatement(kind: "ssh-accepted", fields: ["on": .string("two")])
        let plan = Fixture.plan([Fixture.step([Fixture.run("a")], checks: [check])])
        var proof = Proof(plan, runs: 1, values: Fixture.values)
        let forged = try #require(plan.trials.first { $0.kind == .forged })
        let before = try #require(plan.trials.first { $0.kind == .before })
        proof.note(Fixture.result(["pass"], target: 0), of: forged, run: 1, isKept: false)
        #expect(proof.survivors.count == 1)
        proof.note(Fixture.result(["pass", "fail"]), of: before, run: 1, isKept: false)
        #expect(proof.survivors.isEmpty)
    }

    @Test("A check that rejected nothing is named") func idle() {
        let proof = proof { trial, _ in
            trial.kind.expectation == .accepted ? right(trial) : Fixture.result(["fail", "pass"])
        }
        #expect(proof.idle.count == 2 && proof.idle.allSatisfy { $0.check.verdict == "pass" })
        // What it said before the step is no rejection of a mutant.
        let early = self.proof { trial, _ in
            trial.kind.isMutant ? Fixture.result(["fail", "pass"]) : Fixture.result(["fail", "fail"])
        }
        #expect(early.idle.count == 2)
        // Of a check that was not asked, or failed without having had its time, nothing can be said.
        let hasty = self.proof { trial, _ in
            guard trial.kind.isMutant else { return right(trial) }
            var result = Fixture.result(["fail", "fail"])
            result.checks[1].isCutShort = true
            return result
        }
        #expect(hasty.idle.isEmpty)
        let unasked = self.proof { trial, _ in
            trial.kind.isMutant ? Fixture.result(["fail", nil]) : right(trial)
        }
        #expect(unasked.idle.isEmpty)
        // With mutants left out nothing can be said of a check.
        let part = TrialPlan(lab: plan.lab, mutants: ["wrong"], values: Fixture.values)
        var few = Proof(part, runs: 1, values: Fixture.values)
        for trial in part.trials { few.note(Fixture.result(["fail", "pass"]), of: trial, run: 1, isKept: false) }
        #expect(few.idle.isEmpty)
    }

    @Test("A chosen part has the ways without looks only when they are asked for") func lookless() {
        let step = Fixture.step([Fixture.run("a"), Fixture.run("b", looks: true)])
        func kinds(_ mutants: [String]) -> [Trial.Kind] {
            TrialPlan(lab: Fixture.lab([step]), mutants: mutants, values: Fixture.values).trials.map(\.kind)
        }
        #expect(kinds([]).contains(.lookless))
        #expect(kinds(["echoed"]) == [.fresh, .before, .solution, .echoed, .end])
        #expect(kinds(["only looks"]) == [.fresh, .before, .solution, .lookless, .end])
        let plan = TrialPlan(lab: Fixture.lab([step]), mutants: ["only looks", "x"], values: Fixture.values)
        #expect(plan.unmatched(["only looks", "x"]) == ["x"])
    }

    @Test("A text that is in no mutant's name is told") func unmatched() {
        #expect(plan.unmatched(["wrong", "wrnog", "the solution"]) == ["wrnog", "the solution"])
    }

    @Test("As JSON the shape is the documented one") func json() throws {
        let proof = proof { trial, _ in trial.name == "wrong" ? Fixture.result(["pass"], done: true) : right(trial) }
        let data = try JSONEncoder().encode(ProofDocument(proof, language: .en))
        let document = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        #expect(
            Set(document.keys) == [
                "lab", "name", "runs", "accelerators", "status", "counts", "steps", "survivors", "needlessExcuses",
                "idleChecks",
            ])
        #expect(document["status"] as? Int == 2)
        #expect(document["survivors"] as? [[String: String]] == [["step": "first", "name": "wrong"]])
        let steps = try #require(document["steps"] as? [[String: Any]])
        let trials = try #require(steps[0]["trials"] as? [[String: Any]])
        #expect(trials.first?["kind"] as? String == "fresh" && trials.first?["expected"] as? String == "rejected")
        #expect((document["counts"] as? [String: Int])?["trials"] == plan.trials.count)
    }

    @Test("The page stands alone, and what machines say is no markup in it") func html() {
        let evil = Fixture.result(["fail"], saying: "<script>alert('x')</script>\" onclick=\"x")
        let page = ProofPage(proof { trial, _ in trial.name == "wrong" ? evil : right(trial) }, language: .en).html
        #expect(!page.contains("<script") && page.contains("&lt;script&gt;") && !page.contains("\" onclick=\""))
        #expect(!page.contains("http://") && !page.contains("src=") && page.contains("id=\"first\""))
    }
}
