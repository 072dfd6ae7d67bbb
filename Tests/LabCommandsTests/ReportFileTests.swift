import Foundation
import LabRuntime
import Testing

@testable import LabCommands

@Suite("Files of reports")
struct ReportFileTests {
    @Test("An earlier report is not taken for one that was not written")
    func begun() throws {
        let directory = NSTemporaryDirectory() + "lab-report-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let (junit, page) = (directory + "/report.xml", directory + "/page.html")
        #expect(throws: LabError.self) { try ReportFile(junit: junit, of: "lab grade") }
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        for path in [junit, page] { try "earlier".write(toFile: path, atomically: true, encoding: .utf8) }
        let file = try #require(try ReportFile(junit: junit, of: "lab grade"))
        let text = try String(contentsOfFile: junit, encoding: .utf8)
        #expect(text.contains("<error message=\"lab grade did not come to its end\"") && !text.contains("earlier"))
        _ = try ReportFile(page: page)
        #expect(!FileManager.default.fileExists(atPath: page))
        try file.write("done")
        #expect(try String(contentsOfFile: junit, encoding: .utf8) == "done")
        #expect(try ReportFile(junit: nil, of: "lab grade") == nil)
        #expect(try ReportFile(page: nil) == nil)
    }
}
