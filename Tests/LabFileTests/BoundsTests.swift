import Foundation
import LabFile
import Testing

@Suite struct BoundsTests {
    @Test(.timeLimit(.minutes(1))) func anAliasBombIsRefused() throws {
        var yaml = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
        for level in 1...40 {
            yaml += "a\(level): &a\(level) [\(Array(repeating: "*a\(level - 1)", count: 9).joined(separator: ", "))]\n"
        }
        for ending in ["", "? *a40\n: x\n", "? [*a40]\n: x\n"] {
            let messages = try Fixture.messages(yaml + ending)
            #expect(messages.contains { $0.contains("aliases (*) are not allowed") })
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: ["[", "{a: ", "- ", "? "]) func deepNestingIsRefused(_ opening: String)
        throws
    {
        #expect(try !Fixture.messages(String(repeating: opening, count: 200_000)).isEmpty)
        let some = try Fixture.messages("x: " + String(repeating: "[", count: 60) + String(repeating: "]", count: 60))
        #expect(some.contains { $0.contains("levels deep") })
    }

    @Test func aLargeFileIsRefused() throws {
        #expect(
            try Fixture.messages("# " + String(repeating: "x", count: 1 << 20)) == [
                "the file is larger than 1 MiB; make it smaller"
            ])
    }

    @Test func onlyAMissingFileThrows() {
        #expect(throws: LabFileError.self) { try Fixture.loader.load("/nonexistent") }
    }

    @Test func aFileCannotSteerTheTerminal() {
        let diagnostic = Diagnostic(
            .error, file: "lab.yaml", line: 3, column: 2, message: "bad \u{1B}[2J", source: "a\u{1B}]0;x\u{7}")
        #expect(!diagnostic.rendered().contains("\u{1B}"))
        #expect(diagnostic.rendered(colour: true).contains("\u{1B}[1;31merror:"))
    }

    @Test func theCaretStandsUnderWideText() {
        let diagnostic = Diagnostic(
            .warning, file: "lab.yaml", line: 12, column: 4, length: 2, message: "m", source: "한글 가나")
        #expect(diagnostic.rendered() == "lab.yaml:12:4: warning: m\n   12 | 한글 가나\n      |      ^~~~")
    }
}
