import ArgumentParser
import Foundation
import LabFile
import LabGrade
import LabRuntime
import LabStore
import LabVerifier

struct GradeCommand: AsyncParsableCommand, Multilingual {
    static let configuration = CommandConfiguration(
        commandName: "grade", abstract: "Score the live session, disturbing checks included.",
        discussion: """
            All of it is judged, with more patience for slow machines than lab check has. What could not be judged is \
            looked at once more.

            Exit status: 0 all done, 2 something is not, 3 something could not be judged.

            Examples:
              lab grade --student kim --junit kim.xml
              lab grade --lab 6 --json > report.json
            """)

    @OptionGroup var session: SessionOptions

    @Option(help: "Write a JUnit report to this file.")
    var junit: String?

    @Option(name: .customLong("lang"), help: "ko or en.")
    var language: Language?

    @Flag(help: "As JSON.")
    var json = false

    func run() async throws {
        let file = try ReportFile(junit: junit, of: "lab grade")
        let context = try Context(language: language)
        var record = try session.record(in: context)
        try RoomEntry.enter(record, context: context)
        let lab = try context.lab(of: record)
        let lease = try await SessionLease.take(&record, for: "lab grade", in: context)
        defer { withExtendedLifetime(lease) {} }
        Interrupts.leave(.kept)
        let session = try await LiveSession.attach(record, lab: lab, paths: context.paths)
        let began = ContinuousClock.now
        let verifier = try context.verifier(session)
        var report = try await verifier.check(disturbing: true, patience: .asSlow)
        // A look that broke off once is no verdict. What was judged stays: machines have been disturbed since.
        if report.exitStatus == ExitStatus.notJudged, !Task.isCancelled,
            let again = try? await verifier.check(disturbing: true, patience: .asSlow)
        {
            report.judge(again)
        }
        let language = context.language
        try file?.write(JUnitReport(report, language: language).xml)
        if json {
            Output.data(try report.json(language))
        } else {
            let view = CheckView(lab: lab, language: language, style: Output.style, width: min(Output.width, 110))
            Output.data(view.render(report, seconds: Double((ContinuousClock.now - began) / .milliseconds(1)) / 1000))
        }
        throw ExitStatus(value: report.exitStatus)
    }
}
