import Foundation
import LabFile
import Testing

@testable import LabVerifier

/// The kinds that look from outside, and those that compare files.
struct SSHProbeKindsTests {
    private let server = ["on": "server01", "from": "losttemple"]

    private let offered = """
        debug1: Remote protocol version 2.0, remote software version OpenSSH_9.2p1 Debian-2+deb12u10
        debug1: Server host key: ssh-ed25519 SHA256:PulbReQvcv2SxhwxE191WtHyXtEpsKTCQvAqKPHG4G0
        debug1: Authentications that can continue: publickey,password
        debug1: Server accepts key: /tmp/tmp.edpOBA15kz/key ED25519 SHA256:m6wiO3JtVV1OyMERKsQfbvw explicit
        administrator@192.168.122.201: Permission denied (publickey,password).
        """

    @Test(arguments: [
        (TCPOutcome.open(banner: "SSH-2.0-x"), [:], [:], Verdict.pass), (.refused, [:], [:], .fail),
        (.silent, [:], ["open": false], .pass), (.refused, [:], ["open": false], .pass),
        (.open(banner: "220"), ["banner": "SSH-2.0-"], [:], .fail), (.open(banner: ""), [:], ["open": false], .fail),
    ])
    func aPortAnswers(outcome: TCPOutcome, values: [String: String], flags: [String: Bool], verdict: Verdict)
        async throws
    {
        let fields = SSHRecorded.fields(
            ["from": "losttemple", "to": "server01", "port": "22"].merging(values) { $1 }, flags: flags)
        let bench = SSHBench(outside: FakeOutside(tcp: outcome))
        bench.reply("true", "")
        let finding = try await TCPCheck(fields).judge(on: bench)
        #expect(finding.verdict == verdict)
        #expect((finding.hint == nil) == (verdict == .pass))
    }

    @Test func anErrorThatComesAtOnceIsNoAnswer() async throws {
        // TCP connects to no broadcast address: the kernel says so without sending anything (tcp(7)).
        for (address, outcome) in [("255.255.255.255", TCPOutcome.silent), ("127.0.0.1", .refused)] {
            let arguments = Reach.arguments(address, port: 9, seconds: 3, greeting: 0)
            let seen = try await ScriptedBench.live.observe(on: "here", as: nil, Reach.script, arguments)
            #expect(try Reach.outcome(seen, from: "here") == outcome, "\(address): \(seen.output)")
        }
    }

    @Test func silenceOfAMachineThatIsOffIsNotJudged() async throws {
        let check = try TCPCheck(SSHRecorded.fields(["from": "losttemple", "to": "server01", "port": "22"]))
        let bench = SSHBench(outside: FakeOutside(tcp: .silent))
        await #expect(throws: Unjudgeable.self) { try await check.judge(on: bench) }
    }

    @Test func whatAFirewallCountsIsNotJudged() async throws {
        let bench = SSHBench(outside: FakeOutside(tcp: .refused))
        let port = try TCPCheck(SSHRecorded.fields(["from": "losttemple", "to": "server01", "port": "22"]))
        let methods = try SSHMethodsCheck(SSHRecorded.fields(server, lists: ["methods": ["publickey"]]))
        #expect(try await port.judge(on: bench).verdict == .fail)
        #expect(try await methods.judge(on: bench).verdict == .fail)
        bench.reply(Reach.limitScript, "-A ufw-user-input -p tcp -m tcp --dport 22 -j ufw-user-limit\n")
        await #expect(throws: Unjudgeable.self) { try await port.judge(on: bench) }
        await #expect(throws: Unjudgeable.self) { try await methods.judge(on: bench) }
        let shut = try TCPCheck(
            SSHRecorded.fields(["from": "losttemple", "to": "server01", "port": "22"], flags: ["open": false]))
        #expect(try await shut.judge(on: bench).verdict == .pass)
    }

    @Test func anAttemptThatBrokeOffIsNoRefusal() async throws {
        let heard = "debug1: Remote protocol version 2.0, remote software version OpenSSH_9.2p1\n"
        func isLetIn(_ said: String) async throws -> Bool {
            let bench = SSHBench()
            bench.reply(ClientProbe.script, said)
            return try await ClientProbe.isLetIn(
                .password("x"), from: "server01", to: "192.168.122.202", port: 22, user: "administrator", on: bench)
        }
        #expect(
            try await isLetIn(heard + "Authenticated to 192.168.122.202 ([192.168.122.202]:22) using \"password\".\n"))
        let denied = try await isLetIn(
            heard + "administrator@192.168.122.202: Permission denied (publickey,password).\n")
        #expect(!denied)
        await #expect(throws: Unjudgeable.self) { try await isLetIn(heard) }
        await #expect(throws: Unjudgeable.self) { try await isLetIn("Connection closed by UNKNOWN port 65535\n") }
    }

    @Test func aServerWithoutADoorIsAskedThroughItsAgent() async throws {
        let bench = SSHBench(outside: FakeOutside(tcp: .refused))
        bench.reply(
            Reach.script, on: "server02", "open\nSSH-2.0-x\n")
        let check = try TCPCheck(
            SSHRecorded.fields(["from": "server02", "to": "server01", "port": "22", "banner": "SSH-2.0-"]))
        #expect(try await check.judge(on: bench).verdict == .pass)
        bench.reply(Reach.script, on: "server02", "", status: 69)
        await #expect(throws: Unjudgeable.self) { try await check.judge(on: bench) }
    }

    @Test func aPlantedListenerProvesTheFirewall() async throws {
        let fields = SSHRecorded.fields(
            ["from": "losttemple", "to": "server01"], flags: ["open": false, "planted": true])
        let bench = SSHBench(outside: FakeOutside(tcp: .silent))
        bench.reply(PlantedListener.startScript, "30001 320\n")
        bench.reply(PlantedListener.stopScript, "")
        #expect(try await TCPCheck(fields).judge(on: bench).verdict == .pass)
        #expect(bench.calls.last == "server01 320")
        // A listener that ended before the probe leaves nothing to be refused by.
        bench.reply(PlantedListener.stopScript, "", status: 5)
        await #expect(throws: Unjudgeable.self) { try await TCPCheck(fields).judge(on: bench) }
        bench.reply(PlantedListener.startScript, "", status: 4)
        await #expect(throws: Unjudgeable.self) { try await TCPCheck(fields).judge(on: bench) }
        #expect(throws: MissingField.self) {
            try TCPCheck(SSHRecorded.fields(["from": "losttemple", "to": "server01"]))
        }
    }

    @Test func methodsAreExactlyThose() async throws {
        let check = try SSHMethodsCheck(SSHRecorded.fields(server, lists: ["methods": ["publickey"]]))
        func judge(_ outside: FakeOutside) async throws -> Finding {
            try await check.judge(on: SSHBench(outside: outside))
        }
        #expect(try await judge(FakeOutside(methods: ["publickey"])).verdict == .pass)
        let left = try await judge(FakeOutside(methods: ["keyboard-interactive", "publickey"]))
        #expect(left.verdict == .fail)
        #expect(left.hint?.en.contains("KbdInteractiveAuthentication") == true)
        // Silence of a machine that is there is its firewall's; of one that is off it is nobody's.
        await #expect(throws: Unjudgeable.self) { try await judge(FakeOutside(tcp: .silent)) }
        let running = SSHBench(outside: FakeOutside(tcp: .silent))
        running.reply("true", "")
        #expect(try await check.judge(on: running).observed.en.contains("no answer"))
        await #expect(throws: Unjudgeable.self) { try await judge(FakeOutside()) }
        // Something that answers and is no SSH server.
        #expect(try await judge(FakeOutside(tcp: .open(banner: "220 x"), methods: ["publickey"])).verdict == .fail)
    }

    @Test func sshdWouldTakeTheKey() async throws {
        let check = try SSHLoginCheck(SSHRecorded.fields(server))
        let bench = SSHBench()
        bench.reply(UserKeys.script, SSHRecorded.keys)
        bench.reply(ClientProbe.script, offered)
        #expect(try await check.judge(on: bench).verdict == .pass)
        bench.reply(ClientProbe.script, offered.replacing("Server accepts key", with: "x"))
        let refused = try await check.judge(on: bench)
        #expect(refused.verdict == .fail)
        #expect(refused.hint?.en.contains("authorized_keys") == true)
        bench.reply(ClientProbe.script, "Connection closed by UNKNOWN port 65535\n")
        // A server that is off or stands still is nobody's mistake.
        await #expect(throws: Unjudgeable.self) { try await check.judge(on: bench) }
        bench.reply("true", "")
        #expect(try await check.judge(on: bench).observed.en.contains("could not be reached"))
        bench.reply(UserKeys.script, "")
        #expect(try await check.judge(on: bench).observed.en.contains("no key pair"))
        await #expect(throws: Unjudgeable.self) { try await check.judge(on: SSHBench()) }
    }

    @Test func theRightPasswordIsRefused() async throws {
        let check = try SSHRefusedCheck(SSHRecorded.fields(server))
        #expect(try await check.judge(on: SSHBench(outside: FakeOutside(methods: ["publickey"]))).verdict == .pass)
        let open = SSHBench(outside: FakeOutside(methods: ["password", "publickey"], accepts: true))
        open.reply(SSHRefusedCheck.passwordScript, "")
        #expect(try await check.judge(on: open).verdict == .fail)
        let shut = SSHBench(outside: FakeOutside(methods: ["password", "publickey"]))
        shut.reply(SSHRefusedCheck.passwordScript, "")
        #expect(try await check.judge(on: shut).verdict == .pass)
        // A changed password would be refused too, and proves nothing.
        shut.reply(SSHRefusedCheck.passwordScript, "", status: 3)
        #expect(try await check.judge(on: shut).observed.en.contains("has been changed"))
        #expect(try await check.judge(on: SSHBench(outside: FakeOutside(tcp: .refused))).verdict == .fail)
        await #expect(throws: Unjudgeable.self) { try await check.judge(on: SSHBench()) }
    }

    @Test func rootIsRefusedWithAPlantedKey() async throws {
        let check = try RootRefusedCheck(SSHRecorded.fields(server))
        for accepts in [true, false] {
            let bench = SSHBench(outside: FakeOutside(methods: ["publickey"], accepts: accepts))
            bench.reply(RootRefusedCheck.plantScript, "-----BEGIN OPENSSH PRIVATE KEY-----\n")
            bench.reply(RootRefusedCheck.pullScript, "")
            #expect(try await check.judge(on: bench).verdict == (accepts ? .fail : .pass))
            #expect(bench.calls.count == 2)
            #expect(bench.calls.first == bench.calls.last)
            bench.reply(RootRefusedCheck.pullScript, "", status: 1)
            await #expect(throws: Unjudgeable.self) { try await check.judge(on: bench) }
            bench.reply(RootRefusedCheck.plantScript, "", status: 69)
            await #expect(throws: Unjudgeable.self) { try await check.judge(on: bench) }
        }
    }

    /// The moment of the recorded copy.
    private let moment = 1_795_237_907

    private func copied(_ flags: [String: Bool] = [:], _ values: [String: String] = [:]) throws -> CopiedCheck {
        try CopiedCheck(
            SSHRecorded.fields(
                ["from": "losttemple", "source": "x", "to": "server01", "target": "/tmp/x"].merging(values) { $1 },
                flags: flags))
    }

    private func copyBench(writtenAt moment: Int) throws -> SSHBench {
        let bench = SSHBench()
        bench.reply(SSHJournal.script, on: "server01", try SSHRecorded.text("logins.jsonl"))
        bench.reply(SSHJournal.script, on: "losttemple", "")
        bench.reply(UserKeys.script, SSHRecorded.keys)
        bench.reply(Manifest.script, on: "losttemple", "file\n644 100 100 abc \n")
        bench.reply(Manifest.script, on: "server01", "file\n644 100 \(moment) abc \n")
        return bench
    }

    @Test func aCopyIsMadeInASession() async throws {
        let journal = SSHJournal(try SSHRecorded.text("logins.jsonl"))
        let session = try #require(journal.accepted.last?.sessions.first)
        let at = Int(session.began.timeIntervalSince1970)
        let finding = try await copied(["mode": true, "mtime": true]).judge(on: try copyBench(writtenAt: at))
        #expect(finding.verdict == .pass, "\(finding.observed.en)")
        let byHand = try await copied().judge(on: try copyBench(writtenAt: at + 60))
        #expect(byHand.verdict == .fail)
        #expect(byHand.observed.en.contains("during no copy that sshd recorded"))
        let key = try await copied([:], ["key-of": "losttemple"]).judge(on: try copyBench(writtenAt: at))
        #expect(key.verdict == .fail)
        let way = try await copied([:], ["via": "server02"]).judge(on: try copyBench(writtenAt: at))
        #expect(way.verdict == .fail)
    }

    @Test(arguments: [
        ("file\n600 100 1 abc \n", "has mode 600"), ("file\n644 101 1 abc \n", "time of change"),
        ("file\n644 100 1 abd \n", "differs"), ("", "There is no /tmp/x"), ("directory\n", "directory"),
    ])
    func aCopyThatDiffersSaysHow(there: String, reason: String) async throws {
        let bench = try copyBench(writtenAt: moment)
        bench.reply(Manifest.script, on: "server01", there)
        let finding = try await copied(["mode": true, "mtime": true]).judge(on: bench)
        #expect(finding.verdict == .fail)
        #expect(finding.observed.en.contains(reason), "\(finding.observed.en)")
        await #expect(throws: Unjudgeable.self) { try await copied().judge(on: SSHBench()) }
    }

    @Test func aFileIsFetchedInASession() async throws {
        let check = try FetchedCheck(
            SSHRecorded.fields(
                ["on": "losttemple", "of": "server01"], lists: ["paths": ["a", "b"], "run": ["cat", "/etc/hostname"]]))
        let journal = SSHJournal(try SSHRecorded.text("logins.jsonl"))
        let at = Int(try #require(journal.accepted.last?.sessions.first).began.timeIntervalSince1970)
        let bench = SSHBench()
        bench.reply(SSHJournal.script, try SSHRecorded.text("logins.jsonl"))
        bench.reply(FetchedCheck.runScript, "server01\n")
        bench.reply(FetchedCheck.fileScript, "\(at) /home/shinjaehun/a\nserver01\n")
        #expect(try await check.judge(on: bench).verdict == .pass)
        bench.reply(FetchedCheck.fileScript, "\(at + 60) /home/shinjaehun/a\nserver01\n")
        #expect(try await check.judge(on: bench).observed.en.contains("recorded no session from losttemple"))
        bench.reply(FetchedCheck.fileScript, "\(at) /home/shinjaehun/a\nserver02\n")
        #expect(try await check.judge(on: bench).observed.en.contains("does not hold"))
        bench.reply(FetchedCheck.fileScript, "", status: 4)
        #expect(try await check.judge(on: bench).observed.en.contains("There is no a, b"))
        bench.reply(FetchedCheck.fileScript, "\(at) a\nserver01\n")
        bench.reply(FetchedCheck.runScript, "")
        await #expect(throws: Unjudgeable.self) { try await check.judge(on: bench) }
    }
}
