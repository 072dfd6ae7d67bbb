import Foundation
import LabFile
import Synchronization
import Testing

@testable import LabVerifier

/// What the made-up checks of these tests say, and in which order they were asked.
final class Oracle: Sendable {
    static let shared = Oracle()
    private let asked = Mutex<[String: [String]]>([:])
    func note(_ run: String, _ name: String) { asked.withLock { $0[run, default: []].append(name) } }
    func order(_ run: String) -> [String] { asked.withLock { $0[run] ?? [] } }
    func count(_ run: String, _ name: String) -> Int { order(run).count { $0 == name } }
}

protocol ToldCheck: Check {
    static var name: String { get }
    static var mode: CheckSpec.Mode { get }
    var fields: Fields { get }
    init(told: Fields)
}

extension ToldCheck {
    static var spec: CheckSpec { CheckSpec(name, mode: mode, basis: .guest, "told", fields: []) }
    init(_ fields: Fields) throws { self.init(told: fields) }
    func judge(on bench: any Bench) async throws -> Finding {
        let says = try fields.required("says")
        let run = fields.string("run") ?? ""
        Oracle.shared.note(run, "\(bench.step.id).\(Self.name)")
        switch says {
        case "blocked": throw Unjudgeable(.same("server01 is paused"))
        case "hang": try await Task.sleep(for: .seconds(100))
        case "third":
            let count = Oracle.shared.count(run, "\(bench.step.id).\(Self.name)")
            return Finding(count < 3 ? .fail : .pass, machine: "server01", expected: .same("e"), observed: .same("o"))
        default: break
        }
        return Finding(
            says == "pass" ? .pass : .fail, machine: "server01", expected: .same("expected"),
            observed: .same("observed \"<\(says)>\""), hint: .same("hint"),
            isElsewhere: says == "elsewhere")
    }
}

struct HoldsTold: ToldCheck {
    static let name = "holds"
    static let mode = CheckSpec.Mode.holds
    let fields: Fields
    init(told: Fields) { fields = told }
}
struct OnceTold: ToldCheck {
    static let name = "once"
    static let mode = CheckSpec.Mode.once
    let fields: Fields
    init(told: Fields) { fields = told }
}
struct DisturbsTold: ToldCheck {
    static let name = "disturbs"
    static let mode = CheckSpec.Mode.disturbs
    let fields: Fields
    init(told: Fields) { fields = told }
}

struct OutsideTold: ToldCheck {
    static let name = "outside"
    static let mode = CheckSpec.Mode.holds
    static var spec: CheckSpec { CheckSpec(name, mode: mode, basis: .outside, "told", fields: []) }
    let fields: Fields
    init(told: Fields) { fields = told }
}

final class ScriptedHost: VerifierHost {
    let opened = Mutex<[String]>([])
    let guests: [String: any Guest]
    init(_ guests: [String: any Guest] = [:]) { self.guests = guests }
    func guest(_ name: String) -> (any Guest)? { guests[name] }
    var outside: any Outside { NoOutside() }
    func reboot(_ machine: String) async throws {}
    func open(_ step: Step) async throws -> Date {
        opened.withLock { $0.append(step.id) }
        return Date(timeIntervalSince1970: 1)
    }
}

func told(_ kind: String, _ says: String, run: String = "", within: Int? = nil) -> CheckStatement {
    CheckStatement(
        kind: kind, fields: ["says": .string(says), "on": .string("server01"), "run": .string(run)], within: within,
        line: 7)
}

func step(_ id: String, needs: [String] = [], undoes: [String] = [], _ checks: CheckStatement...) -> Step {
    Step(id: id, title: .same(id), points: 5, needs: needs, checks: checks, undoes: undoes)
}

func run(
    _ steps: [Step], facts: SessionFacts = SessionFacts(session: "s1", accelerator: "tcg"),
    host: ScriptedHost = ScriptedHost(), named: [String] = [], disturbing: Bool = false, limit: Double = 60,
    guestsOnly: Bool = false, untilRejected: Bool = false
) async -> CheckReport {
    await VerifierRun(
        lab: sampleLab(steps), facts: facts, host: host,
        kinds: [HoldsTold.self, OnceTold.self, DisturbsTold.self, OutsideTold.self], limit: limit,
        guestsOnly: guestsOnly, untilRejected: untilRejected
    ).check(named, disturbing: disturbing)
}

@Suite struct EngineTests {
    @Test(arguments: [("fail", "the author's"), ("elsewhere", "hint"), ("pass", nil)])
    func theAuthorsHintIsShownUnlessTheMistakeLiesElsewhere(says: String, hint: String?) async {
        var statement = told("holds", says)
        statement.hint = .same("the author's")
        let report = await run([step("a", statement)])
        #expect(report.steps[0].checks[0].hint?.en == hint)
        let own = await run([step("a", told("holds", "fail"))])
        #expect(own.steps[0].checks[0].hint?.en == "hint")
    }

    @Test func stepsOpenInTheSameRunAsTheirNeedsPass() async {
        let host = ScriptedHost()
        let report = await run(
            [
                step("a", told("holds", "pass")), step("b", needs: ["a"], told("holds", "fail")),
                step("c", needs: ["b"], told("holds", "pass")),
            ], host: host)
        #expect(report.steps.map(\.state) == [.done, .open, .waiting])
        #expect(report.steps.map(\.verdict) == [.pass, .fail, nil])
        #expect(report.steps[2].checks.isEmpty)
        #expect(report.points == Points(earned: 5, possible: 15))
        #expect(report.exitStatus == 2)
        #expect(host.opened.withLock { $0 } == ["a", "b"])
    }

    @Test func aLookAtTheGuestsAloneProbesNothingAndFinishesNoStepThatNeedsIt() async {
        let steps = [
            step("a", told("holds", "pass", run: "watch"), told("outside", "pass", run: "watch")),
            step("b", told("holds", "pass", run: "watch")),
        ]
        let report = await run(steps, guestsOnly: true)
        #expect(report.steps.map(\.state) == [.open, .done])
        #expect(report.steps[0].checks.map(\.verdict) == [.pass, nil])
        #expect(Oracle.shared.count("watch", "a.outside") == 0)
        #expect(await run(steps).steps.map(\.state) == [.done, .done])
    }

    @Test func blockedIsNeverFailAndBeatsItInTheStatus() async {
        let report = await run([step("a", told("holds", "blocked")), step("b", told("holds", "fail"))])
        #expect(report.steps.map(\.verdict) == [.blocked, .fail])
        #expect(report.steps[0].checks[0].observed.en == "server01 is paused")
        #expect(report.exitStatus == 3)
        #expect(await run([step("a", told("holds", "pass"))]).exitStatus == 0)
    }

    @Test func onceIsKept() async {
        let steps = [step("a", told("once", "pass"))]
        let first = await run(steps)
        #expect(first.newPasses.count == 1)
        var facts = SessionFacts(session: "s1", accelerator: "tcg", kept: first.newPasses)
        var changed = steps
        changed[0].checks[0].line = 99
        let second = await run(changed, facts: facts)
        #expect(second.steps[0].checks[0].kept)
        #expect(second.newPasses.isEmpty)
        facts.solved = ["a"]
        #expect(await run(steps, facts: facts).points.earned == 0)
        facts.solved = []
        facts.hintCosts = ["a": 2]
        #expect(await run(steps, facts: facts).points.earned == 3)
        #expect(await run([step("a", told("holds", "pass"))]).newPasses.isEmpty)
    }

    @Test func machinesThatDidNotStandOneDisturbanceAreNotDisturbedAgainForTheirStep() async throws {
        let name = UUID().uuidString
        let steps = [
            step("a", told("disturbs", "fail", run: name), told("disturbs", "pass", run: name)),
            step("b", told("disturbs", "pass", run: name)),
        ]
        let report = await run(steps, disturbing: true)
        #expect(report.steps.map { $0.checks.map(\.verdict) } == [[.fail, nil], [.pass]])
        #expect(report.steps.first?.verdict == .fail)
        #expect(Oracle.shared.order(name).filter { $0.hasSuffix("disturbs") } == ["a.disturbs", "b.disturbs"])
    }

    @Test func disturbingChecksRunLastInOrderAndOnlyWhenAsked() async {
        let name = UUID().uuidString
        let steps = [
            step("a", told("disturbs", "pass", run: name), told("holds", "pass", run: name)),
            step("b", needs: ["a"], told("disturbs", "fail", run: name), told("holds", "pass", run: name)),
            step("c", told("disturbs", "pass", run: name), told("holds", "fail", run: name)),
        ]
        let quiet = await run(steps)
        #expect(quiet.steps.map(\.state) == [.open, .waiting, .open])
        #expect(quiet.steps[0].verdict == nil)
        #expect(quiet.exitStatus == 2)
        #expect(!Oracle.shared.order(name).contains { $0.hasSuffix("disturbs") })
        let report = await run(steps, disturbing: true)
        #expect(report.steps.map(\.state) == [.done, .open, .open])
        #expect(Oracle.shared.order(name).filter { $0.hasSuffix("disturbs") } == ["a.disturbs", "b.disturbs"])
        #expect(Oracle.shared.order(name).last == "b.disturbs")
        #expect(report.newPasses.map(\.step) == ["a"])
    }

    @Test func aStepIsOpenedAfterWhatDisturbsForTheStepsThatItNeeds() async {
        for (verdict, opened) in [("fail", ["a"]), ("pass", ["a", "b"])] {
            let host = ScriptedHost()
            let steps = [step("a", told("disturbs", verdict)), step("b", needs: ["a"], told("holds", "pass"))]
            let report = await run(steps, host: host, disturbing: true)
            #expect(host.opened.withLock { $0 } == opened)
            #expect(report.steps.map(\.state) == (verdict == "fail" ? [.open, .waiting] : [.done, .done]))
        }
    }

    @Test func whatWaitsForSomethingThatCouldNotBeJudgedIsNoMistake() async {
        var facts = SessionFacts(session: "s1", accelerator: "tcg")
        facts.opened = ["c": Date(timeIntervalSince1970: 1)]
        let steps = [
            step("a", told("holds", "blocked")), step("b", told("holds", "fail")),
            step("c", needs: ["a"], told("once", "pass")), step("d", needs: ["c"], told("holds", "pass")),
            step("e", needs: ["a", "b"], told("holds", "pass")),
        ]
        let report = await run(steps, facts: facts)
        #expect(report.steps.map(\.state) == [.open, .open, .waiting, .waiting, .waiting])
        #expect(report.steps.map(\.verdict) == [.blocked, .fail, .blocked, .blocked, nil])
        #expect(report.newPasses.map(\.step) == ["c"])
        #expect(report.unjudged == 15 && report.points.earned == 0 && report.exitStatus == 3)
    }

    @Test func aLaterRunJudgesWhatOneCouldNot() async {
        let steps = [
            step("a", told("holds", "blocked")), step("b", needs: ["a"], told("holds", "pass")),
            step("c", told("holds", "pass")), step("d", told("holds", "blocked")),
        ]
        var report = await run(steps)
        #expect(report.exitStatus == 3)
        #expect(await run(steps, named: ["b"]).exitStatus == 3)
        let later = await run([
            step("a", told("holds", "pass")), step("b", needs: ["a"], told("holds", "fail")),
            step("c", told("holds", "fail")), step("d", needs: ["b"], told("holds", "pass")),
        ])
        report.judge(later)
        #expect(report.steps.map(\.verdict) == [.pass, .fail, .pass, .blocked])
        #expect(report.points.earned == 10)
    }

    @Test func whatANamedStepNeedsIsDisturbedOnlyWhenItIsNamedToo() async {
        let name = UUID().uuidString
        let steps = [
            step("a", told("disturbs", "pass", run: name)),
            step("b", needs: ["a"], told("disturbs", "pass", run: name), told("holds", "pass", run: name)),
        ]
        let host = ScriptedHost()
        let alone = await run(steps, host: host, named: ["b"], disturbing: true)
        #expect(alone.steps.map(\.state) == [.waiting])
        #expect(host.opened.withLock { $0 } == ["a"])
        #expect(!Oracle.shared.order(name).contains { $0.hasSuffix("disturbs") })
        let both = await run(steps, named: ["a", "b"], disturbing: true)
        #expect(both.steps.map(\.state) == [.done, .done])
    }

    @Test func aNamedStepIsJudgedThoughItWaits() async {
        let host = ScriptedHost()
        let report = await run(
            [step("a", told("holds", "fail")), step("b", needs: ["a"], told("once", "pass"))], host: host,
            named: ["b"])
        #expect(report.steps.map(\.id) == ["b"])
        #expect(report.steps[0].state == .waiting)
        #expect(report.steps[0].verdict == nil)
        #expect(report.steps[0].checks.map(\.verdict) == [.pass])
        #expect(report.newPasses.isEmpty)
        #expect(host.opened.withLock { $0 } == ["a"])
    }

    @Test func aLaterStepMayUndoAnEarlierOne() async {
        let steps = [step("a", told("holds", "fail")), step("b", needs: ["a"], undoes: ["a"], told("holds", "pass"))]
        let facts = SessionFacts(
            session: "s1", accelerator: "tcg", opened: ["a": .distantPast, "b": .distantPast], passed: ["a"])
        #expect(await run(steps, facts: facts).steps.map(\.state) == [.done, .done])
        #expect(await run(steps).steps.map(\.state) == [.open, .waiting])
    }

    @Test("When a statement has failed the others are waited for no more, if that is asked for") func settles() async {
        let (patient, settled) = (UUID().uuidString, UUID().uuidString)
        func statements(_ name: String) -> Step {
            step("a", told("once", "fail"), told("holds", "third", run: name, within: 60))
        }
        let all = await run([statements(patient)])
        #expect(all.steps[0].checks.map(\.verdict) == [.fail, .pass])
        let report = await run([statements(settled)], untilRejected: true)
        #expect(report.steps[0].checks.map(\.verdict) == [.fail, .fail])
        #expect(report.steps[0].checks.map(\.isCutShort) == [false, true])
        // What fails after its time, with nothing else that has failed, had its time.
        let late = await run(
            [step("a", told("once", "pass"), told("holds", "fail", within: 1))], untilRejected: true)
        #expect(late.steps[0].checks.map(\.isCutShort) == [false, false])
    }

    @Test func withinTriesAgain() async {
        let name = UUID().uuidString
        let report = await run([step("a", told("holds", "third", run: name, within: 20))])
        #expect(report.steps[0].verdict == .pass)
        #expect(Oracle.shared.order(name).count == 3)
        let other = UUID().uuidString
        let late = await run([step("a", told("holds", "fail", run: other, within: 1))])
        #expect(late.steps[0].verdict == .fail)
        #expect(Oracle.shared.order(other).count > 1)
    }

    @Test(.timeLimit(.minutes(10))) func aHangingCheckIsBlocked() async {
        let report = await run([step("a", told("holds", "hang"), told("holds", "pass"))], limit: 0.2)
        #expect(report.steps[0].checks.map(\.verdict) == [.blocked, .pass])
        #expect(report.steps[0].checks[0].observed.en.contains("not your mistake"))
    }

    @Test func theLabFilesFaultsAreNamed() async {
        let report = await run([
            step(
                "a", told("nonsense", "pass"),
                CheckStatement(kind: "holds", fields: ["says": .string("{{no}}")], line: 3))
        ])
        #expect(report.steps[0].checks.map(\.verdict) == [.blocked, .blocked])
        #expect(report.steps[0].checks[1].observed.en.contains("line 3"))
    }

    @Test func variablesAreFilledIn() async {
        let facts = SessionFacts(session: "s1", accelerator: "tcg", variables: ["word": "pass"])
        #expect(await run([step("a", told("holds", "{{ word }}"))], facts: facts).exitStatus == 0)
    }

    @Test func jsonIsStable() async throws {
        let facts = SessionFacts(session: "s1", accelerator: "tcg", attempts: ["a": ["port": 3]])
        var report = await run(
            [step("a", told("holds", "fail")), step("b", needs: ["a"], told("holds", "pass"))], facts: facts)
        report.steps[0].checks[0].milliseconds = 41
        (report.student, report.date) = ("kim", Date(timeIntervalSince1970: 1_800_000_000))
        #expect(
            try report.json(.en) == """
                {
                  "accelerator" : "tcg",
                  "date" : "2027-01-15T08:00:00Z",
                  "digest" : "",
                  "lab" : "6",
                  "name" : "ssh",
                  "points" : {
                    "earned" : 0,
                    "possible" : 10
                  },
                  "session" : "s1",
                  "steps" : [
                    {
                      "attempts" : {
                        "port" : 3
                      },
                      "checks" : [
                        {
                          "basis" : "guest",
                          "expected" : "expected",
                          "hint" : "hint",
                          "kept" : false,
                          "kind" : "holds",
                          "machine" : "server01",
                          "milliseconds" : 41,
                          "observed" : "observed \\"<fail>\\"",
                          "verdict" : "fail"
                        }
                      ],
                      "hintCost" : 0,
                      "id" : "a",
                      "points" : {
                        "earned" : 0,
                        "possible" : 5
                      },
                      "solved" : false,
                      "state" : "open",
                      "title" : "a",
                      "verdict" : "fail"
                    },
                    {
                      "attempts" : {

                      },
                      "checks" : [

                      ],
                      "hintCost" : 0,
                      "id" : "b",
                      "points" : {
                        "earned" : 0,
                        "possible" : 5
                      },
                      "solved" : false,
                      "state" : "waiting",
                      "title" : "b",
                      "verdict" : null
                    }
                  ],
                  "student" : "kim",
                  "unjudged" : 0
                }
                """)
    }
}
