import Foundation
import LabFile
import Testing

@testable import LabVerifier

/// The loader takes whatever bytes there are, says what is wrong with them, and neither crashes nor hangs.
///
/// It runs for a moment among the unit tests. `LAB_FUZZ_SECONDS=600 swift test --filter LoaderFuzz` runs it longer, with
/// another seed each time; `LAB_FUZZ_SEED` repeats one, and `LAB_FUZZ_INPUT` one input of it. An input that crashes or
/// hangs is left in the directory that was printed.
@Suite("The loader stands whatever is in a lab's files") struct LoaderFuzzTests {
    /// How long an input may take; most take milliseconds.
    static let limit = Duration.seconds(30)
    private static let environment = ProcessInfo.processInfo.environment

    @Test("Spoilt labs and guides are refused in words, or read") func spoilt() throws {
        let asked = Self.environment["LAB_FUZZ_SECONDS"].flatMap(Double.init)
        let seed =
            Self.environment["LAB_FUZZ_SEED"].flatMap(UInt64.init)
            ?? (asked == nil ? 20_260_101 : UInt64.random(in: 0..<1_000_000_000))
        let only = Self.environment["LAB_FUZZ_INPUT"].flatMap(UInt64.init)
        let directory = FileManager.default.temporaryDirectory.appending(path: "lab-fuzz-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        let tells = asked != nil || only != nil
        if tells { print("fuzz: seed \(seed), input in \(directory.path)") }
        var corpus = try Self.corpus("LabFileTests/Golden")
        let labs = corpus.count
        corpus += try Self.corpus("../labs")
        try #require(labs > 30 && corpus.count > labs)
        let pieces = corpus.flatMap { [$0.yaml] + $0.guides }
        let watchdog = Watchdog(limit: Self.limit)
        defer { watchdog.stop() }
        let end = ContinuousClock.now + .seconds(asked ?? 1.5)
        var (input, taken, slowest) = (only ?? 0, 0, (Duration.zero, UInt64(0)))
        repeat {
            var mutator = TextMutator(
                random: SeededGenerator(seed: seed &* 1_000_003 &+ input), corpus: pieces)
            let began = ContinuousClock.now
            try watchdog.watch("fuzz: LAB_FUZZ_SEED=\(seed) LAB_FUZZ_INPUT=\(input)") {
                // What is wrong already is refused early: half of the inputs begin as labs that are right.
                let origin = Bool.random(using: &mutator.random) ? corpus[labs...] : corpus[...]
                guard let (yaml, guides) = origin.randomElement(using: &mutator.random) else { return }
                // Now and then it is the guides that are spoilt.
                let spoilsGuides = Int.random(in: 0..<5, using: &mutator.random) == 0
                let lab = spoilsGuides ? yaml : mutator.mutated(yaml)
                try Data(lab).write(to: directory.appending(path: "lab.yaml"))
                for (language, guide) in zip(Language.allCases, guides) {
                    let text = spoilsGuides ? mutator.mutated(guide) : guide
                    try Data(text).write(to: directory.appending(path: "guide.\(language.rawValue).md"))
                }
                taken += try Self.load(directory.path, "seed \(seed), input \(input)") ? 1 : 0
            }
            let time = ContinuousClock.now - began
            if time > slowest.0 { slowest = (time, input) }
            input += 1
        } while only == nil && .now < end
        if tells {
            print(
                "fuzz: seed \(seed), \(input) inputs, \(taken) of them labs still; the slowest took \(slowest.0) (\(slowest.1))"
            )
        }
        // What fails is left to be looked at.
        try FileManager.default.removeItem(at: directory)
    }

    /// Loads a lab and uses what came of it as the commands do; true when it is a lab.
    private static func load(_ directory: String, _ name: String) throws -> Bool {
        let result = try LabLoader(specs: CheckKinds.specs, images: ["workstation", "server", "server-ssh"]).load(
            directory)
        let failed = result.diagnostics.contains { $0.severity == .error }
        #expect((result.lab == nil) == failed, "\(name)")
        #expect(result.diagnostics == result.diagnostics.sorted(), "\(name)")
        for diagnostic in result.diagnostics {
            let text = diagnostic.rendered()
            let isPlain = text.unicodeScalars.allSatisfy { $0.value == 10 || ($0.value >= 32 && $0.value != 127) }
            #expect(isPlain && text.unicodeScalars.count < 5000, "\(name): \(text)")
            #expect(diagnostic.line.map { $0 >= 1 } ?? true, "\(name): \(text)")
        }
        guard let lab = result.lab else { return false }
        let values = ParameterDrawing(secret: Data("secret".utf8)).values(for: lab, student: "kim")
        let variables = Variables(lab: lab, parameters: values)
        for guide in lab.guides.values { _ = variables.fill(guide.introduction) }
        let fill = Filling(values: variables.values)
        for step in lab.steps {
            _ = variables.fill(String(describing: step.setup + step.solution))
            for check in step.checks { _ = try? check.fields.mapValues { try fill($0) } }
        }
        return true
    }

    /// The labs in a folder beside the tests of this part.
    private static func corpus(_ folder: String) throws -> [(yaml: [UInt8], guides: [[UInt8]])] {
        let root = URL(fileURLWithPath: #filePath).appending(path: "../../../\(folder)").standardizedFileURL
        var corpus: [(yaml: [UInt8], guides: [[UInt8]])] = []
        for name in try FileManager.default.contentsOfDirectory(atPath: root.path).sorted() {
            func bytes(_ file: String) -> [UInt8]? {
                (try? Data(contentsOf: root.appending(path: "\(name)/\(file)"))).map { [UInt8]($0) }
            }
            guard let yaml = bytes("lab.yaml") else { continue }
            corpus.append((yaml, Language.allCases.map { bytes("guide.\($0.rawValue).md") ?? [] }))
        }
        return corpus
    }
}
