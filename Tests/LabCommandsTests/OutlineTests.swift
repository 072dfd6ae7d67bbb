import Foundation
import LabFile
import LabRuntime
@testable import LabStore
import GRDB
import Testing

@testable import LabCommands

@Suite("Outlines of labs")
struct OutlineTests {
    @Test("An outline is kept while the lab's files are what they were, and no longer")
    func kept() throws {
        let root = NSTemporaryDirectory() + "lab-outline-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: root) }
        let directory = root + "/labs/01-small"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        func write(_ title: String) throws {
            let text = """
                lab: 1
                name: small
                title: {ko: \(title), en: \(title)}
                machines:
                  one: {image: server, address: 192.168.122.1, user: student}
                steps:
                  - {id: only, title: {ko: 하나, en: One}, points: 3, checks: [{file: {on: one, path: /x}}]}

                """
            try text.write(toFile: directory + "/lab.yaml", atomically: true, encoding: .utf8)
        }
        for language in ["ko", "en"] {
            try "# Small\n\n## only\n\nx\n".write(
                toFile: "\(directory)/guide.\(language).md", atomically: true, encoding: .utf8)
        }
        let context = try Context(environment: ["LAB_ROOT": root, "LAB_HOME": root + "/home"])
        try write("first")
        let first = try context.outline(directory)
        #expect(first.title.en == "first" && first.steps == 1 && first.points == 3 && first.machines.count == 1)
        #expect(try context.outline(directory) == first)
        // What is kept is what is given: a lab that is read anew would say otherwise.
        let stamp = try #require(
            try context.store.read { try String.fetchOne($0, sql: "SELECT stamp FROM outline") })
        var other = first
        other.steps = 99
        try context.store.keep(try JSONEncoder().encode(other), of: directory, stamp: stamp)
        #expect(try context.outline(directory).steps == 99)
        try write("second title")
        #expect(try context.outline(directory).title.en == "second title")
        try FileManager.default.removeItem(atPath: directory + "/guide.en.md")
        #expect(throws: LabError.self) { try context.outline(directory) }
    }
}
