import Foundation
import LabFile
import Testing

@testable import LabVerifier

@Suite("A program's own line in the journal") struct RecordedTests {
    private static let program = FieldValue.string("/usr/sbin/sshd")
    private func check(_ values: [String: FieldValue] = ["contains": .string("no hostkeys")]) throws -> RecordedCheck {
        try RecordedCheck(
            fields(values.merging(["on": .string("server01"), "program": Self.program]) { old, _ in old }))
    }
    private func bench(_ word: String, by program: String?) -> ScriptedBench {
        let field = program.map { #", "_EXE":"\#($0)""# } ?? ""
        return ScriptedBench(
            #"\#(word) {"MESSAGE":"sshd: no hostkeys available","__REALTIME_TIMESTAMP":"100000000"\#(field)}"# + "\n")
    }

    @Test("The program's own line passes, and is shown") func own() async throws {
        let found = try await check().judge(on: bench("own", by: "/usr/sbin/sshd"))
        #expect(found.verdict == .pass)
        #expect(found.observed.en.contains("no hostkeys available"))
    }

    @Test("A line of another program, an old one and none at all fail, each with its reason") func others() async throws
    {
        let other = try await check().judge(on: bench("other", by: "/usr/bin/logger"))
        #expect(other.verdict == .fail)
        #expect(other.observed.en.contains("/usr/bin/logger"))
        #expect(try await check().judge(on: bench("other", by: nil)).verdict == .fail)
        let early = try await check().judge(on: bench("early", by: "/usr/sbin/sshd"))
        #expect(early.verdict == .fail)
        #expect(early.observed.en.contains("older than the opening"))
        #expect(try await check().judge(on: ScriptedBench("")).verdict == .fail)
        #expect(try await check().judge(on: ScriptedBench("own something else\n")).verdict == .fail)
    }

    @Test("A reply with another program's line is not believed") func disbelieved() async throws {
        #expect(try await check().judge(on: bench("own", by: "/usr/bin/logger")).verdict == .fail)
    }

    @Test("Without a journal nothing is judged; without the user it fails") func unjudgeable() async throws {
        await #expect(throws: Unjudgeable.self) { try await check().judge(on: ScriptedBench("", status: 69)) }
        await #expect(throws: Unjudgeable.self) { try await check().judge(on: blindBench) }
        let nobody = try check(["contains": .string("x"), "user": .string("nobody-here")])
        #expect(try await nobody.judge(on: ScriptedBench("", status: 68)).verdict == .fail)
    }

    @Test("What is asked of the guest: the pattern, the program, as whom, in which unit, since when")
    func asked() async throws {
        let check = try check([
            "contains": .string(#"a.b\Ec"#), "user": .string("root"), "unit": .string("ssh.service"),
            "since-open": .boolean(true),
        ])
        var bench = ScriptedBench { _, script, arguments in
            #expect(script == RecordedCheck.script)
            #expect(
                arguments == [#"\Qa.b\E\\E\Qc\E"#, "/usr/sbin/sshd", "root", "ssh.service", "4998.000000"])
            return Observation(status: 0, output: "")
        }
        bench.opened = Date(timeIntervalSince1970: 5000)
        _ = try await check.judge(on: bench)
    }

    @Test("The script is good perl, and finds nothing where nobody wrote such a line") func script() async throws {
        let words = [#"\Qnobody has ever written this: 7c1f\E"#, "/usr/sbin/no-such-program", "root", "", "0"]
        let seen = try await ScriptedBench.live.observe(on: "here", as: nil, RecordedCheck.script, words)
        #expect(seen.status == 0 || seen.status == 69, "\(seen.error)")
        #expect(seen.output.isEmpty)
    }

    @Test(
        "Fields that make no sense together are said",
        arguments: [
            (["contains": "x"], nil),
            (["matches": "^x{{losttemple.address}} [0-9]+$", "example": "x{{losttemple.address}} 12"], nil),
            ([:], "needs \"contains\" or \"matches\""),
            (["contains": "x", "matches": "y", "example": "y"], "not both"),
            (["contains": "x", "example": "y"], "belongs to \"matches\""),
            (["matches": "x("], "is not a regular expression"),
            (["matches": "x"], "needs an \"example\""),
            (["matches": "^x", "example": "ax"], "is not found in the \"example\""),
            (["contains": "x", "program": "sshd"], "the whole path"),
        ] as [([String: String], String?)])
    func flaws(_ values: [String: String], _ expected: String?) {
        let values = values.mapValues(FieldValue.string).merging(["program": Self.program]) { old, _ in old }
        let flaw = RecordedCheck.spec.flaw(values)
        if let expected {
            #expect(flaw?.contains(expected) == true, "\(flaw ?? "nothing")")
        } else {
            #expect(flaw == nil)
        }
    }
}
