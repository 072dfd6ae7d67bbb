import Foundation
import LabFile
import Testing

@testable import LabVerifier

/// `agent-forwarded` and the tunnels, on records of the real thing and of its fakes.
struct SSHForwardingKindsTests {
    private func forwarding(_ record: String, sockets: String) throws -> SSHBench {
        let bench = SSHBench()
        bench.reply(SSHJournal.script, try SSHRecorded.text(record))
        bench.reply(UserKeys.script, SSHRecorded.keys)
        bench.reply(AgentForwardedCheck.privateKeysScript, "SHA256:other\n")
        bench.reply(Agents.script, "")
        bench.reply(ForwardedAgents.script, "86 84\n")
        bench.reply(Sockets.script, try SSHRecorded.text(sockets))
        return bench
    }

    private let forwarded = Result {
        try AgentForwardedCheck(
            SSHRecorded.fields(["first": "losttemple", "through": "server01", "to": "server02"]))
    }

    @Test func aForwardedAgentPasses() async throws {
        let check = try forwarded.get()
        let live = try await check.judge(on: try forwarding("forwarded.jsonl", sockets: "forward.sockets"))
        #expect(live.verdict == .pass, "\(live.observed.en)")
    }

    /// What sshd writes at LogLevel INFO of what it wrote at VERBOSE.
    private func terse(_ record: String) throws -> String {
        try SSHRecorded.text(record).split(separator: "\n")
            .filter { line in !["Connection from", "Starting session", "User child"].contains { line.contains($0) } }
            .joined(separator: "\n")
    }

    @Test func serversThatSayLessAreJudgedAlike() async throws {
        let hop = try forwarding("forwarded.jsonl", sockets: "forward.sockets")
        hop.reply(SSHJournal.script, on: "server02", try terse("forwarded.jsonl"))
        let agent = try await forwarded.get().judge(on: hop)
        #expect(agent.verdict == .pass, "\(agent.observed.en)")
        let bench = try tunnelBench()
        bench.reply(SSHJournal.script, try terse("tunnel.jsonl"))
        let through = try await TunnelLoginCheck(
            SSHRecorded.fields(["to": "server02", "through": "server01", "port": "24022"])
        ).judge(on: bench)
        #expect(through.verdict == .pass, "\(through.observed.en)")
    }

    @Test func aLoginThatIsOverOrByAnotherAgentDoesNotCount() async throws {
        let check = try forwarded.get()
        let past = try await check.judge(on: try forwarding("forwarded.jsonl", sockets: "tunnel.sockets"))
        #expect(past.verdict == .fail)
        #expect(past.observed.en.contains("not open now"))
        for agents in ["", "76 84\n", "86 41\n"] {
            let bench = try forwarding("forwarded.jsonl", sockets: "forward.sockets")
            bench.reply(ForwardedAgents.script, agents)
            let own = try await check.judge(on: bench)
            #expect(own.verdict == .fail)
            #expect(own.observed.en.contains("does not use an agent forwarded"))
        }
    }

    @Test func aProxyJumpDoesNotCount() async throws {
        let finding = try await forwarded.get()
            .judge(on: try forwarding("jumped.jsonl", sockets: "tunnel.sockets"))
        #expect(finding.verdict == .fail)
        #expect(finding.observed.en.contains("only passed the connection on"))
    }

    @Test func aProxyJumpBesideAnOpenShellDoesNotCount() async throws {
        let bench = try forwarding("forwarded.jsonl", sockets: "tunnel.sockets")
        let hop = try SSHRecorded.text("forwarded.jsonl").split(separator: "\n").prefix {
            !$0.contains("192.168.122.202 port 22 ")
        }
        bench.reply(
            SSHJournal.script, on: "server01",
            hop.joined(separator: "\n") + "\n" + (try SSHRecorded.text("jumped.jsonl")))
        bench.reply(SSHJournal.script, on: "server02", try SSHRecorded.text("jumped.jsonl"))
        let finding = try await forwarded.get().judge(on: bench)
        #expect(finding.verdict == .fail)
        #expect(finding.observed.en.contains("only passed the connection on"))
    }

    @Test func aKeyOnTheHopDoesNotCount() async throws {
        let bench = try forwarding("forwarded.jsonl", sockets: "forward.sockets")
        bench.reply(AgentForwardedCheck.privateKeysScript, on: "server01", SSHRecorded.firstKey + "\n")
        let copied = try await forwarded.get().judge(on: bench)
        #expect(copied.verdict == .fail)
        #expect(copied.observed.en.contains("copied to server01"))
        bench.reply(AgentForwardedCheck.privateKeysScript, on: "server01", "")
        bench.reply(Agents.script, on: "server01", "A 9 1000\n256 \(SSHRecorded.firstKey) x (ED25519)\n")
        let agent = try await forwarded.get().judge(on: bench)
        #expect(agent.verdict == .fail)
        #expect(agent.observed.en.contains("of server01's own"))
    }

    @Test func anotherKeyOrNoLoginFails() async throws {
        let bench = try forwarding("forwarded.jsonl", sockets: "forward.sockets")
        bench.reply(UserKeys.script, "SHA256:mine ssh-ed25519 AAAA\n")
        #expect(try await forwarded.get().judge(on: bench).observed.en.contains("not one of losttemple's"))
        bench.reply(SSHJournal.script, try SSHRecorded.text("logger.jsonl"))
        #expect(try await forwarded.get().judge(on: bench).observed.en.contains("no record of sshd's own"))
        await #expect(throws: Unjudgeable.self) { try await forwarded.get().judge(on: SSHBench()) }
    }

    private func tunnelBench() throws -> SSHBench {
        let bench = SSHBench()
        bench.reply(SSHJournal.script, try SSHRecorded.text("tunnel.jsonl"))
        bench.reply(Sockets.script, try SSHRecorded.text("tunnel.sockets"))
        bench.reply(TunnelProbe.catchScript, "/tmp/tmp.hNqUiig7zC 282\n")
        bench.reply(TunnelProbe.sendScript, "Connection to 127.0.0.1 2502 port [tcp/*] succeeded!\n")
        bench.reply(TunnelProbe.collectScript, "lab-")
        return bench
    }

    private func tunnel(_ values: [String: String]) throws -> TunnelCheck {
        try TunnelCheck(
            SSHRecorded.fields(
                ["listen": "server01", "port": "2502", "client": "server02"].merging(values) { _, new in new }))
    }

    @Test func aBannerComesThroughTheTunnel() async throws {
        let bench = try tunnelBench()
        bench.reply(Reach.script, "open\nSSH-2.0-OpenSSH_9.2p1\n")
        let finding = try await tunnel(["port": "24022", "banner": "SSH-2.0-"]).judge(on: bench)
        #expect(finding.verdict == .pass, "\(finding.observed.en)")
        bench.reply(Reach.script, "refused\n")
        #expect(try await tunnel(["port": "24022", "banner": "SSH-2.0-"]).judge(on: bench).verdict == .fail)
    }

    @Test func aNonceThatIsLostFails() async throws {
        let finding = try await tunnel(["target-port": "1502"]).judge(on: try tunnelBench())
        #expect(finding.verdict == .fail)
        #expect(finding.observed.en.contains("nothing came out at server02:1502"))
    }

    @Test func aNonceThatArrivesPasses() async throws {
        let bench = EchoBench(base: try tunnelBench())
        let finding = try await tunnel(["target-port": "1502"]).judge(on: bench)
        #expect(finding.verdict == .pass, "\(finding.observed.en)")
    }

    @Test func theStudentsOwnListenerIsSentTheWord() async throws {
        let bench = try tunnelBench()
        let before = try SSHRecorded.text("tunnel.sockets") + "T LISTEN 0 1 0.0.0.0:1502 0.0.0.0:* ino:99 sk:1\n"
        let after = before + "T ESTAB 0 0 127.0.0.1:40000 127.0.0.1:1502 ino:98 sk:1\nF /proc/240/fd socket:[98]\n"
        bench.reply(Sockets.script, on: "server02", before, before, before, after)
        let finding = try await tunnel(["target-port": "1502", "word": "maple"]).judge(on: bench)
        #expect(finding.verdict == .pass, "\(finding.observed.en)")
        #expect(bench.calls.contains { $0.contains(" maple ") })
        bench.reply(Sockets.script, on: "server02", before)
        #expect(try await tunnel(["target-port": "1502", "word": "maple"]).judge(on: bench).verdict == .fail)
        let unheard = try await tunnel(["target-port": "1502", "word": "maple"]).judge(on: try tunnelBench())
        #expect(unheard.verdict == .fail)
        #expect(unheard.observed.en.contains("the word was not sent"))
        // The tunnel leads to another machine's port of that number.
        let astray = try tunnelBench()
        let far =
            before + "T ESTAB 0 0 192.168.122.202:40000 192.168.122.201:1502 ino:98 sk:1\nF /proc/240/fd socket:[98]\n"
        astray.reply(Sockets.script, on: "server02", before, before, before, far)
        #expect(try await tunnel(["target-port": "1502", "word": "maple"]).judge(on: astray).verdict == .fail)
    }

    @Test func aListenerOfNetcatIsNoTunnel() async throws {
        let bench = try tunnelBench()
        let sockets = try SSHRecorded.text("tunnel.sockets").replacing(
            "/proc/239 /usr/sbin/sshd", with: "/proc/239 /usr/bin/nc.openbsd")
        bench.reply(Sockets.script, on: "server01", sockets)
        let finding = try await tunnel([:]).judge(on: bench)
        #expect(finding.verdict == .fail)
        #expect(finding.observed.en.contains("nc.openbsd, not sshd"))
        // A user's own sshd has no parent of root's.
        bench.reply(
            Sockets.script, on: "server01",
            try SSHRecorded.text("tunnel.sockets").replacing("P 239 233 1500", with: "P 239 1 1500"))
        #expect(try await tunnel([:]).judge(on: bench).observed.en.contains("does not belong to any SSH session"))
        let closed = try await tunnel(["port": "2503"]).judge(on: try tunnelBench())
        #expect(closed.observed.en.contains("Nothing listens on port 2503"))
        let elsewhere = try tunnelBench()
        elsewhere.reply(Sockets.script, on: "losttemple", try SSHRecorded.text("forward.sockets"))
        let wrong = try await tunnel(["client": "losttemple"]).judge(on: elsewhere)
        #expect(wrong.observed.en.contains("comes from 192.168.122.202"))
        let others = try await tunnel(["from": "losttemple"]).judge(on: try tunnelBench())
        #expect(others.observed.en.contains("127.0.0.1 alone"))
        await #expect(throws: Unjudgeable.self) { try await tunnel([:]).judge(on: SSHBench()) }
    }

    @Test func aLoginThroughTheTunnelIsToldFromLocalhost() async throws {
        let check = try TunnelLoginCheck(
            SSHRecorded.fields(["to": "server02", "through": "server01", "port": "24022"]))
        let bench = try tunnelBench()
        let passed = try await check.judge(on: bench)
        #expect(passed.verdict == .pass, "\(passed.observed.en)")
        // Without the tunnel's own connection, only "ssh localhost" is left.
        bench.reply(
            Sockets.script, on: "server02",
            try SSHRecorded.text("tunnel.sockets").replacing("F /proc/240/fd socket:[164008]\n", with: ""))
        let local = try await check.judge(on: bench)
        #expect(local.verdict == .fail)
        #expect(local.observed.en.contains("ssh localhost"))
        bench.reply(SSHJournal.script, "")
        #expect(try await check.judge(on: bench).verdict == .fail)
        await #expect(throws: Unjudgeable.self) { try await check.judge(on: SSHBench()) }
    }

    @Test(arguments: [
        (["ssh", "-fN", "-R", "24022:localhost:22", "a@b"], 22), (["ssh", "-fNR", "*:24022:localhost:80"], 80),
        (["ssh", "-R24022:localhost:81", "a@b"], 81), (["ssh", "-R", "9:localhost:22"], nil), (["ssh", "-R"], nil),
    ])
    func theTargetIsReadFromTheClientsArguments(words: [String], port: Int?) {
        #expect(TunnelRecoversCheck.target(of: words, port: 24022) == port)
    }

    @Test func aTunnelThatStaysDownFails() async throws {
        let check = try TunnelRecoversCheck(
            SSHRecorded.fields(
                ["listen": "server01", "port": "2502", "client": "server02", "within-seconds": "1"]))
        let base = try tunnelBench()
        base.reply(TunnelRecoversCheck.argumentsScript, "ssh\n-fN\n-R\n2502:localhost:1502\na@b\n")
        base.reply(TunnelRecoversCheck.cutScript, "")
        let finding = try await check.judge(on: EchoBench(base: base))
        #expect(finding.verdict == .fail)
        #expect(finding.observed.en.contains("s after its connection was cut, the tunnel was not back"))
        // A new ssh, with another process id, carries it again.
        let sockets = try SSHRecorded.text("tunnel.sockets")
        let again = sockets.replacing("/proc/240", with: "/proc/940").replacing("P 240", with: "P 940")
        base.reply(Sockets.script, on: "server02", sockets, sockets, again)
        let back = try await check.judge(on: EchoBench(base: base))
        #expect(back.verdict == .pass, "\(back.observed.en)")
        base.reply(Sockets.script, on: "server01", sockets.replacing(":2502", with: ":2599"))
        #expect(try await check.judge(on: base).observed.en.contains("Nothing listens"))
    }

    // MARK: tunnel-survives-reboot

    private func survives(_ ports: [String] = ["2502"]) throws -> TunnelSurvivesRebootCheck {
        try TunnelSurvivesRebootCheck(
            SSHRecorded.fields(
                ["reboot": "server02", "listen": "server01", "client": "server02", "within-seconds": "1"],
                lists: ["ports": ports]))
    }

    private func rebootBench() throws -> EchoBench {
        let base = try tunnelBench()
        base.reply("cat /proc/sys/kernel/random/boot_id", "before\n", "after\n")
        return EchoBench(base: base, reboots: true)
    }

    @Test func aTunnelThatIsBackAfterARebootPasses() async throws {
        let finding = try await survives(["2502", "24022"]).judge(on: try rebootBench())
        #expect(finding.verdict == .pass, "\(finding.observed.en)")
    }

    @Test func aTunnelThatARebootEndsFails() async throws {
        let bench = try rebootBench()
        let sockets = try SSHRecorded.text("tunnel.sockets")
        bench.base.reply(Sockets.script, on: "server01", sockets, sockets.replacing(":2502", with: ":2599"))
        let finding = try await survives().judge(on: bench)
        #expect(finding.verdict == .fail)
        #expect(finding.observed.en.contains(" s after server02 was up again"))
        #expect(finding.hint != nil)
    }

    @Test func anEndThatIsOnlyCalledSSHIsNoTunnel() async throws {
        let bench = try rebootBench()
        let sockets = try SSHRecorded.text("tunnel.sockets")
        bench.base.reply(
            Sockets.script, on: "server01", sockets, sockets.replacing("/usr/sbin/sshd", with: "/tmp/sshd"))
        #expect(try await survives().judge(on: bench).verdict == .fail)
    }

    @Test func aRebootThatDidNotHappenProvesNothing() async throws {
        let bench = try rebootBench()
        bench.base.reply("cat /proc/sys/kernel/random/boot_id", "before\n")
        await #expect(throws: Unjudgeable.self) { try await survives().judge(on: bench) }
        await #expect(throws: Unjudgeable.self) { try await survives().judge(on: SSHBench()) }
    }

    @Test func aMachineBehindANATIsSeenAtItsRouter() throws {
        var device = MachineSpec(name: "device01", image: "server", address: "100.64.0.21", user: "a")
        #expect(device.seenAddress == "100.64.0.21")
        device.acceptsInbound = false
        #expect(device.seenAddress == "192.168.122.254")
    }
}

/// A bench on which whatever is sent into the tunnel comes out.
private struct EchoBench: Bench {
    let base: SSHBench
    var reboots = false
    var lab: Lab { base.lab }
    var step: Step { base.step }
    var opened: Date? { base.opened }
    var outside: any Outside { base.outside }

    func answer(to question: String) async -> String? { nil }
    func reboot(_ machine: String) async throws { if !reboots { try await base.reboot(machine) } }

    func observe(on machine: String, as user: String?, _ script: String, _ arguments: [String]) async throws
        -> Observation
    { try await base.observe(on: machine, as: user, script, arguments) }

    func perform(on machine: String, as user: String?, _ script: String, _ arguments: [String], timeout: Int)
        async throws -> Observation
    {
        if script == TunnelProbe.collectScript { return Observation(status: 0, output: arguments[2] + "\n") }
        return try await base.perform(on: machine, as: user, script, arguments, timeout: timeout)
    }
}
