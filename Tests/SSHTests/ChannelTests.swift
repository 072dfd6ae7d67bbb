import Foundation
import Glibc
import Testing

@testable import SSH

/// A server and a session that is logged in to it.
struct Login {
    let server: Server
    let session: SSHSession

    init(extra: String = "") async throws {
        server = try await Server(extra: extra)
        session = try await SSHSession.connect(
            host: "127.0.0.1", port: server.port, hostKey: .expect(server.hostKeyLine))
        try #require(try await session.authenticate(user: server.user, privateKey: server.privateKey) == .accepted)
    }
}

@Suite(.timeLimit(.minutes(10)))
struct ChannelTests {
    @Test func inputAndStatus() async throws {
        let login = try await Login()
        let result = try await login.session.run("tr a-z A-Z; exit 7", input: Array("hello".utf8))
        #expect(result.status == 7)
        #expect(String(decoding: result.output, as: UTF8.self) == "HELLO")
        #expect(result.errors.isEmpty)
        #expect(!result.isTruncated)
    }

    @Test func errorsApart() async throws {
        let login = try await Login()
        let result = try await login.session.run("echo out; echo err >&2")
        #expect(String(decoding: result.output, as: UTF8.self) == "out\n")
        #expect(String(decoding: result.errors, as: UTF8.self) == "err\n")
    }

    @Test func signal() async throws {
        let login = try await Login()
        #expect(try await login.session.run("kill -TERM $$").exit == .signal("TERM"))
    }

    @Test func bigOutputIsIntact() async throws {
        let login = try await Login()
        let channel = try await login.session.exec("seq 1 2700000")
        var count = 0
        var lines = 0
        var number = 0
        var last = 0
        for try await piece in channel.output {
            count += piece.count
            for byte in piece {
                if byte == 10 {
                    lines += 1
                    if number != last + 1 { Issue.record("\(number) follows \(last)") }
                    last = number
                    number = 0
                } else {
                    number = number * 10 + Int(byte) - 48
                }
            }
        }
        #expect(count > 20_000_000)
        #expect(lines == 2_700_000)
        #expect(try await channel.waitForExit(timeout: .seconds(20)) == .status(0))
    }

    @Test func bigInputIsIntact() async throws {
        let login = try await Login()
        let input = [UInt8](repeating: 120, count: 5_000_000)
        let result = try await login.session.run("cat", input: input, limit: 6_000_000)
        #expect(result.output == input)
    }

    @Test func newKeysOnTheWayLoseNothing() async throws {
        let login = try await Login(extra: "RekeyLimit 300K")
        let input = [UInt8]((0..<5_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 7) })
        let result = try await login.session.run("cat", input: input, limit: 6_000_000, timeout: .seconds(300))
        #expect(result.output == input)
    }

    /// The server takes no more of it then, and never says so.
    @Test func inputThatNobodyReadsIsNoError() async throws {
        let login = try await Login()
        let input = [UInt8](repeating: 120, count: 5_000_000)
        let result = try await login.session.run("exec 0<&-; echo done", input: input, timeout: .seconds(60))
        #expect(result.status == 0)
        #expect(result.output == Array("done\n".utf8))
        #expect(try await login.session.run("echo on").output == Array("on\n".utf8))
    }

    /// Both have come when somebody reads.
    @Test func whatCameBeforeTheEndOfTheConnectionIsRead() async throws {
        let login = try await Login()
        let channel = try await login.session.exec("seq 1 100000; sleep 2; kill -9 $PPID")
        try await Task.sleep(for: .seconds(4))
        var seen: [UInt8] = []
        while seen.count < 588_895, let piece = try await channel.read(timeout: .seconds(20)) { seen += piece }
        #expect(seen.suffix(7) == Array("100000\n".utf8))
        let error = await #expect(throws: SSHError.self) { try await channel.read(timeout: .seconds(20)) }
        #expect(error?.code == .disconnected)
    }

    @Test func outputIsCapped() async throws {
        let login = try await Login()
        let result = try await login.session.run("seq 1 100000; echo err >&2", limit: 100)
        #expect(result.output.count == 100)
        #expect(result.isTruncated)
        #expect(result.status == 0)
    }

    @Test func endlessCommandTimesOut() async throws {
        let login = try await Login()
        for command in ["yes", "sleep 1000"] {
            let error = await #expect(throws: SSHError.self) {
                try await login.session.run(command, timeout: .seconds(1))
            }
            #expect(error?.code == .timedOut)
        }
        #expect(try await login.session.run("echo on").output == Array("on\n".utf8))
    }

    /// The server has to wait while nobody reads.
    @Test func unreadOutputIsHeldBack() async throws {
        let login = try await Login()
        let file = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: file) }
        let channel = try await login.session.exec("seq 1 2700000; echo done > \(file.path)")
        // Other traffic makes the session read all that it can.
        for _ in 0..<20 { _ = try await login.session.run("true") }
        #expect(!FileManager.default.fileExists(atPath: file.path))
        var count = 0
        for try await piece in channel.output { count += piece.count }
        #expect(count > 20_000_000)
        #expect(FileManager.default.fileExists(atPath: file.path))
    }

    @Test func severalAtOnce() async throws {
        let login = try await Login()
        let results = try await withThrowingTaskGroup(of: (Int, String).self) { group in
            for number in 0..<8 {
                group.addTask {
                    let result = try await login.session.run(
                        "cat; seq 1 20000 | tail -1", input: Array("\(number) ".utf8))
                    return (number, String(decoding: result.output, as: UTF8.self))
                }
            }
            return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
        for number in 0..<8 { #expect(results[number] == "\(number) 20000\n") }
    }

    @Test func environmentIsBestEffort() async throws {
        let login = try await Login()
        let channel = try await login.session.exec(
            "echo $LANG-$NOT_ACCEPTED", environment: ["LANG": "ko_KR.UTF-8", "NOT_ACCEPTED": "x"])
        #expect(try await channel.read() == Array("ko_KR.UTF-8-\n".utf8))
    }

    @Test func readTimesOutAndGoesOn() async throws {
        let login = try await Login()
        let channel = try await login.session.exec("cat")
        let error = await #expect(throws: SSHError.self) { try await channel.read(timeout: .milliseconds(200)) }
        #expect(error?.code == .timedOut)
        try await channel.write(Array("x".utf8))
        #expect(try await channel.read(timeout: .seconds(20)) == [120])
        try await channel.finishWriting()
        #expect(try await channel.read(timeout: .seconds(20)) == nil)
        #expect(try await channel.waitForExit(timeout: .seconds(20)) == .status(0))
        try await channel.close()
        let closed = await #expect(throws: SSHError.self) { try await channel.read() }
        #expect(closed?.code == .channelClosed)
    }

    /// Whatever is posted around the moment of closing is told of it.
    @Test(arguments: 0..<30) func closingRaces(delay: Int) async throws {
        let (mine, theirs) = try pair()
        let engine = Engine(descriptor: mine)
        let waiting = (0..<8).map { number in
            Task {
                try await engine.perform(.read(number, 0), "waiting", deadline: nil) { _ in Bool?.none }
            }
        }
        try await Task.sleep(for: .microseconds(delay * 10))
        await engine.close()
        for task in waiting {
            let error = await #expect(throws: SSHError.self) { try await task.value }
            #expect(error?.code == .closed)
        }
        // The socket is closed by now.
        var byte: UInt8 = 0
        _ = recv(theirs, &byte, 1, Int32(MSG_DONTWAIT))
        #expect(send(theirs, &byte, 1, Int32(MSG_NOSIGNAL)) == -1)
        close(theirs)
    }

    @Test func closingEndsWhatWaits() async throws {
        let login = try await Login()
        let channel = try await login.session.exec("sleep 1000")
        let reading = Task { try await channel.read() }
        await login.session.close()
        let error = await #expect(throws: SSHError.self) { try await reading.value }
        #expect(error?.code == .closed)
        let late = await #expect(throws: SSHError.self) { try await login.session.run("true") }
        #expect(late?.code == .closed)
    }
}
