import Testing

@testable import SSH

@Suite(.timeLimit(.minutes(10)))
struct TerminalTests {
    /// Reads until the text has come, and gives all that came.
    private func read(_ channel: SSHChannel, until text: String) async throws -> String {
        var seen = ""
        while !seen.contains(text) {
            let piece = try #require(try await channel.read(timeout: .seconds(30)), "the shell ended: \(seen)")
            seen += String(decoding: piece, as: UTF8.self)
        }
        return seen
    }

    @Test func sizeAndResize() async throws {
        let login = try await Login()
        let channel = try await login.session.shell(terminal: PseudoTerminal(term: "dumb", columns: 91, rows: 33))
        try await channel.write(Array("stty size; echo $TERM\n".utf8))
        let first = try await read(channel, until: "dumb")
        #expect(first.contains("33 91"))
        try await channel.resize(columns: 120, rows: 50)
        try await channel.write(Array("stty size\n".utf8))
        _ = try await read(channel, until: "50 120")
        try await channel.write(Array("exit 3\n".utf8))
        while try await channel.read(timeout: .seconds(20)) != nil {}
        #expect(try await channel.waitForExit(timeout: .seconds(20)) == .status(3))
    }

    @Test func interrupt() async throws {
        let login = try await Login()
        let channel = try await login.session.exec(
            "trap 'echo caught; exit 5' INT; echo ready; while :; do sleep 0.1; done",
            terminal: PseudoTerminal(term: "dumb"))
        _ = try await read(channel, until: "ready")
        try await channel.write([3])
        _ = try await read(channel, until: "caught")
        while try await channel.read(timeout: .seconds(20)) != nil {}
        #expect(try await channel.waitForExit(timeout: .seconds(20)) == .status(5))
    }

    /// A lost connection is an error, and not the end of the shell.
    @Test func lostConnection() async throws {
        let login = try await Login()
        let channel = try await login.session.shell(terminal: PseudoTerminal(term: "dumb"))
        try await channel.write(Array("kill -9 $PPID\n".utf8))
        let error = await #expect(throws: SSHError.self) {
            while try await channel.read(timeout: .seconds(20)) != nil {}
        }
        #expect(error?.code == .disconnected)
    }

    /// Waiting for the end does not stand in the way of resizing.
    @Test func resizeWhileWaiting() async throws {
        let login = try await Login()
        let channel = try await login.session.exec("cat; stty size", terminal: PseudoTerminal(term: "dumb"))
        async let exit = channel.waitForExit(timeout: .seconds(30))
        try await channel.resize(columns: 70, rows: 20)
        try await channel.write([4])
        _ = try await read(channel, until: "20 70")
        while try await channel.read(timeout: .seconds(20)) != nil {}
        #expect(try await exit == .status(0))
    }
}
