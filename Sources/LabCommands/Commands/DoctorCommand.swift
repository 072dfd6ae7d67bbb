import ArgumentParser
import Foundation
import LabRuntime

struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "What this host can do, what is missing, and the command that mends it.")

    func run() async throws {
        let context = try Context()
        var rows: [[String]] = []
        var bad = 0
        for requirement in try await Requirements.examine(memory: 1300, disk: 2500, paths: context.paths) {
            if !requirement.isMet { bad += 1 }
            rows.append([
                requirement.isMet ? "good" : "missing", requirement.name, requirement.found, requirement.remedy ?? "",
            ])
        }
        if let image = try ImageStore(root: context.paths.images).list().first {
            let outcome = try await AcceleratorProbe(paths: context.paths).outcome(kernel: image.kernel)
            rows.append([
                outcome.kvmWorks ? "good" : "slow", "KVM",
                outcome.kvmWorks ? "runs a stock kernel" : outcome.reason + "; machines are emulated", "",
            ])
        } else {
            rows.append(["unknown", "KVM", "is found out by booting an image's kernel", "lab image build"])
        }
        Output.table(["", "WHAT", "FOUND", "MEND IT WITH"], rows)
        if bad > 0 { throw ExitStatus(value: ExitStatus.host) }
    }
}
