import ArgumentParser
import Foundation
import LabFile
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
        var (list, accelerator) = try await (examine(context), accelerator(context))
        if fix {
            for requirement in list {
                if case .command(let command)? = requirement.remedy { try mend(requirement.name, by: command) }
            }
            if accelerator.state == .slow, let command = accelerator.remedy {
                try mend(accelerator.name, by: command)
            }
            (list, accelerator) = try await (examine(context), self.accelerator(context))
        }
        let rows = list.map(row) + [accelerator]
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
        let labs = context.catalogue.entries().compactMap { try? context.load($0.directory) }
        return try await Requirements.examine(labs: labs, paths: context.paths)
    }

    private func mend(_ name: String, by command: String) throws {
        Output.error("\(name): \(command)")
        guard Shell.run(command) == 0 else {
            throw LabError(.host, "\(name) could not be mended", advice: "Try by hand: \(command)")
        }
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
            if let closed = AcceleratorProbe.closedToUser() {
                return Row(
                    found: closed.reason.en + "; machines are emulated", name: "KVM", remedy: closed.remedy,
                    state: .slow)
            }
            return Row(
                found: "is found out by booting an image's kernel", name: "KVM", remedy: "lab image build",
                state: .unknown)
        }
        let outcome = try await AcceleratorProbe(paths: context.paths).outcome(kernel: image.kernel, afresh: true)
        guard !outcome.kvmWorks else { return Row(found: "runs a stock kernel", name: "KVM", state: .good) }
        return Row(
            found: outcome.reason.en + "; machines are emulated", name: "KVM", remedy: outcome.remedy, state: .slow)
    }
}

/// A command for the user's shell, on this process's own terminal; what it prints goes to standard error.
private enum Shell {
    /// Runs it to its end and gives its status.
    static func run(_ command: String) -> Int32 {
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        // A host of root's own may have no sudo.
        let sudo = getuid() == 0 ? #"sudo() { "$@"; }; "# : ""
        process.arguments = ["-c", sudo + command]
        process.standardOutput = FileHandle.standardError
        guard (try? process.run()) != nil else { return 127 }
        process.waitUntilExit()
        return process.terminationStatus
    }
}
