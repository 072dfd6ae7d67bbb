import Foundation
import LabFile
import LabVerifier
import Testing

/// The pages of the reference say what the loader reads by.
///
/// `LAB_RECORD=1 swift test --filter ReferenceTests` writes them anew: read the difference before committing.
@Suite("The reference agrees with its source") struct ReferenceTests {
    static let pages: [(file: String, part: LabReference.Part)] = [("lab-format.md", .keys), ("checks.md", .checks)]

    @Test("A page's tables are those of the source", arguments: pages)
    func agrees(_ file: String, _ part: LabReference.Part) throws {
        let page = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "../../docs/\(file)")
            .standardizedFileURL
        let text = try String(contentsOf: page, encoding: .utf8)
        let made = try #require(
            LabReference(specs: CheckKinds.specs).page(text, with: part), "docs/\(file) lacks its markers")
        if ProcessInfo.processInfo.environment["LAB_RECORD"] != nil {
            try made.write(to: page, atomically: true, encoding: .utf8)
        } else {
            let same = made == text
            #expect(same, "docs/\(file) is old: LAB_RECORD=1 swift test --filter ReferenceTests writes it")
        }
    }

    @Test("A page keeps what is written by hand, and one without markers is refused") func splices() throws {
        let reference = LabReference(specs: [
            CheckSpec(
                "seen", mode: .once, basis: .outside, "It was seen.",
                fields: [
                    .init("on", .machine, required: true, "The machine."), .init("way", .oneOf(["a", "b"]), "x|y"),
                ])
        ])
        let page = """
            Before.
            <!-- generated: lab schema --markdown checks -->
            old
            <!-- end of what is generated -->
            After.

            """
        let made = try #require(reference.page(page, with: .checks))
        #expect(made.hasPrefix("Before.\n<!-- generated") && made.hasSuffix("generated -->\nAfter.\n"))
        #expect(!made.contains("old"))
        #expect(made.contains("| [`seen`](#seen) | once, outside | It was seen. |\n"))
        #expect(made.contains("| **`on`** | a machine | The machine. |\n| `way` | `a`, `b` | x\\|y |\n"))
        #expect(reference.page(made, with: .checks) == made)
        #expect(reference.page(page, with: .keys) == nil && reference.page("", with: .checks) == nil)
    }

    @Test("Every shape and every kind has its section, and every pattern its words") func isWhole() {
        let reference = LabReference(specs: CheckKinds.specs)
        let checks = reference.markdown(.checks), keys = reference.markdown(.keys)
        for spec in CheckKinds.specs {
            #expect(checks.contains("\n### \(spec.kind)\n"))
            for field in spec.fields { #expect(checks.contains("`\(field.name)`")) }
        }
        for title in ["The lab", "A machine", "A step", "A console action", "An excuse", "Beside the kind of a check"] {
            #expect(keys.contains("### \(title)\n"))
        }
        // A pattern without words would be shown as the expression itself.
        #expect(!keys.contains("text as `"))
    }
}
