import ArgumentParser
import Foundation
import LabFile
import LabRuntime

struct NewCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "new", abstract: "Begin a lab: a directory that validates and starts, to be changed.",
        discussion: """
            Its comments teach the format. What comes next: change it, lab validate, lab try, lab test.

            Examples:
              lab new cron
              lab new cron --number 20 --title "Jobs by the clock"
            """)

    @Argument(help: "The lab's short name: lower-case letters, digits and \"-\".")
    var name: String

    @Option(help: "Its number (default: the first one that is free, from 20).")
    var number: Int?

    @Option(help: "Its title, to be put into both languages later.")
    var title: String?

    func validate() throws {
        guard name.wholeMatch(of: /[a-z][a-z0-9-]{0,62}/) != nil else {
            throw ValidationError(
                "\"\(name)\" cannot be a lab's name: lower-case letters, digits and \"-\", beginning with a letter.")
        }
        if let number, !(1...999).contains(number) { throw ValidationError("A lab's number is from 1 to 999.") }
        if let title, title.contains("{{") || title.contains(where: { $0 == "\"" || $0 == "\\" || $0.isNewline }) {
            throw ValidationError("A title has no {{, quotes, backslashes and line breaks here; put them in later.")
        }
    }

    func run() async throws {
        let (directory, number) = try Self.begin(name, number: number, title: title, in: try Context())
        Output.data(directory)
        Output.error(
            """

            Next:  edit its three files, docs/authoring.md leads through it
                   lab validate \(directory)
                   lab preview \(number)        the guide as a student sees it
                   lab try \(number) STEP       a session at a step; its checks are followed while you write them
                   lab test \(number)           proves it: solutions work, wrong ways are rejected
            """)
    }

    /// Writes the files of a lab that is not there yet; returns its directory and its number.
    static func begin(_ name: String, number: Int?, title: String?, in context: Context) throws -> (String, Int) {
        let entries = context.catalogue.entries()
        if let other = entries.first(where: { $0.name == name || (number != nil && $0.number == number) }) {
            throw LabError(.usage, "there is such a lab already: \(other.directory)", advice: "See: lab list")
        }
        let taken = Set(entries.compactMap(\.number))
        guard let number = number ?? (20...999).first(where: { !taken.contains($0) }) else {
            throw LabError(.usage, "all numbers are taken")
        }
        let directory = context.paths.root + "/labs/" + String(format: "%02d-", number) + name
        let template = context.paths.root + "/examples/new-lab"
        guard !FileManager.default.fileExists(atPath: directory) else {
            throw LabError(.usage, "\(directory) is there already")
        }
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        for file in ["lab.yaml", "guide.ko.md", "guide.en.md"] {
            let text = try String(contentsOfFile: "\(template)/\(file)", encoding: .utf8)
                .replacing("@NUMBER@", with: String(number)).replacing("@NAME@", with: name)
                .replacing("@TITLE@", with: title ?? name)
            try text.write(toFile: "\(directory)/\(file)", atomically: true, encoding: .utf8)
        }
        return (directory, number)
    }
}
