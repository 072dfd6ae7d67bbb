import Foundation
import LabFile
import Testing

@Suite("A new lab is a good beginning")
struct TemplateTests {
    @Test("The template of lab new has every part that it is meant to teach, and every place that is filled in")
    func template() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "../../examples/new-lab")
        let yaml = try String(contentsOf: root.appending(path: "lab.yaml"), encoding: .utf8)
        for place in ["@NUMBER@", "@NAME@", "@TITLE@", "parameters:", "questions:", "hints:", "mutants:", "checks:"] {
            #expect(yaml.contains(place), "\(place) is not there")
        }
        for language in ["ko", "en"] {
            let guide = try String(contentsOf: root.appending(path: "guide.\(language).md"), encoding: .utf8)
            #expect(guide.hasPrefix("# @TITLE@"))
        }
    }
}
