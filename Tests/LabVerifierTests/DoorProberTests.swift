import Glibc
import LabFile
import Testing

@testable import LabVerifier

/// The prober against a private sshd on loopback that is both the door and the server that is probed.
@Suite(.enabled(if: getuid() == 0, "a door lets root in, and a private sshd only the user that runs it"))
struct DoorProberTests {
    private func prober(_ server: Server, slowness: Int = 1) -> DoorProber {
        let door = Door(
            address: "127.0.0.1", port: server.port, hostKey: server.hostKeyLine, privateKey: server.privateKey)
        return DoorProber(doors: ["losttemple": door], slowness: slowness)
    }

    private func accepted(_ server: Server) -> Int {
        server.log.split(whereSeparator: \.isNewline).count { $0.contains("Accepted publickey") }
    }

    private func connections(_ server: Server) -> Int {
        server.log.split(whereSeparator: \.isNewline).count { $0.contains("Connection from") }
    }

    @Test("many questions of one run make one login at the door and one look at each server")
    func handshakesAreCounted() async throws {
        let server = try await Server(extra: "LogLevel VERBOSE")
        // An offer is good for so many seconds: however busy this host is, all who ask come within them.
        let prober = prober(server, slowness: 100)
        let before = connections(server)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<6 {
                group.addTask {
                    let said = try await prober.run(
                        on: "losttemple", as: "root", ["echo", "it's \(number)"], input: nil, seconds: 20)
                    #expect(said.output == "it's \(number)\n")
                }
                group.addTask {
                    let offer = try await prober.authenticationMethods(
                        from: "losttemple", to: "127.0.0.1", port: server.port, user: "root")
                    #expect(offer.methods == ["password", "publickey"])
                    #expect(offer.fingerprint == server.fingerprint)
                }
            }
            try await group.waitForAll()
        }
        #expect(accepted(server) == 1)
        #expect(connections(server) - before == 2, "one login at the door, one look at the server")
    }

    @Test("the next run looks at the servers again and keeps its login")
    func nextRun() async throws {
        let server = try await Server(extra: "LogLevel VERBOSE")
        let prober = prober(server)
        let before = connections(server)
        for _ in 0..<2 {
            await prober.begin()
            _ = try await prober.authenticationMethods(
                from: "losttemple", to: "127.0.0.1", port: server.port, user: "root")
        }
        #expect(accepted(server) == 1)
        #expect(connections(server) - before == 3)
    }

    /// Tries a prober whose login's sshd was stopped: silent from then on, as after `lab reset`. In the end there has been a
    /// second login.
    private func withSilentLogin(_ body: (Server, DoorProber) async throws -> Void) async throws {
        let server = try await Server()
        let prober = prober(server)
        let said = try await prober.run(
            on: "losttemple", as: "root", ["sh", "-c", "echo $PPID; cat /proc/$PPID/comm"], input: nil, seconds: 20)
        let words = said.output.split(separator: "\n")
        let pid = try #require(words.first.flatMap { pid_t($0) })
        try #require(words.last?.hasPrefix("sshd") == true)
        kill(pid, SIGSTOP)
        defer { kill(pid, SIGKILL) }
        try await body(server, prober)
        #expect(accepted(server) == 2)
    }

    @Test("a login that went silent is not kept for the next command")
    func silentLogin() async throws {
        try await withSilentLogin { _, prober in
            await #expect(throws: Unjudgeable.self) {
                try await prober.run(on: "losttemple", as: "root", ["true"], input: nil, seconds: 1)
            }
            let said = try await prober.run(on: "losttemple", as: "root", ["echo", "on"], input: nil, seconds: 20)
            #expect(said.output == "on\n")
        }
    }

    @Test("a login that went silent is not kept for the next probe")
    func silentProbe() async throws {
        try await withSilentLogin { server, prober in
            func isLetIn() async throws -> Bool {
                try await prober.keyAccepted(
                    from: "losttemple", to: "127.0.0.1", port: server.port, user: "root",
                    privateKey: server.strangerKey)
            }
            await #expect(throws: Unjudgeable.self) { try await isLetIn() }
            let isLetInNow = try await isLetIn()
            #expect(!isLetInNow)
        }
    }

    @Test("a probe leaves from a port below 1024")
    func sourcePort() async throws {
        let server = try await Server(extra: "LogLevel VERBOSE")
        let prober = prober(server)
        _ = try await prober.authenticationMethods(
            from: "losttemple", to: "127.0.0.1", port: server.port, user: "nobody")
        let line = try #require(server.log.split(whereSeparator: \.isNewline).last { $0.contains("Connection from") })
        let words = line.split(separator: " ")
        let index = try #require(words.firstIndex(of: "port"))
        #expect(try #require(Int(words[index + 1])) < 1024)
    }

    @Test("an open port, a closed one, and keys that are let in or not")
    func outcomes() async throws {
        let server = try await Server()
        let prober = prober(server)
        let open = try await prober.connect(
            from: "losttemple", to: "127.0.0.1", port: server.port, seconds: 5, greeting: true)
        guard case .open(let banner) = open else {
            Issue.record("\(open)")
            return
        }
        #expect(banner.hasPrefix("SSH-2.0-"))
        #expect(
            try await prober.connect(from: "losttemple", to: "127.0.0.1", port: 1, seconds: 5, greeting: true)
                == .refused)
        for (key, isLetIn) in [(server.privateKey, true), (server.strangerKey, false)] {
            let answer = try await prober.keyAccepted(
                from: "losttemple", to: "127.0.0.1", port: server.port, user: "root", privateKey: key)
            #expect(answer == isLetIn)
        }
    }

    @Test("a door with another host key is the harness's trouble, not the student's")
    func foreignDoor() async throws {
        let server = try await Server()
        let door = Door(
            address: "127.0.0.1", port: server.port, hostKey: server.strangerPublicKey, privateKey: server.privateKey)
        let prober = DoorProber(doors: ["losttemple": door], slowness: 1)
        await #expect(throws: Unjudgeable.self) {
            try await prober.run(on: "losttemple", as: "root", ["true"], input: nil, seconds: 20)
        }
        await #expect(throws: Unjudgeable.self) {
            try await prober.run(on: "server01", as: "root", ["true"], input: nil, seconds: 20)
        }
    }
}
