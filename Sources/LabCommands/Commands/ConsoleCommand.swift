import ArgumentParser
import Foundation
import LabFile
import LabRuntime
import Libvirt

struct ConsoleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "console", abstract: "A machine's serial console; Ctrl-] leaves it.",
        discussion: """
            It works when the network or sshd is broken.

            With --rescue the machine is shut down and booted into a root shell with its disk mounted, as the rescue
            console of a hosting provider does: no password is asked, and nothing of its own system runs. When you leave,
            the machine boots its own system again; what you changed stays. A machine that was left there otherwise (lab
            status says so) boots its own system by lab resume.

            Examples:
              lab console server01
              lab console server01 --rescue
            """)

    @OptionGroup var session: SessionOptions

    @Argument(help: "The machine.")
    var machine: String

    @Flag(help: "Boot it into a root shell, and into its own system when you leave.")
    var rescue = false

    func run() async throws {
        let context = try Context()
        let record = try session.record(in: context)
        let session = try await LiveSession.attach(record, lab: context.lab(of: record), paths: context.paths)
        let machine = try session.machine(machine)
        let view = ConsoleView(session: session, machine: machine.name)
        guard rescue else {
            if try await session.isInRescue(machine.name) {
                Output.error("\(machine.name) is in its rescue console; lab resume boots its own system.")
            }
            return try await view.run()
        }
        try await change(machine, of: session, in: context) { try await $0.enter(machine) }
        Output.error(
            "\(machine.name) boots into a root shell; wait for a prompt that ends in #. Its disk is mounted, its own system "
                + "does not run.\nCtrl-] leaves, and the machine boots its own system again.")
        let shown: Result<Void, any Error>
        do {
            shown = .success(try await view.run())
        } catch {
            shown = .failure(error)
        }
        // In a task of its own: an interrupted command brings the machine's own system back, too.
        try await Task {
            try await change(machine, of: session, in: context) { try await $0.leave(machine) }
        }.value
        try shown.get()
    }

    /// A change between the machine's own system and its rescue console, during which nobody else disturbs the session.
    private func change(
        _ machine: MachineSpec, of session: LiveSession, in context: Context,
        _ body: (Rescue) async throws -> Void
    ) async throws {
        var record = session.record
        let lease = try await SessionLease.take(&record, for: "lab console \(machine.name) --rescue", in: context)
        defer { withExtendedLifetime(lease) {} }
        let view = ProgressView()
        defer { view.end() }
        try await body(Rescue(session: session) { view.show($0) })
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
        if try await !session.isInRescue(machine) {
            _ = try? await session.agent(machine).run(["/bin/sh", "-c", stty], seconds: 5)
        }
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
        _ = await withTaskCancellationHandler {
            await showing.value
        } onCancel: {
            console.close()
        }
        typing.cancel()
        terminal.restore()
        Output.error("\nLeft the console of \(machine).")
    }
}
