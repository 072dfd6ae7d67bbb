import Foundation
import Subprocess
import SystemPackage

/// Programs of the distribution, run to their end with bounded output.
enum Tool {
    /// What a program said.
    struct Outcome: Sendable {
        /// The exit status; 128 and the signal's number when a signal ended it.
        var status: Int
        /// Standard output.
        var output: String
        /// Standard error.
        var error: String
    }

    /// The search path: the user's own, and the directories that an ordinary user's lacks.
    static let path = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin") + ":/usr/sbin:/sbin"

    /// Where a program is found on ``path``, or nil.
    static func find(_ name: String) -> String? {
        path.split(separator: ":").map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 }
    }

    /// Runs a program with at most 1 MiB of output each way.
    static func run(
        _ name: String, _ arguments: [String], input: String = "", environment: [String: String] = [:]
    ) async throws -> Outcome {
        guard let program = find(name) else {
            throw LabError(.host, "\(name) is not installed", advice: "See: lab doctor")
        }
        var variables: [Environment.Key: String?] = ["PATH": path]
        for (key, value) in environment { variables[Environment.Key(stringLiteral: key)] = value }
        let result = try await Subprocess.run(
            .path(FilePath(program)), arguments: Arguments(arguments), environment: .inherit.updating(variables),
            input: .string(input), output: .string(limit: 1 << 20), error: .string(limit: 1 << 20))
        let status =
            switch result.terminationStatus {
            case .exited(let code): Int(code)
            case .signaled(let signal): 128 + Int(signal)
            }
        return Outcome(
            status: status, output: result.standardOutput, error: result.standardError)
    }

    /// Runs a program and throws, with what it said, when it fails.
    @discardableResult
    static func check(_ name: String, _ arguments: [String], input: String = "") async throws -> String {
        let outcome = try await run(name, arguments, input: input)
        guard outcome.status == 0 else {
            let said = outcome.error.isEmpty ? outcome.output : outcome.error
            throw LabError(.failed, "\(name) failed (status \(outcome.status)): \(said.suffix(2000))")
        }
        return outcome.output
    }
}
