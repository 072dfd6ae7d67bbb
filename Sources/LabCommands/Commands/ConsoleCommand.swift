import ArgumentParser
import Foundation
import LabFile
import LabRuntime
import Libvirt

struct ConsoleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "console", abstract: "A machine's serial console; Ctrl-] leaves it.",
        discussion: "It works when the network or sshd is broken.\n\nExample:\n  lab console server01")

    @OptionGroup var session: SessionOptions

    @Argument(help: "The machine.")
    var machine: String

    func run() async throws {
        let context = try Context()
        let session = try await session.attach(in: context)
        try await ConsoleView(session: session, machine: try session.machine(machine).name).run()
    }
}

/// A serial console joined to this terminal.
struct ConsoleView {
    let session: LiveSession
    let machine: String

    /// Shows the console until Ctrl-] is typed or the machine ends.
    func run() async throws {
        let console: Console
        do {
            console = try await session.connection.console(session.domain(machine))
        } catch {
            throw LabError(
                .unreachable, "\(machine)'s console cannot be opened: \(error.message)",
                advice: "Only one console of a machine can be open at a time.")
        }
        Output.error("Connected to \(machine). Ctrl-] leaves; press Enter for a prompt.\r")
        let size = RawTerminal.size()
        let stty = "stty -F /dev/ttyS0 rows \(size.rows) cols \(size.columns)"
        _ = try? await session.agent(machine).run(["/bin/sh", "-c", stty], seconds: 5)
        let terminal = RawTerminal()
        defer { terminal.restore() }
        let showing = Task {
            for await bytes in console.output { Output.write(Data(bytes), to: STDOUT_FILENO) }
            return true
        }
        let typing = Task {
            for await bytes in RawTerminal.input() {
                let part = bytes.prefix { $0 != 0x1D }
                console.send(Array(part))
                if part.count < bytes.count { break }
            }
            console.close()
        }
        _ = await showing.value
        typing.cancel()
        terminal.restore()
        Output.error("\nLeft the console of \(machine).")
    }
}
