import Crypto
import Foundation
public import LabFile

/// What the result of a trial depends on: as long as it is the same, the result counts.
///
/// Titles, hints and guides are no part of it, nor is what stands after the trial's step.
public struct TrialKey: Sendable, Hashable {
    /// The key in 32 hexadecimal digits.
    public let digest: String

    /// What all trials of a proof have in common.
    public struct Ground: Sendable {
        let text: String

        /// Describes the ground: the program, what the machines start from, and the values of the parameters.
        public init(tool: String, machines: [String], lab: Lab, values: [String: String]) {
            let drawn = values.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
            text =
                ([tool] + machines.sorted() + [lab.name, String(lab.uplink), String(reflecting: lab.machines)] + drawn)
                .joined(separator: "\0")
        }
    }

    /// The key of the `run`th run (from 1) of a trial of a plan.
    public init(_ trial: Trial, of plan: TrialPlan, run: Int, on ground: Ground) {
        let steps = plan.lab.steps
        let index = steps.firstIndex { $0.id == trial.step } ?? 0
        var parts = [ground.text, trial.kind.rawValue, String(reflecting: trial.actions), "\(trial.target ?? -1)"]
        parts.append(String(run))
        switch trial.kind {
        case .fresh: break
        case .end:
            let last = plan.steps.last.flatMap { last in steps.firstIndex { $0.id == last.id } } ?? index
            parts += steps[...last].map(\.outcome) + plan.steps.map(\.id)
        default: parts += steps[..<index].map(\.outcome)
        }
        parts.append(steps[index].judgement)
        let digest = SHA256.hash(data: Data(parts.joined(separator: "\u{1}").utf8))
        self.digest = digest.prefix(16).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }
}
