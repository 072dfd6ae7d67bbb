import ArgumentParser
import Foundation
import LabFile
import LabRuntime

struct ExecCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "exec", abstract: "Run a command on a machine, with its input, output and status.",
        discussion: """
            The command goes through the guest agent, so it works before sshd does and when the network is broken. \
            Its status is this command's status; 125 says that lab itself failed, 64 that the request is not right.

            Examples:
              lab exec server01 -- uptime
              lab exec server01 --user root -- cat /etc/shadow
              tar c . | lab exec losttemple -- tar x -C /tmp
            """)

    @OptionGroup var session: SessionOptions

    @Argument(help: "The machine.")
    var machine: String

    @Option(help: "The login it runs as (default: the machine's own user).")
    var user: String?

    @Argument(parsing: .postTerminator, help: "The command and its arguments, after --.")
    var command: [String] = []

    func validate() throws {
        guard !command.isEmpty else {
            throw ValidationError("Name a command after --, as in: lab exec \(machine) -- uptime")
        }
    }

    func run() async throws {
        let status: Int32
        do {
            status = Int32(try await execute())
        } catch {
            // What the command says comes on standard error, too.
            let language = Language(of: ProcessInfo.processInfo.environment)
            let own = LabCommand.report(error, in: language, prefix: "lab: ")
            throw ExitStatus(
                value: [ExitStatus.usage, ExitStatus.interrupted].contains(own) ? own : ExitStatus.execFailed)
        }
        throw ExitStatus(value: status)
    }

    private func execute() async throws -> Int {
        let session = try await session.attach(in: try Context())
        let spec = try session.machine(machine)
        let input = StandardInput()
        Interrupts.leave(.kept)
        return try await GuestStream(session.agent(machine)).run(
            .words(command), as: user ?? spec.user, input: { await input.next() },
            output: { descriptor, data in
                // What the command says on standard error is data, too; and it may never come to a pause.
                guard Output.write(data, to: Int32(descriptor)) else {
                    Interrupts.endUnread()
                    throw CancellationError()
                }
            })
    }
}

/// Standard input without blocking: what is there now, nothing, or its end.
actor StandardInput {
    private var isOpen = true

    /// The next bytes; empty when there are none now; nil at the end.
    func next() -> Data? {
        guard isOpen else { return nil }
        var poll = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
        guard Foundation.poll(&poll, 1, 0) > 0 else { return Data() }
        var buffer = [UInt8](repeating: 0, count: 48 * 1024)
        let count = read(STDIN_FILENO, &buffer, buffer.count)
        guard count > 0 else {
            isOpen = false
            return nil
        }
        return Data(buffer.prefix(count))
    }
}
