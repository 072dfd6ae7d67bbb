import Foundation
import Glibc
import Testing

@testable import SSH

@Suite(.timeLimit(.minutes(10)))
struct ConnectionTests {
    @Test func hostKeyMatches() async throws {
        let server = try await Server()
        for expected in [server.hostKeyLine, server.fingerprint, "127.0.0.1 " + server.hostKeyLine] {
            let session = try await SSHSession.connect(host: "127.0.0.1", port: server.port, hostKey: .expect(expected))
            #expect(session.hostKey.type == "ssh-ed25519")
            #expect(session.hostKey.fingerprint == server.fingerprint)
            #expect(session.hostKey.blob == HostKey.blob(inLine: server.hostKeyLine))
            #expect(session.banner.hasPrefix("SSH-2.0-OpenSSH"))
            await session.close()
        }
    }

    @Test func hostKeyMismatches() async throws {
        let server = try await Server()
        for expected in [server.publicKey, "SHA256:AAAA"] {
            let error = await #expect(throws: SSHError.self) {
                try await SSHSession.connect(host: "127.0.0.1", port: server.port, hostKey: .expect(expected))
            }
            #expect(error?.code == .hostKeyMismatch)
        }
        let error = await #expect(throws: SSHError.self) {
            try await SSHSession.connect(host: "127.0.0.1", port: server.port, hostKey: .expect("nonsense"))
        }
        #expect(error?.code == .invalidKey)
    }

    @Test func hostKeyIsReported() async throws {
        let server = try await Server()
        let session = try await SSHSession.connect(host: "127.0.0.1", port: server.port, hostKey: .report)
        #expect(session.hostKey.fingerprint == server.fingerprint)
    }

    @Test func noCommonAlgorithm() async throws {
        let server = try await Server(extra: "Ciphers chacha20-poly1305@openssh.com")
        let error = await #expect(throws: SSHError.self) {
            try await SSHSession.connect(host: "127.0.0.1", port: server.port, hostKey: .report)
        }
        #expect(error?.code == .noCommonAlgorithm)
        #expect(error?.number ?? 0 < 0)
    }

    @Test func unknownAlgorithm() async throws {
        let server = try await Server()
        let error = await #expect(throws: SSHError.self) {
            try await SSHSession.connect(
                host: "127.0.0.1", port: server.port, hostKey: .report, algorithms: SSHAlgorithms(cipher: ["rot13"]))
        }
        #expect(error?.code == .noCommonAlgorithm)
    }

    @Test func refusedPort() async throws {
        let port = try freePort()
        let error = await #expect(throws: SSHError.self) {
            try await SSHSession.connect(host: "127.0.0.1", port: port, hostKey: .report)
        }
        #expect(error?.code == .connectionRefused)
        #expect(error?.systemError == ECONNREFUSED)
    }

    /// The kernel is told to end a connection whose far end is silent, whether something was sent to it or not.
    @Test func silentFarEndIsToBeGivenUp() async throws {
        let listener = try SilentListener()
        let descriptor = try await TCPSocket.connect(host: "127.0.0.1", port: listener.port, timeout: .seconds(20))
        defer { close(descriptor) }
        func option(_ level: Int32, _ name: Int32) -> Int32 {
            var value: Int32 = 0
            var size = socklen_t(MemoryLayout<Int32>.size)
            return getsockopt(descriptor, level, name, &value, &size) == 0 ? value : -1
        }
        let tcp = Int32(IPPROTO_TCP)
        #expect(option(SOL_SOCKET, SO_KEEPALIVE) == 1)
        #expect(option(tcp, TCP_KEEPIDLE) == 30)
        #expect(option(tcp, TCP_KEEPINTVL) == 10)
        #expect(option(tcp, TCP_KEEPCNT) == 3)
        #expect(option(tcp, TCP_USER_TIMEOUT) == 60_000)
        #expect(option(tcp, TCP_NODELAY) == 1)
    }

    @Test func silentSocketTimesOut() async throws {
        let listener = try SilentListener()
        let error = await #expect(throws: SSHError.self) {
            try await SSHSession.connect(
                host: "127.0.0.1", port: listener.port, hostKey: .report, timeout: .milliseconds(500))
        }
        #expect(error?.code == .timedOut)
    }

    @Test func cancellationEndsTheWait() async throws {
        let listener = try SilentListener()
        let task = Task {
            try await SSHSession.connect(
                host: "127.0.0.1", port: listener.port, hostKey: .report, timeout: .seconds(100))
        }
        task.cancel()
        let error = await #expect(throws: SSHError.self) { try await task.value }
        #expect(error?.code == .cancelled)
    }

    /// A listener whose queue is full answers nobody.
    @Test func cancellationEndsTheConnecting() async throws {
        let listener = try SilentListener(backlog: 0)
        let waiting = Task {
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<4 {
                    group.addTask {
                        _ = try? await SSHSession.connect(
                            host: "127.0.0.1", port: listener.port, hostKey: .report, timeout: .seconds(100))
                    }
                }
            }
        }
        try await Task.sleep(for: .seconds(1))
        let began = ContinuousClock.now
        waiting.cancel()
        await waiting.value
        #expect(ContinuousClock.now - began < .seconds(50))
    }

    /// A peer that talks for ever without a word of the protocol is left at the deadline.
    @Test(arguments: ["noise without end\r\n", "SSH-2.0-x\r\n"]) func floodEndsAtTheDeadline(text: String) async throws
    {
        let (mine, theirs) = try pair()
        // Sending blocks, so it has a thread of its own; it ends when the session closes its socket.
        let bytes = Array(String(repeating: text, count: 500).utf8)
        Thread.detachNewThread {
            while send(theirs, bytes, bytes.count, Int32(MSG_NOSIGNAL)) > 0 {}
            close(theirs)
        }
        let error = await #expect(throws: SSHError.self) {
            try await SSHSession.connect(descriptor: mine, hostKey: .report, timeout: .seconds(1))
        }
        #expect(error != nil)
    }

    @Test func closedPeer() async throws {
        let (mine, theirs) = try pair()
        close(theirs)
        let error = await #expect(throws: SSHError.self) {
            try await SSHSession.connect(descriptor: mine, hostKey: .report, timeout: .seconds(300))
        }
        #expect(error?.code == .disconnected)
    }
}
