import Foundation
import LabFile
import Testing

@testable import LabVerifier

/// The kinds that rest on sshd's records of logins.
struct SSHLoginKindsTests {
    private func accepted(_ values: [String: String], flags: [String: Bool] = [:]) throws -> SSHAcceptedCheck {
        try SSHAcceptedCheck(
            SSHRecorded.fields(
                ["on": "server01"].merging(values) { _, new in new }, flags: flags))
    }

    private func bench(_ record: String, opened: Date? = Date(timeIntervalSince1970: 0)) throws -> SSHBench {
        let bench = SSHBench(opened: opened)
        bench.reply(SSHJournal.script, try SSHRecorded.text(record))
        bench.reply(UserKeys.script, SSHRecorded.keys)
        return bench
    }

    @Test(arguments: [
        ["from": "losttemple", "method": "password"],
        ["from": "losttemple", "method": "publickey", "session": "shell", "port": "22"],
        ["from": "losttemple", "session": "sftp"], ["from": "losttemple", "session": "command"], [:],
    ])
    func acceptedPasses(values: [String: String]) async throws {
        let finding = try await accepted(values).judge(on: try bench("logins.jsonl"))
        #expect(finding.verdict == .pass, "\(finding.observed.en)")
    }

    @Test(arguments: [
        (["from": "server02"], "did not come from server02"), (["port": "1022"], "not come in on port 1022"),
        (["user": "root"], "user is not root"), (["key-of": "losttemple"], "not one of losttemple's"),
        (["from": "loopback"], "did not come from server01 (loopback)"),
    ])
    func acceptedFailsAndSaysWhy(values: [String: String], reason: String) async throws {
        let finding = try await accepted(values).judge(on: try bench("logins.jsonl"))
        #expect(finding.verdict == .fail)
        #expect(finding.observed.en.contains(reason), "\(finding.observed.en)")
        #expect(finding.hint != nil)
    }

    @Test func acceptedWantsTheStepsOwnLogins() async throws {
        let after = Date(timeIntervalSince1970: 1_795_238_400)
        let check = try accepted(["from": "losttemple"], flags: ["since-open": true])
        #expect(
            try await check.judge(on: try bench("logins.jsonl", opened: Date(timeIntervalSince1970: 0))).verdict
                == .pass)
        for opened in [after, nil] {
            let finding = try await check.judge(on: try bench("logins.jsonl", opened: opened))
            #expect(finding.verdict == .fail)
            #expect(finding.observed.en.contains("older than the opening"))
        }
    }

    @Test func acceptedIsNotFooledByLogger() async throws {
        let finding = try await accepted(["method": "password"]).judge(on: try bench("logger.jsonl"))
        #expect(finding.verdict == .fail)
        #expect(finding.observed.en.contains("no record of sshd's own"))
        #expect(finding.hint?.en.contains("logger") == true)
    }

    @Test func acceptedTellsWhenLoggingIsOffOrLow() async throws {
        let off = try await accepted([:]).judge(on: try bench("error.jsonl"))
        #expect(off.verdict == .fail)
        #expect(off.observed.en.contains("does not log"))
        let low = try await accepted(["session": "command"]).judge(on: try bench("info.jsonl"))
        #expect(low.verdict == .fail)
        #expect(low.hint?.en.contains("VERBOSE") == true)
        #expect(try await accepted(["method": "publickey"]).judge(on: try bench("info.jsonl")).verdict == .pass)
    }

    @Test func aSilentMachineIsBlockedNotFailed() async throws {
        await #expect(throws: Unjudgeable.self) { try await accepted([:]).judge(on: SSHBench()) }
    }

    @Test func attemptedSinceTheStepOpened() async throws {
        let check = try SSHAttemptedCheck(
            SSHRecorded.fields(["on": "server01", "from": "losttemple"], flags: ["since-open": true]))
        // The attempt of the record ended at 1795237908.67.
        let before = try await check.judge(
            on: try bench("logins.jsonl", opened: Date(timeIntervalSince1970: 1_795_237_908)))
        #expect(before.verdict == .pass, "\(before.observed.en)")
        for opened in [Date(timeIntervalSince1970: 1_795_237_960), nil] {
            let after = try await check.judge(on: try bench("logins.jsonl", opened: opened))
            #expect(after.verdict == .fail)
            #expect(after.observed.en.contains("from before this step opened"))
        }
    }

    @Test func anAttemptIsSeen() async throws {
        let check = try SSHAttemptedCheck(SSHRecorded.fields(["on": "server01", "from": "losttemple"]))
        #expect(try await check.judge(on: try bench("logins.jsonl")).verdict == .pass)
        let let_in = try await check.judge(on: try bench("forwarded.jsonl"))
        #expect(let_in.verdict == .fail)
        #expect(let_in.observed.en.contains("let in instead"))
        let nobody = try await check.judge(on: try bench("logger.jsonl"))
        #expect(nobody.observed.en.contains("no record of its own"))
        let other = try SSHAttemptedCheck(
            SSHRecorded.fields(["on": "server01", "from": "losttemple", "user": "root"]))
        #expect(try await other.judge(on: try bench("logins.jsonl")).observed.en.contains("for the user administrator"))
        await #expect(throws: Unjudgeable.self) { try await check.judge(on: SSHBench()) }
    }

    @Test func parallelSessionsOverlap() async throws {
        let both = SSHRecorded.fields(
            ["from": "losttemple", "session": "command"], lists: ["on": ["server01", "server02"]])
        let bench = try bench("logins.jsonl")
        #expect(try await ParallelSessionsCheck(both).judge(on: bench).verdict == .pass)
        let later = try SSHRecorded.text("logins.jsonl").replacing(
            "\"__REALTIME_TIMESTAMP\": \"17952379", with: "\"__REALTIME_TIMESTAMP\": \"17952389")
        bench.reply(SSHJournal.script, on: "server02", later)
        let apart = try await ParallelSessionsCheck(both).judge(on: bench)
        #expect(apart.verdict == .fail)
        #expect(apart.observed.en.contains("did not begin together"))
        bench.reply(SSHJournal.script, on: "server02", "")
        #expect(try await ParallelSessionsCheck(both).judge(on: bench).observed.en.contains("on server02"))
    }

    @Test func aSessionLeftOpenIsNoneOfTheParallelOnes() throws {
        func span(_ began: Double, _ ended: Double) -> ClosedRange<Date> {
            Date(timeIntervalSince1970: began)...Date(timeIntervalSince1970: ended)
        }
        let left = [span(0, 60)]
        #expect(ParallelSessionsCheck.longest([left, [span(30, 35)]]) == nil)
        let run = try #require(ParallelSessionsCheck.longest([left + [span(29, 34)], [span(30, 35)]]))
        #expect(run.seconds == 4)
        #expect(ParallelSessionsCheck.longest([[span(0, 5)], [span(6, 11)]]) == nil)
    }

    @Test func aConnectionStandsOnBothEnds() async throws {
        let check = try SSHEstablishedCheck(SSHRecorded.fields(["on": "server01", "from": "losttemple"]))
        let bench = try bench("forwarded.jsonl")
        let sockets = try SSHRecorded.text("forward.sockets")
        bench.reply(Sockets.script, sockets)
        #expect(try await check.judge(on: bench).verdict == .pass)
        // The client's end is held by nc.
        bench.reply(
            Sockets.script, on: "losttemple", sockets.replacing("/usr/bin/ssh\n", with: "/usr/bin/nc.openbsd\n"))
        let faked = try await check.judge(on: bench)
        #expect(faked.verdict == .fail)
        #expect(faked.observed.en.contains("not one of an ssh that has logged in"))
        bench.reply(Sockets.script, on: "server01", try SSHRecorded.text("tunnel.sockets"))
        #expect(try await check.judge(on: bench).observed.en.contains("No connection from losttemple"))
        bench.reply(Sockets.script, on: "server01", "")
        await #expect(throws: Unjudgeable.self) { try await check.judge(on: bench) }
    }

    @Test func anAgentHoldsTheKey() async throws {
        let check = try AgentHoldsCheck(SSHRecorded.fields(["on": "losttemple"]))
        let bench = try bench("logins.jsonl")
        bench.reply(AgentHoldsCheck.userScript, "1501\n")
        bench.reply(Agents.script, "A 74 1501\n256 \(SSHRecorded.firstKey) shinjaehun@losttemple (ED25519)\n")
        #expect(try await check.judge(on: bench).verdict == .pass)
        bench.reply(Agents.script, "A 74 0\n256 \(SSHRecorded.firstKey) shinjaehun@losttemple (ED25519)\n")
        #expect(try await check.judge(on: bench).observed.en.contains("No ssh-agent of shinjaehun"))
        bench.reply(Agents.script, "A 74 1501\nThe agent has no identities.\n")
        #expect(try await check.judge(on: bench).observed.en.contains("none holds a key"))
        bench.reply(Agents.script, "A 74 1501\n256 SHA256:another x (ED25519)\n")
        #expect(try await check.judge(on: bench).observed.en.contains("another key"))
        bench.reply(UserKeys.script, "")
        #expect(try await check.judge(on: bench).observed.en.contains("no key pair"))
    }
}
