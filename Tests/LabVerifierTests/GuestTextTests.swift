import Foundation
import LabFile
import LabRuntime
import Testing

@testable import LabVerifier

@Suite("Text from a guest, taken apart and shown") struct GuestTextTests {
    @Test("A line ends at a line feed, and a CR before it stays or goes as it is asked for") func lines() {
        let text = "a\r\nb\n\r\n\nc\rd\r"
        #expect(text.lines() == ["a\r", "b", "\r", "c\rd\r"])
        #expect(text.lines(droppingReturn: true) == ["a", "b", "c\rd"])
        #expect(text.lines(droppingReturn: true, omittingEmpty: false) == ["a", "b", "", "", "c\rd"])
        #expect(text.lines(maxSplits: 1, omittingEmpty: false) == ["a\r", "b\n\r\n\nc\rd\r"])
        #expect("head\n".lines(maxSplits: 1, omittingEmpty: false) == ["head", ""])
        #expect(text.dropFirst(2).lines() == ["b", "\r", "c\rd\r"])
        #expect("".lines().isEmpty)
        #expect("".lines(omittingEmpty: false) == [""])
        // A mark at the beginning of a line does not hold on to the line feed before it.
        #expect("a\n\u{301}b".lines().count == 2)
        #expect("a\r\r".withoutReturn == "a\r")
        #expect("a".withoutReturn == "a")
    }

    @Test("A text stands in another whatever follows it, and over either end of a line") func holds() {
        #expect("one\r\ntwo".holds("one\ntwo"))
        #expect("one\r\ntwo".holds("one\r\ntwo"))
        #expect("secret\u{301}".holds("secret"))
        #expect(!"one two".holds("one\ntwo"))
    }

    @Test("What is shown is one line that neither moves the cursor nor turns the text around") func showing() {
        #expect(shown("a\r\nb\tc\u{1b}[2J\u{7f}\u{9b}") == "a  b c [2J  ")
        #expect(shown("a\u{202E}b\u{2066}c\u{200F}\u{FEFF}d") == "a b c  d")
        #expect(shown("a\u{2028}b\u{2029}c") == "a b c")
        #expect(shown("한글 é ← 키") == "한글 é ← 키")
        #expect(shown(String(repeating: "x", count: 161)) == String(repeating: "x", count: 160) + "…")
        #expect(shown("abc\n", limit: 3) == "abc…")
    }

    @Test("The last line of an error stands in a reason as it can be shown") func reasons() async throws {
        func reason(_ body: () async throws -> Observation) async -> String {
            do {
                return "status \(try await body().status)"
            } catch {
                return (error as? Unjudgeable)?.reason.en ?? "\(error)"
            }
        }
        let error = "first\r\nno \u{202E}such\u{1b}[2J thing\r\n"
        let guest = ScriptedGuest { _ in Observation(status: 9, output: "?", error: error) }
        let unread = await reason {
            try await BatchingGuest(guest, machine: "server01").observe(as: nil, "true", [])
        }
        #expect(unread.contains("(status 9: no  such [2J thing)"), "\(unread)")
        let lacking = await reason {
            try await ScriptedBench("", status: 127, error: error).look(on: "server01", "true")
        }
        #expect(lacking.hasSuffix(": no  such [2J thing"), "\(lacking)")
    }

    @Test("Standard error of a machine is kept up to its limit") func errorLimit() async throws {
        let flood = Data(repeating: UInt8(ascii: "x"), count: 100_000).base64EncodedString()
        let agent = GuestAgent(
            machine: "server01", isOff: { false },
            transport: { command, _ in
                command.contains("guest-exec-status")
                    ? #"{"return":{"exited":true,"exitcode":3,"out-data":"\#(flood)","err-data":"\#(flood)"}}"#
                    : #"{"return":{"pid":7}}"#
            })
        let seen = try await LiveGuest(agent: agent).execute(
            ["/bin/true"], as: nil, input: nil, timeout: 5, limit: 50_000)
        #expect(seen.status == 3)
        #expect(seen.output.utf8.count == 50_000)
        #expect(seen.error.utf8.count == BatchDriver.errorLimit)
    }
}

@Suite("A CR in what a guest says hides nothing") struct CarriageReturnTests {
    private let dropIn = """
        value x11forwarding no
        change 100.5 /etc/ssh/sshd_config.d/a.conf
        line x11forwarding /etc/ssh/sshd_config.d/a.conf:1 X11Forwarding no\r
        case match /etc/ssh/sshd_config.d/a.conf:2 Match User x\r
        case x11forwarding /etc/ssh/sshd_config.d/a.conf:3   X11Forwarding\tyes\r
        pid 812
        exe /usr/sbin/sshd
        command sshd: /usr/sbin/sshd -D [listener]
        read 200

        """

    @Test("A drop-in of sshd in CR LF is read line by line") func sshd() async throws {
        let state = SSHDState(dropIn)
        #expect(state.lines.map(\.value) == ["no", "User x", "yes"])
        #expect(state.lines.map(\.isConditional) == [false, true, true])
        #expect(state.lines.allSatisfy { !$0.text.unicodeScalars.contains("\r") })
        #expect(state.mainPID == 812)
        // sshd ends its lines on standard error in CR LF.
        #expect(SSHDState("problem a.conf line 1: Bad\r\npid 812\n").mainPID == 812)
        let check = try SSHDConfigCheck(
            fields(["on": .string("server01"), "settings": .map(["X11Forwarding": .boolean(false)])]))
        let finding = try await check.judge(on: ScriptedBench(dropIn))
        #expect(finding.verdict == .fail)
        #expect(finding.observed.en.contains("a Match block on server01"))
        #expect(finding.observed.en.contains("a.conf:3"))
    }

    /// What a server says of a list of keys, and what the check of one key makes of it.
    private func authorized(_ lines: String) async throws -> Verdict {
        let check = try AuthorizedKeyCheck(fields(["on": .string("server01"), "key-of": .string("losttemple")]))
        let home = "/home/administrator"
        let paths = """
            path 755 administrator \(home)
            path 700 administrator \(home)/.ssh
            path 600 administrator \(home)/.ssh/authorized_keys

            """
        let bench = ScriptedBench { machine, _, _ in
            Observation(
                status: 0, output: machine == "losttemple" ? "key ssh-ed25519 AAAA1 id_ed25519\n" : paths + lines)
        }
        return try await check.judge(on: bench).verdict
    }

    @Test("The second key of a list in CR LF is found") func keys() async throws {
        #expect(try await authorized("line ssh-rsa BBBB me@there\r\nline ssh-ed25519 AAAA1\r\n") == .pass)
        #expect(try await authorized("line ssh-rsa BBBB me@there\r\nline \r\n") == .fail)
        #expect(try await authorized("line  # ssh-ed25519 AAAA1\r\n") == .fail)
    }

    @Test("A quote with an accent on it begins and ends an option all the same") func quotes() {
        let line = "command=\"\u{301},restrict,x\"\u{301} ssh-ed25519 AAAA1"
        #expect(AuthorizedKeyCheck.missing(["restrict"], in: line) == ["restrict"])
        #expect(AuthorizedKeyCheck.names(line, "ssh-ed25519 AAAA1"))
    }

    private func absence(_ roots: [String]) throws -> PrivateKeyAbsentCheck {
        var check = try PrivateKeyAbsentCheck(fields(["on": .string("server01"), "key-of": .string("losttemple")]))
        check.roots = roots
        return check
    }

    @Test("A decoy whose name ends in CR does not hide the copy after it") func decoy() async throws {
        let bench = ScriptedBench { machine, _, arguments in
            guard machine == "losttemple" else {
                return Observation(status: 0, output: "SHA256:decoy /tmp/k\r\nSHA256:theirs /tmp/copy\n")
            }
            let isPrint = arguments == ["ssh-ed25519 AAAA1"]
            return Observation(status: 0, output: isPrint ? "SHA256:theirs\n" : "key ssh-ed25519 AAAA1 id\n")
        }
        let finding = try await absence([]).judge(on: bench)
        #expect(finding.verdict == .fail)
        #expect(finding.observed.en.contains("/tmp/copy on server01"))
    }

    @Test("A copy with a line feed or a CR in its name is found", arguments: ["a\nkey", "a\rkey", "a\r\nkey"])
    func strangeNames(_ name: String) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "lab-names-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let live = ScriptedBench.live
        let script = #"""
            umask 077; mkdir "$1" && ssh-keygen -q -t ed25519 -N '' -f "$1/key" && cut -d' ' -f1,2 "$1/key.pub" &&
            mv "$1/key" "$1/$2"
            """#
        let made = try await live.observe(on: "here", as: nil, script, [folder, name])
        try #require(made.status == 0, "\(made.error)")
        let own = String(made.output.dropLast())
        let bench = ScriptedBench { machine, script, arguments in
            machine == "losttemple" && arguments != [own]
                ? Observation(status: 0, output: "key \(own) id\n")
                : try await live.observe(on: machine, as: nil, script, arguments)
        }
        let finding = try await absence([folder]).judge(on: bench)
        #expect(finding.verdict == .fail)
        #expect(finding.observed.en.contains(name.utf8.count == 6 ? "/a??key" : "/a?key"))
    }

    @Test("A program's name that ends in CR does not hide the next process") func processes() {
        let sockets = Sockets("P 9 1 0\nX /proc/9 /tmp/ssh\r\nP 10 1 0\nX /proc/10 /usr/bin/ssh\n")
        #expect(sockets.processes[9]?.program == "/tmp/ssh\r")
        #expect(sockets.processes[10]?.isClient == true)
    }

    @Test("known_hosts in CR LF has each of its keys") func knownHosts() {
        let known = KnownHostCheck.keys("a ssh-ed25519 AAAA1\r\na ssh-rsa AAAA2\r\n")
        #expect(known == ["ssh-ed25519 AAAA1", "ssh-rsa AAAA2"])
    }

    @Test("A file in CR LF holds what stands in its lines") func files() async throws {
        func verdict(_ name: String, _ text: String) async throws -> Verdict {
            let check = try FileCheck(
                fields(["on": .string("server01"), "path": .string("/etc/motd"), name: .string(text)]))
            return try await check.judge(on: ScriptedBench("644|root|root|regular file\n\r\none\r\ntwo\r\n")).verdict
        }
        #expect(try await verdict("contains", "one\ntwo\n") == .pass)
        #expect(try await verdict("absent", "one\ntwo") == .fail)
        #expect(try await verdict("contains", "one two") == .fail)
    }

    @Test("An answer may begin with a byte-order mark and end in CR") func answers() {
        #expect(AnswerCheck.normal("\u{FEFF} 22\r\n", ignoringCase: true) == "22")
        #expect(AnswerCheck.normal("2\u{FEFF}2", ignoringCase: true) != "22")
    }
}
