import Foundation
import Testing

@testable import LabVerifier

/// The joining of sshd's records into logins, on journals recorded from OpenSSH 9.2 and journald 252.
struct SSHJournalTests {
    @Test func loginsAreJoinedFromTheirProcesses() throws {
        let journal = SSHJournal(try SSHRecorded.text("logins.jsonl"))
        #expect(journal.level == .verbose)
        #expect(journal.accepted.map { $0.sessions.map(\.kind) } == [[.command], [.command], [.shell], [.sftp]])
        #expect(journal.accepted.map { $0.acceptance?.method } == ["password", "publickey", "publickey", "publickey"])
        let first = try #require(journal.accepted.first)
        #expect(first.user == "administrator")
        #expect(first.client == SSHEndpoint(address: "192.168.122.1", port: 50413))
        #expect(first.server == SSHEndpoint(address: "192.168.122.201", port: 22))
        #expect(first.acceptance?.fingerprint == nil)
        #expect(journal.accepted.allSatisfy { $0.ended != nil && $0.childPid != nil })
        let key = journal.accepted[1].acceptance?.fingerprint
        #expect(key == "SHA256:D3M72z62bMzGQ84VaxxZ3jC7x8o7K4RxV2AlLrmBiTY")
    }

    @Test func attemptsThatEndBeforeAnyLoginAreKnown() throws {
        let journal = SSHJournal(try SSHRecorded.text("logins.jsonl"))
        let attempts = journal.logins.filter { $0.endedUnauthenticated }
        #expect(attempts.map(\.user) == ["administrator"])
        let invalid = try #require(journal.logins.last)
        #expect(invalid.user == "invalid user nobody2")
        #expect(!invalid.endedUnauthenticated)
    }

    @Test func textFromLoggerIsNoRecord() throws {
        let text = try SSHRecorded.text("logger.jsonl")
        #expect(text.contains("Accepted password for administrator"))
        #expect(SSHJournal(text).logins.isEmpty)
        #expect(SSHJournal(text).level == .empty)
    }

    @Test func linesOfAnotherUsersSSHDOpenNoLogin() throws {
        let text = try SSHRecorded.text("logins.jsonl").replacing("\"_UID\": \"0\"", with: "\"_UID\": \"1500\"")
        #expect(SSHJournal(text).logins.isEmpty)
    }

    @Test func lowerLevelsAreToldApart() throws {
        #expect(SSHJournal(try SSHRecorded.text("info.jsonl")).level == .info)
        #expect(SSHJournal(try SSHRecorded.text("error.jsonl")).level == .off)
    }

    @Test func theHarnesssOwnProbesAreLeftOut() throws {
        let text = try SSHRecorded.text("logins.jsonl").replacing("port 50413", with: "port 742")
        #expect(SSHJournal(text).accepted.count == 3)
    }

    @Test func aCutLineAndBytesThatAreNoTextAreSurvived() throws {
        let text = try SSHRecorded.text("logins.jsonl")
        #expect(SSHJournal(String(text.dropFirst(40))).accepted.count == 4)
        let bytes = "Accepted password for administrator from 192.168.122.1 port 50000 ssh2".utf8.map(String.init)
        let line = """
            {"MESSAGE":[\(bytes.joined(separator: ","))],"_BOOT_ID":"b","_COMM":"sshd","_EXE":"/usr/sbin/sshd",\
            "_PID":"9","_TRANSPORT":"syslog","_UID":"0","__REALTIME_TIMESTAMP":"1795238294984832"}
            """
        #expect(SSHJournal(line).accepted.count == 1)
    }

    @Test func aLoginOfAnEarlierBootEndsWithIt() throws {
        let text = try SSHRecorded.text("forwarded.jsonl")
        let open = SSHJournal(text)
        #expect(open.accepted.map { $0.ended == nil } == [true, true])
        let later = try #require(text.split(separator: "\n").last)
            .replacing("70ef11eb5c1a401487a98d2648ee20f1", with: "ffffffffffffffffffffffffffffffff")
            .replacing("\"1795", with: "\"1796")
        #expect(SSHJournal(text + later).accepted.allSatisfy { $0.ended != nil })
    }

    @Test(arguments: [
        ("Connection reset by authenticating user root 10.0.0.1 port 5 [preauth]", "root"),
        ("Disconnecting authenticating user a 10.0.0.1 port 5: Too many authentication failures [preauth]", "a"),
        ("Disconnected from authenticating user a 10.0.0.1 port 5 [preauth]", "a"),
    ])
    func endingsBeforeALogin(line: String, user: String) {
        #expect(
            SSHMessage(line)
                == .ended(user: user, authenticated: false, client: SSHEndpoint(address: "10.0.0.1", port: 5)))
    }

    @Test func aUserNameCannotForgeAnAddress() {
        let line = "Failed password for invalid user x from 192.168.122.1 port 1 from 10.0.0.9 port 4022 ssh2"
        guard case .failed(_, let user, let client)? = SSHMessage(line) else {
            Issue.record("not read")
            return
        }
        #expect(client.address == "10.0.0.9")
        #expect(user.hasPrefix("invalid user"))
    }
}
