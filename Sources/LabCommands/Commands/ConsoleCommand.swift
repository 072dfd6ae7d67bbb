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

            With --rescue the machine is shut down and booted into a root shell with its disk mounted, as the rescue \
            console of a hosting provider does: no password is asked, and nothing of its own system runs. When you \
            leave, the machine boots its own system again; what you changed stays. A machine that was left there \
            otherwise (lab status says so) boots its own system by lab resume.

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
        let language = context.language
        let view = ConsoleView(session: session, machine: machine.name, language: language)
        guard rescue else {
            if try await session.isInRescue(machine.name) {
                let words = Localized(
                    ko: "\(machine.name)이(가) 구조 콘솔에 있어요. lab resume으로 원래 시스템을 부팅할 수 있어요.",
                    en: "\(machine.name) is in its rescue console; lab resume boots its own system.")
                Output.error(words[language])
            }
            return try await view.run()
        }
        try await change(machine, of: session, in: context) { try await $0.enter(machine) }
        let words = Localized(
            ko: """
                \(machine.name)이(가) root 셸로 부팅해요. #로 끝나는 프롬프트를 기다리세요. 디스크는 마운트되어 있고, 원래 시스템은 \
                돌지 않아요.
                Ctrl-]로 나오면 원래 시스템으로 다시 부팅해요.
                """,
            en: """
                \(machine.name) boots into a root shell; wait for a prompt that ends in #. Its disk is mounted, its own \
                system does not run.
                Ctrl-] leaves, and the machine boots its own system again.
                """)
        Output.error(words[language])
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
        let view = ProgressView(context.language)
        defer { view.end() }
        try await body(Rescue(session: session) { view.show($0) })
    }
}

/// A serial console joined to this terminal.
struct ConsoleView {
    let session: LiveSession
    let machine: String
    let language: Language

    /// Shows the console until Ctrl-] is typed or the machine ends.
    func run() async throws {
        let console: Console
        do {
            console = try await session.connection.console(session.domain(machine))
        } catch {
            throw LabError(
                .unreachable,
                Localized(
                    ko: "\(machine)의 콘솔을 열 수 없어요: \(error.message)",
                    en: "\(machine)'s console cannot be opened: \(error.message)"),
                advice: Localized(
                    ko: "기계마다 콘솔은 한 번에 하나만 열 수 있어요.",
                    en: "Only one console of a machine can be open at a time."))
        }
        let greeting = Localized(
            ko: "\(machine)의 콘솔이에요. Enter를 누르면 프롬프트가 나오고, Ctrl-]로 나와요.\r",
            en: "Connected to \(machine). Ctrl-] leaves; press Enter for a prompt.\r")
        Output.error(greeting[language])
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
        let farewell = Localized(
            ko: "\n\(machine)의 콘솔에서 나왔어요.", en: "\nLeft the console of \(machine).")
        Output.error(farewell[language])
    }
}
