import Foundation
import LabFile
import Testing

/// Each directory of Golden is a lab with something wrong; `expected.txt` is what its author is told.
///
/// `LAB_RECORD=1 swift test --filter GoldenTests` writes the expectations anew: read the difference before committing.
@Suite struct GoldenTests {
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "Golden")
    static let names =
        (try? FileManager.default.contentsOfDirectory(atPath: root.path))?
        .filter { !$0.hasPrefix(".") }.sorted() ?? []
    /// Those with nothing worse than a warning.
    static let sound = ["good", "doubts"]

    @Test func thereAreEnough() { #expect(Self.names.count - Self.sound.count >= 50) }

    @Test(arguments: names) func diagnostics(_ name: String) throws {
        let directory = Self.root.appending(path: name)
        let result = try Fixture.loader.load(directory.path)
        let text = result.diagnostics.map { $0.rendered() + "\n" }.joined()
            .replacing(Self.root.path + "/", with: "")
        let file = directory.appending(path: "expected.txt")
        if ProcessInfo.processInfo.environment["LAB_RECORD"] != nil {
            try text.write(to: file, atomically: true, encoding: .utf8)
        }
        #expect(text == (try String(contentsOf: file, encoding: .utf8)))
        #expect((result.lab == nil) == result.diagnostics.contains { $0.severity == .error })
        #expect((result.lab != nil) == Self.sound.contains(name))
        #expect(result.diagnostics == result.diagnostics.sorted())
    }
}
