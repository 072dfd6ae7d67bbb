import Foundation
import LabFile
import LabRuntime
import LabStore
import LabVerifier

/// Shows the steps of a session whose turn has come whenever something about them changes, for a process that is inside
/// its room. Other commands may work on the session between two looks.
struct Following {
    let context: Context
    let record: SessionRecord
    let language: Language
    let purpose: String
    /// The one step that is shown, done or not, and whose lab is read again when its file was changed; nil shows the
    /// steps whose turn has come.
    var step: String?

    /// Follows until all steps are done; `show` shows a report of a lab that began to be made at a moment.
    func run(
        _ lab: Lab, isQuiet: Bool = false, show: (CheckReport, Lab, ContinuousClock.Instant) throws -> Void
    ) async throws {
        var lab = lab
        let file = record.directory + "/lab.yaml"
        var written = modified(file)
        var watch = SessionWatch(try await verifier(lab), only: step)
        Interrupts.leaveQuietly()
        while try !watch.isDone() {
            if step != nil, modified(file) != written {
                written = modified(file)
                do {
                    lab = try context.lab(of: record)
                    watch = SessionWatch(try await verifier(lab), only: step)
                    Output.error(language == .ko ? "실습 파일을 다시 읽었어요." : "The lab file was read again.")
                } catch let error as LabError where error.code == .labFile {
                    Output.error(error.description(in: language))
                }
            }
            let began = ContinuousClock.now
            var now = record
            let lease = try await SessionLease.take(&now, for: purpose, in: context, quietly: true)
            let report = try await watch.look()
            withExtendedLifetime(lease) {}
            try Task.checkCancellation()
            if let report {
                if Output.colour, !isQuiet { Output.write("\u{1B}[H\u{1B}[2J", to: STDOUT_FILENO) }
                try show(report, lab, began)
                if !isQuiet { Output.error(language == .ko ? "지켜보는 중이에요. Ctrl-C로 끝내요." : "Following. Ctrl-C leaves.") }
            }
            try await Task.sleep(for: .seconds(1))
        }
        Output.error(language == .ko ? "모든 단계를 마쳤어요." : "All steps are done.")
    }

    private func verifier(_ lab: Lab) async throws -> SessionVerifier {
        try context.verifier(try await LiveSession.attach(record, lab: lab, paths: context.paths))
    }

    private func modified(_ file: String) -> Date? {
        (try? FileManager.default.attributesOfItem(atPath: file))?[.modificationDate] as? Date
    }
}
