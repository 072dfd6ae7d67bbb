import Foundation
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
