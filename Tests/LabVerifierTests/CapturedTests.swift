import Foundation
import LabFile
import Testing

@testable import LabVerifier

/// `captured`, with captures and records of a real telnet and a real SSH login between two machines of a lab.
struct CapturedTests {
    static let note =
        "call: IN=eth0 OUT= MAC=52:54 SRC=192.168.122.1 DST=192.168.122.201 LEN=60 TOS=0x00 PREC=0x00 TTL=64 ID=21771 DF "
        + "PROTO=TCP SPT=56530 DPT=23 SEQ=637315279 ACK=0 WINDOW=64240 RES=0x00 SYN URGP=0 \n"

    static func bytes(_ name: String, filePath: String = #filePath) throws -> [UInt8] {
        let folder = URL(filePath: filePath).deletingLastPathComponent()
        return [UInt8](try Data(contentsOf: folder.appending(path: "Captures/\(name)")))
    }

    static func reply(_ bytes: [UInt8]) -> String { "\(bytes.count)\n" + Data(bytes).base64EncodedString() }

    /// A bench with a telnet capture, what login(1) recorded, and what the kernel noted.
    static func telnetBench(_ capture: [UInt8]? = nil, note: String = note, login: String? = nil) throws -> SSHBench {
        let bench = SSHBench()
        bench.reply(CaptureFile.script, reply(try capture ?? bytes("telnet.pcap")))
        bench.reply(CaptureWitness.noteScript, note)
        bench.reply(
            CaptureWitness.loginScript, try login ?? String(decoding: bytes("login.jsonl"), as: UTF8.self))
        return bench
    }

    static func telnet(
        sent: [String] = ["administrator", "password", "echo amberword"], received: [String] = ["amberword"],
        absent: [String] = [], login: String = "administrator"
    ) throws -> CapturedCheck {
        try CapturedCheck(
            SSHRecorded.fields(
                [
                    "on": "losttemple", "file": "telnet.pcap", "client": "losttemple", "server": "server01",
                    "port": "23", "protocol": "telnet", "login": login, "noted": "call: ",
                ], lists: ["sent": sent, "received": received, "absent": absent]))
    }

    static func ssh(absent: [String] = ["password", "amberword"]) throws -> CapturedCheck {
        try CapturedCheck(
            SSHRecorded.fields(
                [
                    "on": "losttemple", "file": "ssh.pcap", "client": "losttemple", "server": "server01", "port": "22",
                    "protocol": "ssh", "login": "administrator",
                ], lists: ["absent": absent]))
    }

    @Test func aTelnetLoginIsPutTogether() async throws {
        let finding = try await Self.telnet().judge(on: Self.telnetBench())
        #expect(finding.verdict == .pass, "\(finding.observed.en)")
        #expect(finding.observed.en.contains("192.168.122.1:56530"))
    }

    @Test func whatIsNotInItFails() async throws {
        let bench = try Self.telnetBench()
        let other = try await Self.telnet(sent: ["hunter2"]).judge(on: bench)
        #expect(other.verdict == .fail)
        #expect(!other.observed.en.contains("hunter2"), "evidence gives no text away")
        // The server does not send the password back.
        #expect(try await Self.telnet(received: ["password"]).judge(on: bench).verdict == .fail)
        #expect(try await Self.telnet(absent: ["amberword"]).judge(on: bench).verdict == .fail)
        #expect(try await Self.telnet(login: "clerk").judge(on: bench).verdict == .fail)
    }

    @Test func aCallThatTheKernelDidNotNoteIsNotBelieved() async throws {
        for note in ["", Self.note.replacing("SEQ=637315279", with: "SEQ=1"), Self.note.replacing("56530", with: "4")] {
            let finding = try await Self.telnet().judge(on: Self.telnetBench(note: note))
            #expect(finding.verdict == .fail)
            #expect(finding.observed.en.contains("kernel log"))
        }
    }

    @Test func aLoginOnTheConsoleOrAtAnotherTimeIsNotThisOne() async throws {
        let record = String(decoding: try Self.bytes("login.jsonl"), as: UTF8.self)
        for login in [
            "", record.replacing("login -p -h losttemple", with: "login -p --"),
            record.replacing("1795274", with: "1795275"),
        ] {
            #expect(try await Self.telnet().judge(on: Self.telnetBench(login: login)).verdict == .fail)
        }
    }

    @Test func aTextFileIsNoCapture() async throws {
        for text in ["", "administrator password amberword\n", "\n\r\r\nnewer form"] {
            let bench = try Self.telnetBench(Array(text.utf8))
            #expect(try await Self.telnet().judge(on: bench).verdict == .fail)
        }
    }

    @Test func noFileOrOneThatIsTooLargeFails() async throws {
        let bench = SSHBench()
        bench.reply(CaptureFile.script, "", status: 4)
        #expect(try await Self.telnet().judge(on: bench).observed.en.contains("There is no telnet.pcap"))
        bench.reply(CaptureFile.script, "1000001\nAAAA")
        #expect(try await Self.telnet().judge(on: bench).observed.en.contains("too large"))
    }

    @Test func aConversationWithAHoleOrWithoutItsBeginningFails() async throws {
        let whole = try Self.bytes("telnet.pcap")
        var packets: [ArraySlice<UInt8>] = []
        var place = 24
        while let length = whole.number(4, at: place + 8, order: .little) {
            packets.append(whole[place..<(place + 16 + length)])
            place += 16 + length
        }
        #expect(packets.count == 57)
        let head = whole[..<24]
        let late = try await Self.telnet().judge(on: Self.telnetBench(Array(head + packets.dropFirst(3).joined())))
        #expect(late.verdict == .fail)
        #expect(late.observed.en.contains("not the beginning"))
        let carrying = try #require(packets.firstIndex { $0.count > 150 })
        packets.remove(at: carrying)
        let holed = try await Self.telnet().judge(on: Self.telnetBench(Array(head + packets.joined())))
        #expect(holed.verdict == .fail)
        #expect(holed.observed.en.contains("Bytes are missing"))
    }

    @Test func packetsOutOfOrderAndRepeatedAreNoTrouble() throws {
        var capture = try PacketCapture(Self.bytes("telnet.pcap"))
        let plain = TCPConversation.all(in: capture, client: "192.168.122.1", server: "192.168.122.201", port: 23)
        capture.segments = [capture.segments[0]] + capture.segments.dropFirst().reversed() + capture.segments
        let shuffled = TCPConversation.all(in: capture, client: "192.168.122.1", server: "192.168.122.201", port: 23)
        #expect(plain.count == 1)
        #expect(shuffled.map(\.sent) == plain.map(\.sent))
        #expect(shuffled.map(\.received) == plain.map(\.received))
    }

    @Test func everyCutOfACaptureIsReadWithoutHarm() throws {
        let whole = try Self.bytes("telnet.pcap")
        for length in stride(from: 0, to: whole.count, by: 7) {
            guard let capture = try? PacketCapture(Array(whole[..<length])) else { continue }
            _ = TCPConversation.all(in: capture, client: "192.168.122.1", server: "192.168.122.201", port: 23)
        }
        for place in stride(from: 24, to: whole.count, by: 3) {
            var broken = whole
            broken[place] = 0xff
            _ = TCPConversation.all(
                in: try PacketCapture(broken), client: "192.168.122.1", server: "192.168.122.201", port: 23)
        }
    }

    @Test func optionsOfTelnetAreTakenAway() {
        let bytes: [UInt8] = [
            255, 253, 24, 255, 250, 24, 0, 120, 255, 255, 255, 240, 104, 105, 13, 0, 255, 255, 120, 255,
        ]
        #expect(TelnetText.plain(bytes) == [104, 105, 10, 255, 120])
        #expect(TelnetText.typed(Array("pasx\u{7f}s\r\0".utf8)) == Array("pass\n".utf8))
    }

    @Test func anSSHLoginShowsNothing() async throws {
        let bench = SSHBench()
        bench.reply(CaptureFile.script, Self.reply(try Self.bytes("ssh.pcap")))
        bench.reply(SSHJournal.script, String(decoding: try Self.bytes("ssh.jsonl"), as: UTF8.self))
        let finding = try await Self.ssh().judge(on: bench)
        #expect(finding.verdict == .pass, "\(finding.observed.en)")
        // What can be read of it is found, so what is not found is not there.
        #expect(try await Self.ssh(absent: ["curve25519-sha256"]).judge(on: bench).verdict == .fail)
        bench.reply(SSHJournal.script, "")
        let unknown = try await Self.ssh().judge(on: bench)
        #expect(unknown.observed.en.contains("recorded no login"))
    }

    @Test func withoutAJournalItIsBlocked() async throws {
        let bench = try Self.telnetBench()
        bench.reply(CaptureWitness.noteScript, "", status: 69)
        await #expect(throws: Unjudgeable.self) { try await Self.telnet().judge(on: bench) }
        await #expect(throws: Unjudgeable.self) { try await Self.telnet().judge(on: SSHBench()) }
    }
}
