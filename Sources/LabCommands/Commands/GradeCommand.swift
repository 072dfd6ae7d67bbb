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
        discussion: "Example:\n  lab grade --junit report.xml")

    @OptionGroup var session: SessionOptions

    @Option(help: "Write a JUnit report to this file.")
    var junit: String?

    @Option(name: .customLong("lang"), help: "ko or en.")
    var language: Language?

    @Flag(help: "As JSON.")
    var json = false

    func run() async throws {
        let context = try Context(language: language)
        var record = try session.record(in: context)
        try RoomEntry.enter(record, context: context)
        let lab = try context.lab(of: record)
        let lease = try await SessionLease.take(&record, for: "lab grade", in: context)
        defer { withExtendedLifetime(lease) {} }
        let session = try await LiveSession.attach(record, lab: lab, paths: context.paths)
        let began = ContinuousClock.now
        let report = try await context.verifier(session).check([], disturbing: true)
        let language = context.language
        if let junit {
            let xml = JUnitReport(report, language: language).xml
            try Data(xml.utf8).write(to: URL(filePath: junit), options: .atomic)
        }
        if json {
            Output.data(try report.json(language))
        } else {
            let view = CheckView(lab: lab, language: language, style: Output.style, width: min(Output.width, 110))
            Output.data(view.render(report, seconds: Double((ContinuousClock.now - began) / .milliseconds(1)) / 1000))
        }
        throw ExitStatus(value: report.exitStatus)
    }
}
