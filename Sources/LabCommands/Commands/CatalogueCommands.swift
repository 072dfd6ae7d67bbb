import ArgumentParser
import Foundation
import LabAuthoring
import LabFile
import LabRuntime
import LabVerifier

struct ListCommand: AsyncParsableCommand, Multilingual {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "The labs there are.")

    @Option(name: .customLong("lang"), help: "ko or en.")
    var language: Language?

    @Flag(help: "As JSON.")
    var json = false

    private struct Row: Encodable {
        var lab: Int
        var machines: [String]
        var name: String
        var points: Int
        var steps: Int
        var title: [String: String]
    }

    func run() async throws {
        let context = try Context(language: language)
        let language = context.language
        let labs = context.catalogue.entries().compactMap { entry -> LabOutline? in
            do { return try context.outline(entry.directory) } catch {
                Output.error("\(entry.name) is left out, its file has errors: lab validate \(entry.directory)")
                return nil
            }
        }
        if json {
            let rows = labs.map { lab in
                Row(
                    lab: lab.number, machines: lab.machines.map(\.name), name: lab.name,
                    points: lab.points, steps: lab.steps,
                    title: ["ko": lab.title.ko, "en": lab.title.en])
            }
            return try JSONOutput.write(rows)
        }
        let rows = labs.map { lab in
            [
                String(lab.number), lab.name, lab.title[language], String(lab.steps), String(lab.machines.count),
                lab.minutes.map { language == .ko ? "\($0)분" : "\($0) min" } ?? "",
            ]
        }
        let header =
            language == .ko
            ? ["번호", "이름", "제목", "단계", "기계", "시간"] : ["LAB", "NAME", "TITLE", "STEPS", "MACHINES", "TIME"]
        Output.table(header, rows)
    }
}

struct ShowCommand: AsyncParsableCommand, Multilingual {
    static let configuration = CommandConfiguration(commandName: "show", abstract: "What a lab holds.")

    @Argument(help: "The lab: its number, its name, or a path to its directory.")
    var lab: String

    @Option(name: .customLong("lang"), help: "ko or en.")
    var language: Language?

    func run() async throws {
        let context = try Context(language: language)
        let lab = try context.lab(lab)
        let language = context.language
        let isKorean = language == .ko
        Output.data((isKorean ? "\(lab.number)번 실습" : "Lab \(lab.number)") + " · \(lab.title[language])\n")
        let machines = lab.machines.map { [$0.name, $0.address, $0.user, $0.image] }
        Output.table(
            isKorean ? ["기계", "주소", "사용자", "이미지"] : ["MACHINE", "ADDRESS", "USER", "IMAGE"], machines)
        Output.data("")
        let steps = lab.steps.enumerated().map {
            [String($0.offset + 1), $0.element.id, $0.element.title[language], String($0.element.points)]
        }
        Output.table(isKorean ? ["", "단계", "제목", "점수"] : ["", "STEP", "TITLE", "POINTS"], steps)
    }
}

struct ValidateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate", abstract: "Report every problem of lab files at once; nothing is started.",
        discussion: "Examples:\n  lab validate 6\n  lab validate labs/*/")

    @Argument(help: "Labs: their numbers, their names, or paths to their directories.")
    var labs: [String]

    func run() async throws {
        let context = try Context()
        let images = try? FileManager.default.contentsOfDirectory(atPath: context.paths.root + "/images")
        var errors = 0
        var warnings = 0
        for named in labs {
            let path = named.hasSuffix("/lab.yaml") ? String(named.dropLast("/lab.yaml".count)) : named
            let isPath = FileManager.default.fileExists(atPath: path + "/lab.yaml")
            let directory = isPath ? path : try context.directory(of: named)
            let diagnostics: [Diagnostic]
            do {
                diagnostics = try Self.diagnostics(of: directory, images: images.map { Set($0) })
            } catch {
                throw LabError(.usage, "\(named) cannot be read", advice: "Name the directory of a lab.", cause: error)
            }
            for diagnostic in diagnostics { Output.data(diagnostic.rendered(colour: Output.colour)) }
            errors += diagnostics.filter { $0.severity == .error }.count
            warnings += diagnostics.filter { $0.severity == .warning }.count
        }
        let doubts = warnings == 0 ? "" : " \(warnings) warning\(warnings == 1 ? "" : "s")."
        guard errors > 0 else { return Output.error("No errors.\(doubts)") }
        Output.error("\(errors) error\(errors == 1 ? "" : "s").\(doubts) Nothing was started.")
        throw ExitStatus(value: ExitStatus.labFile)
    }

    /// What is wrong with the lab in a directory, and what is doubtful; with no names of images, any will do.
    static func diagnostics(of directory: String, images: Set<String>?) throws -> [Diagnostic] {
        let result = try LabLoader(specs: CheckKinds.specs, images: images).load(directory)
        return result.diagnostics + (result.lab.map { excuses(in: $0, directory) } ?? [])
    }

    /// Excuses for mutants that `lab test` would not make.
    private static func excuses(in lab: Lab, _ directory: String) -> [Diagnostic] {
        TrialPlan.needless(in: lab, values: ProofRoom.values(of: lab)).map { step, excuse in
            Diagnostic(
                .warning, file: directory + "/lab.yaml",
                message: "step \"\(step)\" excuses the mutant \"\(excuse.mutant)\", which lab test does not make; "
                    + "see their names with: lab test \(lab.number) \(step) --list")
        }
    }
}
