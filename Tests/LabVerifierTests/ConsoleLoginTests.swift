import Foundation
import LabFile
import Testing

@testable import LabVerifier

@Suite struct ConsoleLoginTests {
    private func check(_ values: [String: FieldValue] = [:]) throws -> ConsoleLoginCheck {
        try ConsoleLoginCheck(fields(values.merging(["on": .string("server01")]) { old, _ in old }))
    }
    /// A record as `journalctl -o json` prints it, 100 s after the beginning of time for each.
    private func bench(_ messages: String..., opened: Date? = Date(timeIntervalSince1970: 0)) -> ScriptedBench {
        let lines = messages.enumerated().map { index, message in
            #"{"MESSAGE":"\#(message)","__REALTIME_TIMESTAMP":"\#((index + 1) * 100_000_000)"}"#
        }
        var bench = ScriptedBench(lines.joined(separator: "\n") + "\n")
        bench.opened = opened
        return bench
    }
    private func opened(_ user: String) -> String {
        "pam_unix(login:session): session opened for user \(user)(uid=1000) by LOGIN(uid=0)"
    }

    @Test func aLoginOfTheUserPasses() async throws {
        let user = sampleLab().machine("server01")?.user ?? ""
        #expect(try await check().judge(on: bench(opened(user))).verdict == .pass)
        #expect(try await check(["user": .string("root")]).judge(on: bench(opened("root"))).verdict == .pass)
        let fresh = try check(["since-open": .boolean(true)])
        #expect(
            try await fresh.judge(on: bench(opened(user), opened: Date(timeIntervalSince1970: 99))).verdict == .pass)
    }

    @Test func othersOldOnesAndWrongPasswordsFail() async throws {
        let user = sampleLab().machine("server01")?.user ?? ""
        #expect(try await check().judge(on: bench(opened("root"))).verdict == .fail)
        #expect(try await check().judge(on: bench(opened(user + "x"))).verdict == .fail)
        #expect(try await check().judge(on: ScriptedBench("")).verdict == .fail)
        let old = try await check(["since-open": .boolean(true)])
            .judge(on: bench(opened(user), opened: Date(timeIntervalSince1970: 5000)))
        #expect(old.verdict == .fail)
        #expect(old.observed.en.contains("older than the opening"))
        let wrong = try await check().judge(
            on: bench("pam_unix(login:auth): authentication failure; logname=LOGIN uid=0 user=\(user)"))
        #expect(wrong.verdict == .fail)
        #expect(wrong.observed.en.contains("password was not right"))
    }

    @Test func textThatSpeaksOfALoginIsNone() async throws {
        let user = sampleLab().machine("server01")?.user ?? ""
        #expect(try await check().judge(on: bench("he said: " + opened(user))).verdict == .fail)
        let forged = ScriptedBench(opened(user) + "\n")
        #expect(try await check().judge(on: forged).verdict == .fail)
        // Who wrote a line is what the kernel says of its writer.
        for field in ["_COMM=login", "_EXE=/usr/bin/login", "_UID=0", "_SYSTEMD_UNIT=serial-getty@ttyS0.service"] {
            #expect(ConsoleLoginCheck.script.contains(field))
        }
    }

    @Test func withoutAJournalNothingIsJudged() async throws {
        await #expect(throws: Unjudgeable.self) { try await check().judge(on: ScriptedBench("", status: 69)) }
        await #expect(throws: Unjudgeable.self) { try await check().judge(on: blindBench) }
    }
}
