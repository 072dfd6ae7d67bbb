import Testing

@testable import SSH

@Suite(.timeLimit(.minutes(10)))
struct AuthenticationTests {
    private func connect(_ server: Server) async throws -> SSHSession {
        try await SSHSession.connect(host: "127.0.0.1", port: server.port, hostKey: .expect(server.hostKeyLine))
    }

    @Test func methods() async throws {
        let server = try await Server()
        let session = try await connect(server)
        #expect(try await session.authenticationMethods(user: server.user) == .offered(["publickey", "password"]))
    }

    @Test func publicKey() async throws {
        let server = try await Server()
        let session = try await connect(server)
        #expect(try await session.authenticate(user: server.user, privateKey: server.strangerKey) == .refused)
        #expect(try await session.authenticate(user: server.user, privateKey: server.privateKey) == .accepted)
    }

    @Test func publicKeyAlone() async throws {
        let server = try await Server()
        let session = try await connect(server)
        #expect(try await session.wouldAccept(user: server.user, publicKey: server.strangerPublicKey) == false)
        #expect(try await session.wouldAccept(user: server.user, publicKey: server.publicKey))
        #expect(!server.log.contains("Accepted"))
        // Having shown a key leaves the session fit for the real login.
        #expect(try await session.authenticate(user: server.user, privateKey: server.privateKey) == .accepted)
    }

    @Test func unreadableKey() async throws {
        let server = try await Server()
        let session = try await connect(server)
        let error = await #expect(throws: SSHError.self) {
            try await session.authenticate(user: server.user, privateKey: "no key")
        }
        #expect(error?.code == .invalidKey)
        #expect(try await session.authenticate(user: server.user, privateKey: server.privateKey) == .accepted)
    }

    @Test func passwordIsRefused() async throws {
        let server = try await Server()
        let session = try await connect(server)
        #expect(try await session.authenticate(user: server.user, password: "no such password") == .refused)
        #expect(
            try await session.authenticate(user: server.user, interactivePassword: "no such password") == .refused)
    }

    @Test func tooManyTriesEndTheConnection() async throws {
        let server = try await Server(extra: "MaxAuthTries 2")
        let session = try await connect(server)
        let error = await #expect(throws: SSHError.self) {
            for _ in 0..<5 {
                _ = try await session.authenticate(user: server.user, privateKey: server.strangerKey)
            }
        }
        #expect(error?.code == .disconnected)
    }
}
