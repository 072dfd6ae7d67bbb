public import ArgumentParser
import Foundation
import LabFile
import LabRuntime
import LabStore

/// The `lab` command: its subcommands, and the one place where errors become exit statuses.
public struct LabCommand: AsyncParsableCommand {
    /// The name, the help and the list of subcommands.
    public static let configuration = CommandConfiguration(
        commandName: "lab",
        abstract: "Virtual labs: small machines to learn on, with checks that prove each step.",
        discussion: """
            Begin with:
              lab list          what there is
              lab start 1       the five-minute tutorial
              lab start 6       manage remote systems with SSH
            """,
        version: "0.1.0",
        groupedSubcommands: [
            CommandGroup(name: "Labs:", subcommands: [ListCommand.self, ShowCommand.self]),
            CommandGroup(
                name: "Sessions:",
                subcommands: [
                    StartCommand.self, StatusCommand.self, URICommand.self, StopCommand.self, ResumeCommand.self,
                    FinishCommand.self,
                ]),
            CommandGroup(
                name: "Working:",
                subcommands: [
                    GuideCommand.self, ShellCommand.self, ConsoleCommand.self, ExecCommand.self, CheckCommand.self,
                    HintCommand.self, AnswerCommand.self, SolveCommand.self, ResetCommand.self,
                    GradeCommand.self,
                ]),
            CommandGroup(
                name: "Authors and hosts:",
                subcommands: [
                    NewCommand.self, ValidateCommand.self, PreviewCommand.self, TryCommand.self, TestCommand.self,
                    SchemaCommand.self,
                    TestRoomCommand.self, ImageCommand.self,
                    DoctorCommand.self,
                ]),
        ])

    /// Makes the command.
    public init() {}

    /// Parses the command line, runs the command, and ends the process with the status that fits.
    public static func runAndExit() async -> Never {
        Interrupts.outliveReaders()
        let task = Task {
            var language = Language(of: ProcessInfo.processInfo.environment)
            do {
                var command = try parseAsRoot()
                if let named = (command as? any Multilingual)?.language { language = named }
                if var command = command as? any AsyncParsableCommand {
                    try await command.run()
                } else {
                    try command.run()
                }
                return ExitStatus.success
            } catch {
                return report(error, in: language)
            }
        }
        let interrupts = Interrupts { task.cancel() }
        let status = await task.value
        interrupts.stop()
        if let loss = Output.loss { Output.error("standard output could not be written: \(loss)") }
        Foundation.exit(
            interrupts.happened
                ? ExitStatus.interrupted
                : Interrupts.isUnread
                    ? ExitStatus.unread
                    : Output.loss != nil && status == ExitStatus.success ? ExitStatus.failed : status)
    }

    /// Says what an error is, after `prefix`, and gives the status that fits.
    static func report(_ error: any Error, in language: Language, prefix: String = "") -> Int32 {
        switch error {
        case let error as LabError:
            Output.error(prefix + error.description(in: language))
            return ExitStatus.of(error.code)
        case let full as DiskIsFull:
            return report(
                LabError(
                    .host,
                    Localized(
                        ko: "디스크가 가득 차서 기록을 읽거나 쓸 수 없어요: \(full.home)",
                        en: "the disk is full: the records in \(full.home) cannot be read or written"),
                    advice: Localized(
                        ko: "공간을 조금 비운 다음에 명령을 한 번 더 해 보세요. 지금 남은 공간을 보려면: df -h \(full.home)",
                        en: "Make some room, then give the command again. How much there is: df -h \(full.home)")),
                in: language, prefix: prefix)
        case let status as ExitStatus:
            return status.value
        case is CancellationError:
            return ExitStatus.interrupted
        default:
            let text = fullMessage(for: error)
            let code = exitCode(for: error)
            if code == .success {
                Output.data(text)
            } else {
                Output.error(prefix + (text.isEmpty ? String(describing: error) : text))
            }
            return code.rawValue
        }
    }
}
