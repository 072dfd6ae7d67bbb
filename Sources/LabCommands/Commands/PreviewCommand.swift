import ArgumentParser
import Foundation
import LabFile
import LabRuntime

struct PreviewCommand: AsyncParsableCommand, Multilingual {
    static let configuration = CommandConfiguration(
        commandName: "preview", abstract: "A lab's guide as a student sees it; on a terminal, again after each change.",
        discussion: """
            Nothing is started. What the files have wrong is shown in its place.

            Examples:
              lab preview 6
              lab preview labs/06-ssh firewall --lang en
            """)

    @Argument(help: "The lab: its number, its name, or a path to its directory.")
    var lab: String

    @Argument(help: "A step, by id or number, or \"intro\" (default: all).")
    var step: String?

    @Option(name: .customLong("lang"), help: "ko or en.")
    var language: Language?

    func run() async throws {
        let context = try Context(language: language)
        let directory = try context.directory(of: lab)
        guard isatty(STDOUT_FILENO) == 1 else { return try show(directory, in: context) }
        Interrupts.leaveQuietly()
        var shown: [Date?] = []
        while true {
            let written = Self.modified(directory)
            if written != shown {
                shown = written
                Output.write("\u{1B}[H\u{1B}[2J\u{1B}[3J", to: STDOUT_FILENO)
                do {
                    try show(directory, in: context)
                } catch let error as LabError {
                    Output.error(error.description(in: context.language))
                }
                Output.error(
                    context.language == .ko
                        ? "파일이 바뀌면 다시 보여요. Ctrl-C로 끝내요." : "Shown again after each change. Ctrl-C leaves.")
            }
            try await Task.sleep(for: .seconds(1))
        }
    }

    private func show(_ directory: String, in context: Context) throws {
        let lab = try context.load(directory)
        let page = GuidePage(
            lab: lab, language: context.language,
            variables: try context.variables(of: lab, student: context.student(nil)),
            markdown: Markdown(width: min(Output.width, 100), style: Output.style))
        if step == nil || step == "intro" { page.showIntroduction() }
        if step == "intro" { return }
        for step in try step.map({ [try lab.step(named: $0)] }) ?? lab.steps {
            if self.step == nil { Output.data("") }
            page.show(step)
        }
    }

    private static func modified(_ directory: String) -> [Date?] {
        ["lab.yaml", "guide.ko.md", "guide.en.md"].map { name in
            (try? FileManager.default.attributesOfItem(atPath: "\(directory)/\(name)"))?[.modificationDate] as? Date
        }
    }
}
