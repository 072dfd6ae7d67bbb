import ArgumentParser
import Foundation
import LabFile
import LabRuntime
import LabStore
import LabVerifier
import SSH

struct ShellCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "shell", abstract: "A terminal on a machine (default: the workstation).",
        discussion:
            "A machine without a door of the lab's own gives its console.\n\nExamples:\n  lab shell\n  lab shell server01"
    )

    @OptionGroup var session: SessionOptions

    @Argument(help: "The machine.")
    var machine: String?

    @Option(help: "The login (default: the machine's own user).")
    var user: String?

    func run() async throws {
        let context = try Context()
        let record = try session.record(in: context)
        try RoomEntry.enter(record, context: context)
        let lab = try context.lab(of: record)
        let session = try await LiveSession.attach(record, lab: lab, paths: context.paths)
        let machine = try session.machine(machine ?? lab.machines.first?.name ?? "")
        guard let door = try Doors.door(of: machine, in: session) else {
            return try await ConsoleView(session: session, machine: machine.name, language: context.language).run()
        }
        let connection: SSHSession
        do {
            connection = try await door.session(as: user ?? machine.user, seconds: 60)
        } catch let error as SSHError {
            throw LabError(
                .unreachable,
                Localized(
                    ko: "\(machine.name)에 들어갈 수 없어요: \(error.message)",
                    en: "\(machine.name)'s door does not open: \(error.message)"),
                advice: Localized(
                    ko: "콘솔로 들어가는 길도 있어요: lab console \(machine.name)",
                    en: "The machine's console is another way in: lab console \(machine.name)"))
        }
        let status: Int
        do {
            status = try await TerminalSession(connection: connection, environment: context.environment).run()
        } catch let error as SSHError where [.disconnected, .protocolViolation].contains(error.code) {
            // The cursor stands where the shell left it.
            Output.error("")
            throw LabError(
                .unreachable,
                Localized(
                    ko: """
                        \(machine.name)에 이어진 연결이 끊어졌어요. 기계를 되돌렸거나 멈췄거나 다시 부팅했거나 껐거나, 그 \
                        네트워크가 끊겼어요.
                        """,
                    en: """
                        The connection to \(machine.name) was lost: the machine was put back, stopped, rebooted or \
                        switched off, or its network is down.
                        """),
                advice: Localized(
                    ko: "다시 들어가려면: lab shell \(machine.name)", en: "Open another: lab shell \(machine.name)"))
        }
        await connection.close()
        throw ExitStatus(value: Int32(status))
    }
}

/// A login shell on a remote terminal, joined to this one.
struct TerminalSession {
    let connection: SSHSession
    let environment: [String: String]

    /// Runs the shell to its end and gives its exit status; the terminal is given back however it ends.
    func run() async throws -> Int {
        let size = RawTerminal.size()
        let variables = environment.filter { $0.key == "LANG" || $0.key.hasPrefix("LC_") }
        let channel = try await connection.shell(
            terminal: PseudoTerminal(
                term: environment["TERM"] ?? "xterm-256color", columns: size.columns, rows: size.rows),
            environment: variables)
        let terminal = RawTerminal()
        defer { terminal.restore() }
        let resizes = RawTerminal.resizes()
        let input = RawTerminal.input()
        let resizing = Task {
            for await size in resizes { try? await channel.resize(columns: size.columns, rows: size.rows) }
        }
        let typing = Task {
            for await bytes in input { try await channel.write(bytes) }
            try? await channel.finishWriting()
        }
        defer {
            resizing.cancel()
            typing.cancel()
        }
        while let bytes = try await channel.read() { Output.write(Data(bytes), to: STDOUT_FILENO) }
        guard case .status(let status) = try await channel.waitForExit() else { return 255 }
        return status
    }
}
