import ArgumentParser
import Foundation
import LabFile
import Testing

@testable import LabCommands

@Suite("What lab new begins")
struct NewLabTests {
    private static let project = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..")
        .standardizedFileURL

    @Test("A new lab has no mistake and nothing to doubt", arguments: [nil, "시계: jobs by the #clock"], [nil, 7])
    func isSound(_ title: String?, _ number: Int?) throws {
        let root = NSTemporaryDirectory() + "lab-new-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: root) }
        try FileManager.default.createDirectory(atPath: root + "/labs", withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(
            atPath: root + "/examples", withDestinationPath: Self.project.appending(path: "examples").path)
        let context = try Context(environment: ["LAB_ROOT": root, "LAB_HOME": root + "/home"])
        let (directory, taken) = try NewCommand.begin("cron", number: number, title: title, in: context)
        #expect(taken == number ?? 20)
        let images = try FileManager.default.contentsOfDirectory(atPath: Self.project.appending(path: "images").path)
        let said = try ValidateCommand.diagnostics(of: directory, images: Set(images)).map { $0.rendered() }
        #expect(said.isEmpty, "\(said)")
        let lab = try context.load(directory)
        #expect(lab.number == taken && lab.name == "cron" && lab.title == .same(title ?? "cron"))
        // Every place of the template is filled in.
        for file in ["lab.yaml", "guide.ko.md", "guide.en.md"] {
            let text = try String(contentsOfFile: "\(directory)/\(file)", encoding: .utf8)
            let isFilled = text.firstMatch(of: /@[A-Z]+@/) == nil
            #expect(isFilled, "\(file)")
        }
    }

    @Test("A title that could not stand in the file is refused", arguments: ["{{x}}", "a \"b\"", "a\nb", "a\\b"])
    func unfit(_ title: String) {
        #expect(throws: (any Error).self) { _ = try NewCommand.parse(["cron", "--title", title]) }
    }
}
