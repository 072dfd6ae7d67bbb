import Foundation
import Glibc
import Testing

@testable import SSH

@Suite(.timeLimit(.minutes(10)))
struct ForwardingTests {
    @Test func open() async throws {
        let login = try await Login()
        let channel = try await login.session.openTCP(host: "127.0.0.1", port: login.server.port)
        let banner = try #require(try await channel.read(timeout: .seconds(20)))
        #expect(String(decoding: banner, as: UTF8.self).hasPrefix("SSH-2.0-OpenSSH"))
        try await channel.write(Array("nonsense\r\n".utf8))
        while try await channel.read(timeout: .seconds(20)) != nil {}
    }

    @Test func refused() async throws {
        let login = try await Login()
        let port = try freePort()
        let error = await #expect(throws: SSHError.self) {
            try await login.session.openTCP(host: "127.0.0.1", port: port)
        }
        #expect(error?.code == .channelRefused)
        #expect(error?.message.isEmpty == false)
        #expect(try await login.session.run("echo on").output == Array("on\n".utf8))
    }

    /// Giving up an open leaves the session usable, and the late answer is nobody else's.
    @Test func givenUp() async throws {
        let login = try await Login()
        let listener = try SilentListener()
        for pause in 0..<10 {
            let task = Task { try await login.session.openTCP(host: "127.0.0.1", port: listener.port) }
            try await Task.sleep(for: .microseconds(pause * 100))
            task.cancel()
            _ = try? await task.value
        }
        let channel = try await login.session.openTCP(host: "127.0.0.1", port: login.server.port)
        let banner = try #require(try await channel.read(timeout: .seconds(20)))
        #expect(String(decoding: banner, as: UTF8.self).hasPrefix("SSH-2.0-OpenSSH"))
        #expect(try await login.session.run("echo on").output == Array("on\n".utf8))
    }

    /// A target that never answers is a time-out, after which the session goes on.
    @Test func silentTarget() async throws {
        let login = try await Login()
        let listener = try SilentListener(backlog: 0)
        // With its queue full the listener drops whoever comes.
        var fillers: [Int32] = []
        defer { for filler in fillers { close(filler) } }
        var isFull = false
        while !isFull, fillers.count < 16 {
            do {
                fillers.append(
                    try await TCPSocket.connect(host: "127.0.0.1", port: listener.port, timeout: .milliseconds(300)))
            } catch {
                isFull = error.code == .timedOut
            }
        }
        try #require(isFull)
        let error = await #expect(throws: SSHError.self) {
            try await login.session.openTCP(host: "127.0.0.1", port: listener.port, timeout: .milliseconds(300))
        }
        #expect(error?.code == .timedOut)
        #expect(try await login.session.run("echo on").output == Array("on\n".utf8))
    }

    @Test func sessionInsideAChannel() async throws {
        let outer = try await Login()
        let inner = try await Server()
        let session = try await outer.session.jump(
            host: "127.0.0.1", port: inner.port, hostKey: .expect(inner.hostKeyLine))
        #expect(session.hostKey.fingerprint == inner.fingerprint)
        #expect(try await session.authenticate(user: inner.user, privateKey: inner.privateKey) == .accepted)
        let result = try await session.run("seq 1 300000", limit: 4_000_000)
        #expect(result.output.count == 1_988_895)
        #expect(result.status == 0)
        await session.close()
        #expect(try await outer.session.run("echo on").output == Array("on\n".utf8))
    }

    /// The session under a bridge lives as long as the bridge, and ends with it.
    @Test func bridgeKeepsItsSession() async throws {
        let server = try await Server()
        weak var engine: Engine?
        let descriptor: Int32
        do {
            let session = try await SSHSession.connect(host: "127.0.0.1", port: server.port, hostKey: .report)
            _ = try await session.authenticate(user: server.user, privateKey: server.privateKey)
            engine = session.engine
            descriptor = try await session.exec("cat").bridge()
        }
        #expect(engine != nil)
        #expect(send(descriptor, "ping", 4, 0) == 4)
        var buffer = [UInt8](repeating: 0, count: 4)
        #expect(recv(descriptor, &buffer, 4, Int32(MSG_WAITALL)) == 4)
        #expect(buffer == Array("ping".utf8))
        // The end goes out, and the end comes back.
        shutdown(descriptor, Int32(SHUT_WR))
        #expect(recv(descriptor, &buffer, 4, 0) == 0)
        close(descriptor)
        let deadline = ContinuousClock.now + .seconds(20)
        while engine != nil, ContinuousClock.now < deadline { try await Task.sleep(for: .milliseconds(10)) }
        #expect(engine == nil)
    }

    /// What is sent to a command that has ended goes nowhere, and holds nothing up.
    @Test func bridgeEndsWithACommandThatDoesNotRead() async throws {
        let server = try await Server()
        weak var engine: Engine?
        let descriptor: Int32
        do {
            let session = try await SSHSession.connect(host: "127.0.0.1", port: server.port, hostKey: .report)
            _ = try await session.authenticate(user: server.user, privateKey: server.privateKey)
            engine = session.engine
            descriptor = try await session.exec("exec 0<&-; sleep 0.5; echo done").bridge()
        }
        Thread.detachNewThread {
            let piece = [UInt8](repeating: 120, count: 1 << 16)
            for _ in 0..<80 where send(descriptor, piece, piece.count, Int32(MSG_NOSIGNAL)) < 0 { break }
            shutdown(descriptor, Int32(SHUT_WR))
        }
        var buffer = [UInt8](repeating: 0, count: 5)
        #expect(recv(descriptor, &buffer, 5, Int32(MSG_WAITALL)) == 5)
        #expect(buffer == Array("done\n".utf8))
        #expect(recv(descriptor, &buffer, 5, 0) == 0)
        let deadline = ContinuousClock.now + .seconds(20)
        while engine != nil, ContinuousClock.now < deadline { try await Task.sleep(for: .milliseconds(10)) }
        #expect(engine == nil)
        close(descriptor)
    }

    @Test func bridgeEndsWithItsSession() async throws {
        let login = try await Login()
        let descriptor = try await login.session.exec("cat").bridge()
        await login.session.close()
        var byte: UInt8 = 0
        #expect(recv(descriptor, &byte, 1, 0) == 0)
        close(descriptor)
    }
}
