import Foundation
import LabFile
import Testing

@testable import LabVerifier

/// Two made-up homes with real keys; every script really runs, with only the user database made up.
private struct Homes {
    let base = FileManager.default.temporaryDirectory.appending(path: "lab-keys-\(UUID().uuidString)").path

    /// The bench: each machine's home is a directory of its own.
    var bench: ScriptedBench {
        let guest = BatchingGuest(shellGuest(), machine: "here")
        return ScriptedBench { [base] machine, script, arguments in
            let home = "\(base)/\(machine)"
            let own = script.replacing(
                BatchDriver.perl, with: BatchDriver.perl + "no warnings; *main::home = sub { '\(home)' };\n")
            return try await guest.observe(as: nil, own, arguments)
        }
    }

    func run(_ script: String) async throws {
        let guest = BatchingGuest(shellGuest(), machine: "here")
        let seen = try await guest.observe(
            as: nil, "set -e; mkdir -p \(base); chmod 755 \(base); cd \(base); \(script)", [])
        #expect(seen.status == 0, "\(seen.error)")
    }

    func remove() { try? FileManager.default.removeItem(atPath: base) }
}

private let base: [String: FieldValue] = [
    "on": .string("server01"), "key-of": .string("losttemple"), "user": .string("root"), "key-user": .string("root"),
]

@Suite struct KeyKindTests {
    @Test func pairsAndAuthorizedKeys() async throws {
        let homes = Homes()
        defer { homes.remove() }
        let both = "mkdir -m 700 -p losttemple/.ssh server01/.ssh; chmod 755 losttemple server01"
        try await homes.run("\(both); ssh-keygen -q -t ed25519 -N secret -f losttemple/.ssh/id_ed25519")
        func pair(_ encrypted: Bool) async throws -> Finding {
            let values: [String: FieldValue] = [
                "on": .string("losttemple"), "user": .string("root"), "encrypted": .boolean(encrypted),
            ]
            return try await KeyPairCheck(fields(values)).judge(on: homes.bench)
        }
        func authorized() async throws -> Verdict { try await trust().verdict }
        func trust() async throws -> Finding {
            try await AuthorizedKeyCheck(fields(base)).judge(on: homes.bench)
        }
        #expect(try await pair(true).verdict == .pass)
        #expect(try await pair(false).verdict == .fail)
        #expect(try await authorized() == .fail)
        #expect(try await trust().hint?.en == "Has the key been copied to that server?")
        try await homes.run(
            "cp losttemple/.ssh/id_ed25519.pub server01/.ssh/authorized_keys; chmod 600 server01/.ssh/*")
        #expect(try await authorized() == .pass)
        try await homes.run("chmod 777 server01")
        #expect(try await authorized() == .fail)
        #expect(try await trust().hint?.en.contains("StrictModes") == true)
        try await homes.run("chmod 755 server01; chmod 044 server01/.ssh/authorized_keys")
        #expect(try await trust().hint?.en.contains("reads this file as") == true)
        try await homes.run("chmod 600 server01/.ssh/authorized_keys")
        try await homes.run("chmod 755 server01; sed -i 's/AAAA/AAA/' server01/.ssh/authorized_keys")
        #expect(try await authorized() == .fail)
        try await homes.run("chmod 644 losttemple/.ssh/id_ed25519")
        #expect(try await pair(true).observed.en.contains("mode 644"))
        // Another key's public half beside the private one.
        try await homes.run(
            "chmod 600 losttemple/.ssh/*; ssh-keygen -q -t ed25519 -N '' -f x; cp x.pub losttemple/.ssh/id_ed25519.pub")
        #expect(try await pair(true).verdict == .fail)
    }

    @Test func oneKeyOrEveryKey() async throws {
        let homes = Homes()
        defer { homes.remove() }
        try await homes.run(
            "mkdir -m 700 -p losttemple/.ssh; cd losttemple/.ssh; ssh-keygen -q -t ed25519 -N secret -f id_ed25519; "
                + "ssh-keygen -q -t ed25519 -N '' -f job")
        func pair(every: Bool) async throws -> Finding {
            let values: [String: FieldValue] = [
                "on": .string("losttemple"), "user": .string("root"), "encrypted": .boolean(true),
                "every": .boolean(every),
            ]
            return try await KeyPairCheck(fields(values)).judge(on: homes.bench)
        }
        #expect(try await pair(every: false).verdict == .pass)
        let finding = try await pair(every: true)
        #expect(finding.verdict == .fail)
        #expect(finding.observed.en == "~/.ssh/job on losttemple: it has no passphrase.")
        #expect(finding.hint == nil)
        try await homes.run("rm losttemple/.ssh/job*")
        #expect(try await pair(every: true).verdict == .pass)
        try await homes.run("rm losttemple/.ssh/*")
        #expect(try await pair(every: true).verdict == .fail)
        #expect(try await pair(every: true).hint?.en.contains("On which machine") == true)
    }

    @Test(arguments: ["RFC4716", "PEM", "PKCS8"])
    func aKeyThatIsLockedHasAFingerprint(format: String) async throws {
        let homes = Homes()
        defer { homes.remove() }
        try await homes.run(
            "mkdir -m 700 -p losttemple/.ssh; ssh-keygen -q -t rsa -m \(format) -N secret -f losttemple/.ssh/id_rsa; "
                + "ssh-keygen -lf losttemple/.ssh/id_rsa.pub | cut -d' ' -f2 >print")
        let keys = try await UserKeys.read("losttemple", user: "root", on: homes.bench)
        let print = try String(contentsOfFile: homes.base + "/print", encoding: .utf8)
        #expect(keys.fingerprints == [String(print.dropLast())])
        #expect(keys.publicKeys.count == 1)
    }

    @Test func aCopyUnderAnotherNameIsFound() async throws {
        let homes = Homes()
        defer { homes.remove() }
        try await homes.run("mkdir -m 700 -p losttemple/.ssh; ssh-keygen -q -t ed25519 -N secret -f losttemple/.ssh/k")
        // Here both machines are one, so the key itself is the copy that is found.
        var check = try PrivateKeyAbsentCheck(fields(base))
        check.roots = [homes.base]
        #expect(try await check.judge(on: homes.bench).verdict == .fail)
        let real = homes.bench
        let clean = ScriptedBench { machine, script, arguments in
            machine == "server01"
                ? Observation(status: 0, output: "SHA256:other /etc/ssh/ssh_host_ed25519_key\n")
                : try await real.observe(on: machine, as: nil, script, arguments)
        }
        #expect(try await check.judge(on: clean).verdict == .pass)
    }

    @Test func knownHostsMustHaveTheLiveKeysOnly() async throws {
        let check = try KnownHostCheck(fields(["on": .string("losttemple"), "of": .string("server01")]))
        func judge(_ known: String, _ live: String) async throws -> Verdict {
            let bench = ScriptedBench { machine, _, _ in
                Observation(status: 0, output: machine == "losttemple" ? known : live)
            }
            return try await check.judge(on: bench).verdict
        }
        let live = "192.168.122.201 ssh-ed25519 AAAA1\n192.168.122.201 ssh-rsa AAAA2\n"
        #expect(try await judge("|1|x|y ssh-ed25519 AAAA1\n", live) == .pass)
        #expect(try await judge("|1|x|y ssh-ed25519 AAAA1\n|1|x|z ssh-ed25519 OLD\n", live) == .fail)
        #expect(try await judge("@revoked * ssh-ed25519 AAAA1\n", live) == .fail)
        #expect(try await judge("nofile\n", live) == .fail)
        #expect(try await judge("|1|x|y ssh-ed25519 AAAA1\n", "") == .fail)
    }

    @Test func knownHostsMayStandElsewhere() async throws {
        let homes = Homes()
        defer { homes.remove() }
        let config = """
            Host server01
              HostName 192.168.122.201
            Host 192.168.122.201
              HostKeyAlias bakery
            Host *
              UserKnownHostsFile \(homes.base)/%k \(homes.base)/hosts
            """
        try await homes.run(
            """
            echo '\(config)' >config
            ssh-keygen -q -t ed25519 -N '' -f key; sed 's/^/bakery /' key.pub >bakery
            """)
        func known() async throws -> Set<String> {
            let script = KnownHostCheck.configured.replacing(
                #""-G","#, with: #""-G", "-F", "\#(homes.base)/config","#)
            let guest = BatchingGuest(shellGuest(), machine: "here")
            let seen = try await guest.observe(as: nil, script, ["22", "192.168.122.201", "server01"])
            return KnownHostCheck.keys(seen.output)
        }
        #expect(try await known().count == 1)
        // By the alias, and by what a name stands for.
        try await homes.run("mv bakery x; sed 's/^bakery/192.168.122.201/' x >hosts")
        #expect(try await known().count == 1)
        try await homes.run("rm hosts")
        #expect(try await known().isEmpty)
    }

    @Test func checkingSwitchedOffFails() async throws {
        let check = try HostKeyCheckingCheck(fields(["on": .string("losttemple"), "to": .string("server01")]))
        let files = "userknownhostsfile /root/.ssh/known_hosts\n"
        func judge(_ text: String) async throws -> Verdict { try await check.judge(on: ScriptedBench(text)).verdict }
        #expect(try await judge("stricthostkeychecking ask\n" + files) == .pass)
        #expect(try await judge("stricthostkeychecking false\n" + files) == .fail)
        #expect(try await judge("stricthostkeychecking ask\nuserknownhostsfile /dev/null\n") == .fail)
        #expect(try await judge("stricthostkeychecking ask\n" + files + "unreal /root/.ssh/known_hosts\n") == .fail)
        #expect(try await check.judge(on: ScriptedBench.live).verdict == .pass)
    }

    @Test func optionsOfAKeyAreWanted() async throws {
        let homes = Homes()
        defer { homes.remove() }
        try await homes.run(
            "mkdir -m 700 -p losttemple/.ssh server01/.ssh; chmod 755 losttemple server01; "
                + "ssh-keygen -q -t ed25519 -N '' -f losttemple/.ssh/id_ed25519")
        let options: [FieldValue] = [.string("restrict"), .string("permitlisten=\"localhost:40122\"")]
        let check = try AuthorizedKeyCheck(fields(base.merging(["options": .list(options)]) { $1 }))
        func verdict(_ prefix: String) async throws -> Finding {
            try await homes.run(
                "printf '%s%s\\n' '\(prefix)' \"$(cat losttemple/.ssh/id_ed25519.pub)\" > server01/.ssh/authorized_keys; "
                    + "chmod 600 server01/.ssh/*")
            return try await check.judge(on: homes.bench)
        }
        #expect(try await verdict("").observed.en.contains("lacks options: restrict, permitlisten"))
        #expect(try await verdict("restrict ").verdict == .fail)
        // In quotes it is only text.
        let faked = "environment=\"A=restrict,permitlisten=x\",permitlisten=\"localhost:40122\" "
        #expect(try await verdict(faked).verdict == .fail)
        #expect(
            try await verdict("Restrict,port-forwarding,permitlisten=\"localhost:40122\",command=\"ss -Hltn\" ").verdict
                == .pass)
        // A second, loose line of the same key lets everything in again.
        try await homes.run("cat losttemple/.ssh/id_ed25519.pub >> server01/.ssh/authorized_keys")
        #expect(try await check.judge(on: homes.bench).verdict == .fail)
    }

    @Test func aKeyInQuotesIsOnlyText() {
        let key = "ssh-ed25519 AAAA1"
        #expect(AuthorizedKeyCheck.names("ssh-ed25519 AAAA1 me@here", key))
        #expect(AuthorizedKeyCheck.names(#"from="10.0.0.1",command="a \" b" ssh-ed25519 AAAA1"#, key))
        #expect(!AuthorizedKeyCheck.names(#"command="ssh-ed25519 AAAA1 x" ssh-rsa BBBB"#, key))
        #expect(!AuthorizedKeyCheck.names("cert-authority ssh-ed25519 AAAA1", key))
        #expect(!AuthorizedKeyCheck.names("ssh-ed25519 AAAA12", key))
    }
}
