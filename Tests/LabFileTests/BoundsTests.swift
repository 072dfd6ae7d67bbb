import Foundation
import LabFile
import Testing

@Suite struct BoundsTests {
    @Test(.timeLimit(.minutes(10))) func anAliasBombIsRefused() throws {
        var yaml = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
        for level in 1...40 {
            yaml += "a\(level): &a\(level) [\(Array(repeating: "*a\(level - 1)", count: 9).joined(separator: ", "))]\n"
        }
        for ending in ["", "? *a40\n: x\n", "? [*a40]\n: x\n"] {
            let messages = try Fixture.messages(yaml + ending)
            #expect(messages.contains { $0.contains("aliases (*) are not allowed") })
        }
    }

    @Test(.timeLimit(.minutes(10)), arguments: ["[", "{a: ", "- ", "? "]) func deepNestingIsRefused(_ opening: String)
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

    @Test(.timeLimit(.minutes(10))) func aFileFullOfFaultsIsToldInPart() throws {
        let hints = Array(repeating: "[" + Array(repeating: "x", count: 900).joined(separator: ", ") + "]", count: 300)
        let messages = try Fixture.messages("lab: 1\nsteps:\n" + hints.map { "  - {hints: \($0)}\n" }.joined())
        #expect(messages.count == 201 && messages.contains { $0.contains("more than 200 problems") })
        let long = try Fixture.messages("steps: [" + String(repeating: "x, ", count: 300_000) + "x]")
        #expect(long.contains { $0.contains("more than 1000 entries") })
    }

    @Test(.timeLimit(.minutes(10))) func aGuideFullOfBracesOrHeadingsTakesNoLonger() throws {
        let yaml = try Data(contentsOf: GoldenTests.root.appending(path: "good/lab.yaml"))
        for guide in [
            String(repeating: "{{", count: 400_000) + "}}", String(repeating: "{{x}}", count: 200_000),
            "{{" + String(repeating: "x", count: 900_000) + "}}", String(repeating: "## a\n", count: 200_000),
        ] {
            let files = ["lab.yaml": yaml, "guide.ko.md": Data(guide.utf8), "guide.en.md": Data(guide.utf8)]
            try Fixture.directory(files) { directory in
                let said = try Fixture.loader.load(directory).diagnostics.map { $0.rendered() }
                let isShort = said.allSatisfy { $0.unicodeScalars.count < 2000 }
                #expect(!said.isEmpty && said.count < 500 && isShort)
            }
        }
    }

    @Test("Windows' line ends and a byte order mark change nothing", arguments: [false, true], [false, true])
    func lineEnds(_ isWindows: Bool, _ isMarked: Bool) throws {
        let end = isWindows ? "\r\n" : "\n", mark = isMarked ? "\u{FEFF}" : ""
        let root = GoldenTests.root.appending(path: "good")
        let expected = try #require(try Fixture.loader.load(root.path).lab)
        let files = try ["lab.yaml", "guide.ko.md", "guide.en.md"].map { name in
            let text = try String(contentsOf: root.appending(path: name), encoding: .utf8)
            return (name, Data((mark + text.replacing("\n", with: end)).utf8))
        }
        try Fixture.directory(Dictionary(files) { $1 }) { directory in
            let result = try Fixture.loader.load(directory)
            let lab = try #require(result.lab)
            #expect(lab.steps == expected.steps && lab.machines == expected.machines && lab.guides == expected.guides)
            let warning = try #require(result.diagnostics.first { $0.line != nil })
            #expect(warning.source == "  - id: second")
        }
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
