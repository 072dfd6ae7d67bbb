import ArgumentParser
import Foundation
import LabRuntime

struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "What this host can do, what is missing, and the command that mends it.",
        discussion: """
            Whether KVM works is found by booting an image's kernel under it; a device that opens proves nothing.

            Examples:
              lab doctor
              lab doctor --fix
            """)

    @Flag(help: "Run the commands that mend what is missing.")
    var fix = false

    @Flag(help: "As JSON.")
    var json = false

    private struct Row: Encodable {
        var found: String
        var name: String
        var remedy: String?
        var state: State

        enum State: String, Encodable { case good, slow, fixable, missing, unknown }
    }

    func run() async throws {
        let context = try Context()
        var list = try await examine(context)
        if fix {
            for requirement in list {
                guard case .command(let command)? = requirement.remedy else { continue }
                Output.error("\(requirement.name): \(command)")
                guard Shell.run(command) == 0 else {
                    throw LabError(.host, "\(requirement.name) could not be mended", advice: "Try by hand: \(command)")
                }
            }
            list = try await examine(context)
        }
        let rows = try await list.map(row) + [accelerator(context)]
        if json {
            try JSONOutput.write(rows)
        } else {
            Output.table(
                ["", "WHAT", "FOUND", "MEND IT WITH"],
                rows.map { [$0.state.rawValue, $0.name, $0.found, $0.remedy ?? ""] })
        }
        if list.contains(where: { !$0.isMet }) { throw ExitStatus(value: ExitStatus.host) }
    }

    private func examine(_ context: Context) async throws -> [Requirement] {
        try await Requirements.examine(memory: 1300, disk: 2500, paths: context.paths)
    }

    private func row(_ requirement: Requirement) -> Row {
        let state: Row.State =
            switch requirement.remedy {
            case _ where requirement.isMet: .good
            case .command?: .fixable
            case .advice?, nil: .missing
            }
        return Row(
            found: requirement.found, name: requirement.name, remedy: requirement.remedy.map { "\($0)" }, state: state)
    }

    private func accelerator(_ context: Context) async throws -> Row {
        guard let image = try ImageStore(root: context.paths.images).list().first else {
            return Row(
                found: "is found out by booting an image's kernel", name: "KVM", remedy: "lab image build",
                state: .unknown)
        }
        let outcome = try await AcceleratorProbe(paths: context.paths).outcome(kernel: image.kernel)
        guard !outcome.kvmWorks else { return Row(found: "runs a stock kernel", name: "KVM", state: .good) }
        return Row(found: outcome.reason + "; machines are emulated", name: "KVM", state: .slow)
    }
}

/// A command for the user's shell, on this process's own terminal.
private enum Shell {
    /// Runs it to its end and gives its status.
    static func run(_ command: String) -> Int32 {
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = ["-c", command]
        guard (try? process.run()) != nil else { return 127 }
        process.waitUntilExit()
        return process.terminationStatus
    }
}
