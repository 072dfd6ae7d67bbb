import Foundation
import LabFile
import Testing

@testable import LabVerifier

private func verdict(_ check: some Check, _ bench: ScriptedBench) async throws -> Verdict {
    let finding = try await check.judge(on: bench)
    #expect(!finding.expected.ko.isEmpty && !finding.expected.en.isEmpty)
    #expect(!finding.observed.ko.isEmpty && !finding.observed.en.isEmpty)
    return finding.verdict
}

@Suite struct KindListTests {
    @Test func everyKindHasAnUnambiguousSpec() {
        #expect(Set(CheckKinds.specs.map(\.kind)).count == CheckKinds.all.count)
        for spec in CheckKinds.specs { #expect(Set(spec.fields.map(\.name)).count == spec.fields.count) }
    }

    @Test func aMachineThatCannotBeSeenBlocksEveryStateKind() async throws {
        let values: [String: FieldValue] = [
            "on": .string("server01"), "of": .string("server01"), "to": .string("server01"),
            "key-of": .string("losttemple"), "name": .string("ssh"), "port": .integer(22),
            "path": .string("/etc/hosts"),
            "settings": .map(["Port": .integer(22)]), "run": .string("true"),
        ]
        let kinds: [any Check.Type] = [
            PackageCheck.self, ServiceCheck.self, SurvivesRebootCheck.self, ListeningCheck.self, FileCheck.self,
            SSHDConfigCheck.self, FirewallCheck.self, ProcessCheck.self, CommandCheck.self, KnownHostCheck.self,
            HostKeyCheckingCheck.self, KeyPairCheck.self, AuthorizedKeyCheck.self, PrivateKeyAbsentCheck.self,
            ConsoleLoginCheck.self, MountCheck.self, MountSurvivesRebootCheck.self,
        ]
        for kind in kinds {
            let check = try kind.init(fields(values))
            await #expect(throws: Unjudgeable.self, "\(kind.spec.kind)") { try await check.judge(on: blindBench) }
        }
    }
}

@Suite struct PackageTests {
    private func check() throws -> PackageCheck {
        try PackageCheck(fields(["on": .string("server01"), "name": .string("openssh-server")]))
    }

    @Test func onlyInstalledPasses() async throws {
        #expect(try await verdict(check(), ScriptedBench("installed\n")) == .pass)
        #expect(try await verdict(check(), ScriptedBench("", status: 1)) == .fail)
        #expect(try await verdict(check(), ScriptedBench("config-files\n")) == .fail)
        #expect(try await verdict(check(), ScriptedBench("half-configured\n")) == .fail)
        await #expect(throws: Unjudgeable.self) { try await check().judge(on: ScriptedBench("", status: 127)) }
    }

    @Test func absenceIsJudgedToo() async throws {
        let check = try PackageCheck(
            fields([
                "on": .string("server01"), "name": .string("inetutils-telnetd"), "installed": .boolean(false),
            ]))
        for gone in ["not-installed\n", "config-files\n", ""] {
            #expect(try await verdict(check, ScriptedBench(gone)) == .pass)
        }
        for there in ["installed\n", "half-configured\n"] {
            #expect(try await verdict(check, ScriptedBench(there)) == .fail)
        }
        await #expect(throws: Unjudgeable.self) { try await check.judge(on: ScriptedBench("", status: 127)) }
    }

    @Test func aFileOfThatNameIsNoPackage() async throws {
        let live = ScriptedBench.live
        let dpkg = try PackageCheck(fields(["on": .string("server01"), "name": .string("dpkg")]))
        #expect(try await verdict(dpkg, live) == .pass)
        let none = try PackageCheck(fields(["on": .string("server01"), "name": .string("no-such-package")]))
        #expect(try await verdict(none, live) == .fail)
    }
}

@Suite struct ServiceTests {
    private func check(_ values: [String: FieldValue]) throws -> ServiceCheck {
        try ServiceCheck(fields(values.merging(["on": .string("server01"), "name": .string("ssh")]) { $1 }))
    }
    private func text(_ state: String, _ enabled: String) -> ScriptedBench {
        ScriptedBench("LoadState=loaded\nActiveState=\(state)\nSubState=x\nEnabled=\(enabled)\n")
    }

    @Test func stateAndBootAreJudgedApart() async throws {
        let enabled = try check(["enabled": .boolean(true)])
        #expect(try await verdict(enabled, text("inactive", "enabled")) == .pass)
        #expect(try await verdict(enabled, text("active", "disabled")) == .fail)
        #expect(try await verdict(enabled, text("active", "enabled-runtime")) == .fail)
        #expect(try await verdict(check([:]), text("active", "disabled")) == .pass)
        #expect(try await verdict(check([:]), text("failed", "enabled")) == .fail)
        #expect(try await verdict(check(["active": .boolean(false)]), text("inactive", "disabled")) == .pass)
        await #expect(throws: Unjudgeable.self) { try await enabled.judge(on: ScriptedBench("", status: 3)) }
    }
}

@Suite struct ListeningTests {
    private func check(_ values: [String: FieldValue] = [:]) throws -> ListeningCheck {
        try ListeningCheck(
            fields(
                values.merging(["on": .string("server01"), "port": .integer(22), "by": .string("sshd")]) { old, _ in old
                }))
    }
    private let sockets = """
        socket LISTEN 0 128 0.0.0.0:22 0.0.0.0:* ino:1065 sk:1 cgroup:/ <->
        socket LISTEN 0 128 [::]:22 [::]:* ino:1066 sk:2 cgroup:/ v6only:1 <->

        """

    @Test func sshdItselfPasses() async throws {
        let bench = ScriptedBench(sockets + "program /usr/sbin/sshd\nholder 812 0 0 755 /usr/sbin/sshd\n")
        let both = try check(["families": .list([.string("ipv4"), .string("ipv6")])])
        #expect(try await verdict(both, bench) == .pass)
        let one = ScriptedBench(
            "socket LISTEN 0 128 0.0.0.0:22 0.0.0.0:* ino:1 sk:1\nholder 812 0 0 755 /usr/sbin/sshd\n")
        #expect(try await verdict(both, one) == .fail)
        #expect(try await verdict(check(), ScriptedBench("")) == .fail)
    }

    @Test func aLoopbackListenerIsNotReachable() async throws {
        let bench = ScriptedBench(
            "socket LISTEN 0 128 127.0.0.1:22 0.0.0.0:* ino:1 sk:1\nholder 812 0 0 755 /usr/sbin/sshd\n")
        #expect(try await verdict(check(["families": .string("ipv4")]), bench) == .fail)
    }

    @Test(arguments: [
        "holder 9 0 0 755 /usr/bin/nc.openbsd", "holder 9 0 0 755 /tmp/sshd", "holder 9 1000 1000 755 /usr/sbin/sshd",
        "holder 9 0 0 777 /usr/sbin/sshd", "holder 9 0 0 755 /usr/local/sbin/sshd", "",
        "holder 8 0 0 755 /usr/sbin/sshd\nholder 9 0 0 755 /usr/bin/nc.openbsd",
    ])
    func impostorsFail(_ holder: String) async throws {
        #expect(try await verdict(check(), ScriptedBench(sockets + holder + "\n")) == .fail)
    }

    @Test func theRealScriptFindsTheRealProgram() async throws {
        let port = Int.random(in: 20000...30000)
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/perl")
        process.arguments = [
            "-MIO::Socket::INET", "-e",
            "$0 = 'sshd'; my $s = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1', LocalPort => \(port)); "
                + "$| = 1; print \"up\\n\"; <STDIN>",
        ]
        let (input, output) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        defer { process.terminate() }
        #expect(output.fileHandleForReading.availableData.count == 3)
        let perl = try check(["port": .integer(port), "by": .string("perl")])
        #expect(try await verdict(perl, .live) == .pass)
        let sshd = try check(["port": .integer(port)])
        let finding = try await sshd.judge(on: ScriptedBench.live)
        #expect(finding.verdict == .fail)
        #expect(finding.observed.en.contains("/usr/bin/perl"))
    }
}

@Suite struct RebootTests {
    private let up = "socket LISTEN 0 128 0.0.0.0:22 0.0.0.0:* ino:1 sk:1\nholder 8 0 0 755 /usr/sbin/sshd\n"
    private func check() throws -> SurvivesRebootCheck {
        try SurvivesRebootCheck(fields(["on": .string("server01"), "port": .integer(22), "by": .string("sshd")]))
    }

    @Test func aNewBootWithTheListenerPasses() async throws {
        let boots = Oracle()
        var bench = ScriptedBench { [up] _, script, _ in
            let id = "boot \(boots.count("r", "server01"))"
            return Observation(status: 0, output: script.contains("boot_id") ? id : up)
        }
        bench.rebooted = { boots.note("r", $0) }
        #expect(try await verdict(check(), bench) == .pass)
        bench.rebooted = { _ in }
        await #expect(throws: Unjudgeable.self) { try await check().judge(on: bench) }
    }

    @Test func whatIsNotThereIsNotRebooted() async throws {
        let boots = Oracle()
        var bench = ScriptedBench("")
        bench.rebooted = { boots.note("r", $0) }
        #expect(try await verdict(check(), bench) == .fail)
        #expect(boots.order("r").isEmpty)
    }
}

@Suite struct FileTests {
    @Test func realFilesAreSeen() async throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "lab-\(UUID().uuidString)").path
        try Data("한 줄\nsecond\n".utf8).write(to: URL(filePath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: path)
        func judge(_ values: [String: FieldValue], _ path: String) async throws -> Verdict {
            let all = values.merging(["on": .string("server01"), "path": .string(path)]) { $1 }
            return try await verdict(FileCheck(fields(all)), .live)
        }
        #expect(try await judge(["mode": .string("0640"), "contains": .string("한 줄\nsec")], path) == .pass)
        #expect(try await judge(["mode": .string("0600")], path) == .fail)
        #expect(try await judge(["absent": .string("second")], path) == .fail)
        #expect(try await judge(["owner": .string("nobody")], path) == .fail)
        #expect(try await judge(["exists": .boolean(false)], path) == .fail)
        #expect(try await judge([:], path + "-none") == .fail)
        #expect(try await judge(["exists": .boolean(false)], path + "-none") == .pass)
    }
}

@Suite struct SSHDConfigTests {
    private func check() throws -> SSHDConfigCheck {
        try SSHDConfigCheck(
            fields([
                "on": .string("server01"),
                "settings": .map(["X11Forwarding": .boolean(false), "PermitRootLogin": .string("prohibit-password")]),
            ]))
    }
    private func bench(
        x11: String = "no", changed: Int = 100, read: Int = 200, command: String = "sshd: /usr/sbin/sshd -D [listener]",
        block: String = ""
    ) -> ScriptedBench {
        ScriptedBench(
            """
            value x11forwarding \(x11)
            value permitrootlogin without-password
            change \(changed).5 /etc/ssh/sshd_config
            line x11forwarding /etc/ssh/sshd_config:87 X11Forwarding \(x11)
            \(block)
            pid 812
            exe /usr/sbin/sshd
            command \(command)
            read 50
            read \(read)
            """)
    }

    @Test func inForceMeansReadSinceItChanged() async throws {
        #expect(try await verdict(check(), bench()) == .pass)
        #expect(try await verdict(check(), bench(x11: "yes")) == .fail)
        let stale = try await check().judge(on: bench(changed: 300))
        #expect(stale.verdict == .fail)
        #expect(stale.observed.en.contains("/etc/ssh/sshd_config on server01 was changed"))
    }

    @Test func aMatchBlockSaysOtherwise() async throws {
        let other = bench(block: "case x11forwarding /etc/ssh/sshd_config.d/a.conf:2 X11Forwarding=\"yes\" # for some")
        let finding = try await check().judge(on: other)
        #expect(finding.verdict == .fail)
        #expect(finding.observed.en.contains("a Match block on server01"))
        #expect(finding.observed.en.contains("/etc/ssh/sshd_config.d/a.conf:2"))
        let same = bench(block: "case x11forwarding /etc/ssh/sshd_config:90 X11Forwarding no # the same")
        #expect(try await verdict(check(), same) == .pass)
        let another = bench(block: "case banner /etc/ssh/sshd_config:90 Banner /etc/issue")
        #expect(try await verdict(check(), another) == .pass)
        // Asked for one user alone: sshd -T -C has taken its Match blocks into account.
        let forOne = try SSHDConfigCheck(
            fields([
                "on": .string("server01"), "settings": .map(["X11Forwarding": .boolean(false)]),
                "user": .string("administrator"),
            ]))
        #expect(try await verdict(forOne, other) == .pass)
    }

    @Test func optionsAndDeadServersDoNotPass() async throws {
        #expect(try await verdict(check(), bench(command: "/usr/sbin/sshd -D -o X11Forwarding=yes")) == .fail)
        #expect(try await verdict(check(), ScriptedBench("value x11forwarding no\npid 0\n")) == .fail)
        #expect(try await verdict(check(), ScriptedBench("absent\n")) == .fail)
        #expect(try await verdict(check(), ScriptedBench("problem line 3: Bad option\npid 812\n")) == .fail)
    }
}

@Suite struct FirewallTests {
    private func check() throws -> FirewallCheck {
        try FirewallCheck(fields(["on": .string("server01"), "allow": .list([.integer(22)])]))
    }
    private let chain = "-P INPUT DROP\n-A INPUT -j ufw-before-input\n-N ufw-user-input\n"

    @Test func activeLoadedAndOpen() async throws {
        let rule = "-A ufw-user-input -p tcp -m tcp --dport 22 -j ACCEPT\n"
        #expect(try await verdict(check(), ScriptedBench("Status: active\n" + chain + rule)) == .pass)
        #expect(try await verdict(check(), ScriptedBench("Status: active\n" + chain)) == .fail)
        #expect(try await verdict(check(), ScriptedBench("Status: inactive\n-P INPUT ACCEPT\n" + rule)) == .fail)
        #expect(try await verdict(check(), ScriptedBench("Status: active\n-P INPUT ACCEPT\n")) == .fail)
        #expect(try await verdict(check(), ScriptedBench("Status: absent\n")) == .fail)
        let denied = "-A ufw-user-input -p tcp -m tcp --dport 22 -j DROP\n"
        #expect(try await verdict(check(), ScriptedBench("Status: active\n" + chain + denied + rule)) == .fail)
        await #expect(throws: Unjudgeable.self) {
            try await check().judge(on: ScriptedBench("ERROR: problem running iptables\n"))
        }
    }

    @Test func listsAndRangesName() {
        let rules = ["-A ufw-user-input -p tcp -m multiport --dports 80,1000:1100 -j ACCEPT"]
        #expect(FirewallCheck.isAllowed(1022, by: rules))
        #expect(!FirewallCheck.isAllowed(22, by: rules))
        #expect(!FirewallCheck.isAllowed(53, by: ["-A ufw-user-input -p udp -m udp --dport 53 -j ACCEPT"]))
        #expect(!FirewallCheck.isAllowed(22, by: ["-A ufw-user-input -i lo -j ACCEPT"]))
        func stray(_ rule: String) -> String? { FirewallCheck.stray(beyond: [22, 1022], in: [rule]) }
        #expect(stray("-A ufw-user-input -p tcp -m multiport --dports 22,1022 -j ACCEPT") == nil)
        #expect(stray("-A ufw-user-input -p udp -m udp --dport 53 -j ACCEPT") == nil)
        #expect(stray("-A ufw-user-input -p tcp -m tcp --dport 80 -j DROP") == nil)
        #expect(stray("-A ufw-user-input -p tcp -m multiport --dports 1:29999 -j ACCEPT") != nil)
        #expect(stray("-A ufw-user-input -s 192.168.122.202/32 -j ACCEPT") != nil)
        #expect(stray("-A ufw6-user-input -p tcp -m tcp --dport 80 -j ACCEPT") != nil)
        #expect(stray("-P INPUT6 ACCEPT") != nil)
        // A card's rules let in what comes by it; the loopback's nobody from outside.
        #expect(FirewallCheck.isAllowed(22, by: ["-A ufw-user-input -i eth0 -p tcp -m tcp --dport 22 -j ACCEPT"]))
        #expect(stray("-A ufw-user-input -i eth0 -p tcp -m tcp --dport 8080 -j ACCEPT") != nil)
        #expect(stray("-A ufw-user-input -i lo -j ACCEPT") == nil)
    }
}

@Suite struct ProcessAndCommandTests {
    @Test func processesAreToldByTheirFile() async throws {
        func check(_ name: String, _ running: Bool = true) throws -> ProcessCheck {
            try ProcessCheck(
                fields(["on": .string("server01"), "name": .string(name), "running": .boolean(running)]))
        }
        let nc = "program /usr/bin/nc.openbsd\nexe /proc/9/exe /usr/bin/nc.openbsd\nps 9 1000 S autossh -M 0\n"
        #expect(try await verdict(check("nc"), ScriptedBench(nc)) == .pass)
        #expect(
            try await verdict(check("autossh"), ScriptedBench(nc.replacing("program /usr/bin/nc.openbsd\n", with: "")))
                == .fail)
        let script = "exe /proc/9/exe /usr/bin/dash\nps 9 0 S /bin/sh /usr/local/bin/keep.sh\n"
        #expect(try await verdict(check("keep.sh"), ScriptedBench(script)) == .pass)
        #expect(try await verdict(check("keep.sh", false), ScriptedBench(script)) == .fail)
        #expect(try await verdict(check("no-such-program-anywhere"), .live) == .fail)
    }

    @Test func commandsEndAsTheyShould() async throws {
        func check(_ run: FieldValue, _ more: [String: FieldValue] = [:]) throws -> CommandCheck {
            try CommandCheck(
                fields(more.merging(["on": .string("server01"), "run": run, "user": .string("root")]) { $1 }))
        }
        #expect(try await verdict(check(.string("echo $((1+1))"), ["output": .string("2")]), .live) == .pass)
        #expect(
            try await verdict(check(.list([.string("echo"), .string("$(x)")]), ["output": .string("$(x)")]), .live)
                == .pass)
        #expect(try await verdict(check(.string("exit 3")), .live) == .fail)
        #expect(try await verdict(check(.string("exit 3"), ["status": .integer(3)]), .live) == .pass)
        let said = try await check(.string("seq 9; exit 3")).judge(on: ScriptedBench.live)
        #expect(said.observed.en.hasSuffix("not 0.\n  5\n  6\n  7\n  8\n  9"), "\(said.observed.en)")
        let complained = try await check(.string("echo out; echo why >&2; exit 3")).judge(on: ScriptedBench.live)
        #expect(complained.observed.en.hasSuffix("not 0.\n  why"), "\(complained.observed.en)")
    }
}

@Suite struct AnswerTests {
    @Test func answersAreJudgedWhenGiven() async throws {
        let statement = CheckStatement(
            kind: "answer",
            fields: [
                "question": .string("port"), "on": .string("server01"), "run": .string("printf '%s\\n' 22 'A  b'"),
            ])
        let steps = [Step(id: "a", title: .same("a"), points: 5, checks: [statement])]
        let host = ScriptedHost(["server01": shellGuest()])
        var facts = SessionFacts(session: "s", accelerator: "tcg", opened: ["a": .distantPast])
        let run = VerifierRun(lab: sampleLab(steps), facts: facts, host: host)
        #expect(await run.judge(answer: "23", to: "port", of: steps[0]).outcomes.map(\.verdict) == [.fail])
        #expect(await run.judge(answer: "22", to: "other", of: steps[0]).outcomes.isEmpty)
        let right = await run.judge(answer: "  a B ", to: "port", of: steps[0])
        #expect(right.outcomes.map(\.verdict) == [.pass])
        facts.answers = ["a": ["port": "23"]]
        #expect(await VerifierRun(lab: sampleLab(steps), facts: facts, host: host).check().exitStatus == 2)
        facts.kept = right.passes
        #expect(await VerifierRun(lab: sampleLab(steps), facts: facts, host: host).check().exitStatus == 0)
        let blind = await VerifierRun(lab: sampleLab(steps), facts: facts, host: ScriptedHost()).judge(
            answer: "22", to: "port", of: steps[0])
        #expect(blind.outcomes.map(\.verdict) == [.blocked])
    }
}
