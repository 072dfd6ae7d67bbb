import ArgumentParser
import Foundation
import LabFile
import LabRuntime
import LabStore
import LabVerifier

struct CheckCommand: AsyncParsableCommand, Multilingual {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "What already holds on the live machines, what does not, and why.",
        discussion: """
            Checks that disturb the machines (a reboot, a tunnel that is cut) run only for steps that are named.
            Exit status: 0 all done, 2 something is not, 3 something could not be judged.

            Examples:
              lab check
              lab check install-server
              lab check 3 --json
              lab check --watch
            """)

    @OptionGroup var session: SessionOptions

    @Argument(help: "Steps, by id or number (default: all).")
    var steps: [String] = []

    @Option(name: .customLong("lang"), help: "ko or en.")
    var language: Language?

    @Flag(help: "As JSON.")
    var json = false

    @Flag(help: "Follow the steps whose turn has come, and show what changes, until all are done or Ctrl-C.")
    var watch = false

    func validate() throws {
        guard !watch || steps.isEmpty else {
            throw ValidationError("--watch follows the steps whose turn has come; name none.")
        }
    }

    func run() async throws {
        let context = try Context(language: language)
        var record = try session.record(in: context)
        try RoomEntry.enter(record, context: context)
        let lab = try context.lab(of: record)
        let named = try steps.map { try lab.step(named: $0).id }
        if watch {
            let language = context.language
            let following = Following(
                context: context, record: record, language: language, purpose: "lab check --watch")
            return try await following.run(lab, isQuiet: json) { try show($0, of: $1, in: language, since: $2) }
        }
        let lease = try await SessionLease.take(&record, for: "lab check", in: context)
        defer { withExtendedLifetime(lease) {} }
        Interrupts.leave(.kept)
        let session = try await LiveSession.attach(record, lab: lab, paths: context.paths)
        let began = ContinuousClock.now
        let report = try await context.verifier(session).check(
            named, disturbing: !named.isEmpty, patience: .awaited)
        try show(report, of: lab, in: context.language, since: began)
        throw ExitStatus(value: report.exitStatus)
    }

    private func show(
        _ report: CheckReport, of lab: Lab, in language: Language, since began: ContinuousClock.Instant
    ) throws {
        guard !json else { return Output.data(try report.json(language)) }
        let view = CheckView(lab: lab, language: language, style: Output.style, width: min(Output.width, 110))
        let seconds = Double((ContinuousClock.now - began) / .milliseconds(1)) / 1000
        Output.data(view.render(report, seconds: seconds))
    }
}
