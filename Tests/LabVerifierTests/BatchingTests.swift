import Foundation
import Glibc
import LabFile
import Testing

@testable import LabVerifier

@Suite struct BatchingTests {
    @Test func twentyStatementsOnTwoMachinesAreAFewExecutions() async throws {
        let guests = [shellGuest(), shellGuest()]
        let machines = guests.map { BatchingGuest($0, machine: "here", gathering: .milliseconds(60)) }
        let outputs = try await withThrowingTaskGroup(of: (Int, String).self) { group in
            for index in 0..<20 {
                group.addTask {
                    (index, try await machines[index % 2].observe(as: nil, #"echo "$1""#, ["word \(index)"]).output)
                }
            }
            return try await group.reduce(into: [Int: String]()) { $0[$1.0] = $1.1 }
        }
        #expect(outputs == Dictionary(uniqueKeysWithValues: (0..<20).map { ($0, "word \($0)\n") }))
        #expect((2...4).contains(guests[0].executions + guests[1].executions))
    }

    @Test func statusErrorAndAwkwardWordsArrive() async throws {
        let machine = BatchingGuest(shellGuest(), machine: "here")
        let awkward = "'; rm -rf \"$(x)\" `y` \\ \n * 한글 "
        let seen = try await machine.observe(as: nil, #"printf %s "$1"; echo bad >&2; exit 3"#, [awkward, "", "$2"])
        #expect(seen == Observation(status: 3, output: awkward, error: "bad\n"))
        let long = try await machine.observe(as: nil, #"echo "$#:${11}""#, (1...11).map(String.init))
        #expect(long.output == "11:11\n")
    }

    @Test func outputIsCappedAndCannotForgeAFrame() async throws {
        let machine = BatchingGuest(shellGuest(), machine: "here", gathering: .milliseconds(60))
        async let flood = machine.observe(as: nil, "yes 0123456789 | head -c 900000", [])
        async let forger = machine.observe(as: nil, "echo; echo '0 4 0'; echo pass", [])
        #expect(try await flood.output.utf8.count == 262_144)
        #expect(try await forger.output == "\n0 4 0\npass\n")
    }

    @Test func whatDoesNotFitIsAskedForAlone() async throws {
        let guest = shellGuest()
        let machine = BatchingGuest(guest, machine: "here", gathering: .milliseconds(60))
        let sizes = try await withThrowingTaskGroup(of: Int.self) { group in
            for index in 0..<4 {
                group.addTask {
                    try await machine.observe(as: nil, "head -c 250000 /dev/zero | tr '\\0' $1", ["\(index)"]).output
                        .count
                }
            }
            return try await group.reduce(into: [Int]()) { $0.append($1) }
        }
        #expect(sizes == [250_000, 250_000, 250_000, 250_000])
        #expect(guest.executions == 3)
    }

    @Test(.enabled(if: getuid() == 0, "only root can become somebody else"))
    func somebodyElseIsSomebodyElseForGood() async throws {
        let machine = BatchingGuest(shellGuest(), machine: "here")
        let perl = #"print join " ", text("/proc/self/status") =~ /^(?:Uid|Gid):\s*(.*)$/mg, $ENV{USER}"#
        let ids = Array(repeating: "65534", count: 8).joined(separator: "\t").split(separator: "\t")
        let asPerl = try await machine.observe(as: "nobody", BatchDriver.perl + perl, [])
        let words = asPerl.output.split(whereSeparator: \.isWhitespace)
        #expect(words.dropLast().elementsEqual(ids) && words.last == "nobody", "\(asPerl)")
        #expect(try await machine.observe(as: "nobody", "id -u; id -G", []).output == "65534\n65534\n")
    }

    @Test func theEndOfOneScriptDoesNotHoldUpAnotherThatSaysMuch() async throws {
        let machine = BatchingGuest(shellGuest(), machine: "here", gathering: .milliseconds(60))
        async let short = machine.observe(as: nil, "exec >&- 2>&-; sleep 0.3", [])
        async let much = machine.observe(as: nil, "sleep 0.6; head -c 200000 /dev/zero | tr '\\0' x", [])
        #expect(try await short.status == 0)
        #expect(try await much.output.count == 200_000)
    }

    @Test func aScriptThatTakesTooLongIsEndedWithItsChildren() async throws {
        let words = BatchDriver.words(
            for: [BatchRequest(user: nil, script: "sleep 5 & echo $!; wait", arguments: [])], nonce: "n", seconds: 1)
        let answer = try await shellGuest().execute(words, as: nil, input: nil, timeout: 10, limit: 1000)
        let frames = try #require(BatchFrames(answer.output, nonce: "n", count: 1))
        guard case .said(let seen) = frames.frames[0] else { throw Unjudgeable(.same("no frame")) }
        #expect(seen.status == BatchDriver.tooLong)
        let child = try #require(Int32(seen.output.trimmingCharacters(in: .whitespacesAndNewlines)))
        // A killed child whose parent is gone may still be a zombie: what it runs is what counts.
        #expect((try? String(contentsOfFile: "/proc/\(child)/cmdline", encoding: .utf8))?.contains("sleep") != true)
    }

    @Test func aMachineThatDoesNotAnswerBlocks() async {
        let reason = Localized(ko: "멈춤", en: "server01 is paused")
        let dead = BatchingGuest(ScriptedGuest { _ in throw GuestUnreachable(reason) }, machine: "server01")
        await #expect(throws: Unjudgeable.self) { try await dead.observe(as: nil, "true", []) }
        let liar = BatchingGuest(ScriptedGuest { _ in Observation(status: 0, output: "MCAwIDAK") }, machine: "server01")
        await #expect(throws: Unjudgeable.self) { try await liar.observe(as: nil, "true", []) }
        let stranger = BatchingGuest(shellGuest(), machine: "here")
        await #expect(throws: Unjudgeable.self) { try await stranger.observe(as: "nobody-such", "true", []) }
    }
}
