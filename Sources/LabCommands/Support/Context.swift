public import ArgumentParser
import Foundation
public import LabFile
public import LabRuntime
import LabStore
import LabVerifier

/// What every command works with: paths, records, the catalogue.
struct Context: Sendable {
    /// Where things are.
    let paths: LabPaths
    /// The installation's records.
    let store: LabStore
    /// The environment.
    let environment: [String: String]
    /// The language of guides, verdicts and what else a student reads.
    let language: Language

    /// Reads the environment and opens the records; a language that `--lang` names comes before the environment's.
    init(language: Language? = nil, environment: [String: String] = ProcessInfo.processInfo.environment) throws {
        self.environment = environment
        self.language = language ?? Language(of: environment)
        paths = LabPaths(environment: environment, root: try Self.root(environment))
        try LabPaths.make(paths.home)
        store = try LabStore(home: paths.home)
    }

    /// The directory that holds `labs/` and `images/`: `LAB_ROOT`, else the one above the program, else here.
    static func root(_ environment: [String: String]) throws -> String {
        if let root = environment["LAB_ROOT"] { return root }
        var directory = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
        while directory.path != "/" {
            if FileManager.default.fileExists(atPath: directory.appending(path: "labs").path) { return directory.path }
            directory.deleteLastPathComponent()
        }
        let here = FileManager.default.currentDirectoryPath
        if FileManager.default.fileExists(atPath: here + "/labs") { return here }
        throw LabError(
            .usage, "the labs were not found", advice: "Set LAB_ROOT to the directory that holds labs/ and images/.")
    }

    /// Who works: `--student`, `LAB_STUDENT`, else the user's name.
    func student(_ named: String?) throws -> String {
        let name = named ?? environment["LAB_STUDENT"] ?? environment["USER"] ?? NSUserName()
        guard name.wholeMatch(of: /[A-Za-z0-9][A-Za-z0-9._@-]{0,63}/) != nil else {
            throw LabError(
                .usage,
                Localized(
                    ko: "\"\(name)\": 학생 이름으로 쓸 수 없어요", en: "\"\(name)\" cannot be a student's id"),
                advice: Localized(
                    ko: "영문자, 숫자와 . _ @ - 만 쓰고(64자까지), 영문자나 숫자로 시작하세요.",
                    en: "Use letters, digits and . _ @ - (at most 64), beginning with a letter or digit."))
        }
        return name
    }

    /// The labs of this installation.
    var catalogue: LabCatalogue { LabCatalogue(root: paths.root) }

    /// A lab by number, name or path; throws with every diagnostic when its file is not right.
    func lab(_ named: String) throws -> Lab { try load(directory(of: named)) }

    /// The directory of a lab by its number, its name or a path.
    func directory(of named: String) throws -> String { try entry(named).directory }

    /// What the catalogue says of a lab by its number, its name or a path.
    func entry(_ named: String) throws -> LabCatalogue.Entry {
        do {
            return try catalogue.find(named)
        } catch {
            let words = "\(named) 실습은 없어요. 있는 실습은 이렇게 볼 수 있어요: lab list"
            throw LabError(.usage, Localized(ko: words, en: error.message))
        }
    }

    /// The lab of a session, with the addresses that its machines have in it.
    func lab(of record: SessionRecord) throws -> Lab { record.placed(try load(record.directory)) }

    /// The outline of the lab in a directory: the one that is kept while its files and this program are what they were.
    func outline(_ directory: String) throws -> LabOutline {
        let files = ["lab.yaml", "guide.ko.md", "guide.en.md"].map { "\(directory)/\($0)" } + ["/proc/self/exe"]
        let stamp = files.map { FileStamp(of: $0).map { "\($0.size) \($0.changed)" } ?? "-" }.joined(separator: ", ")
        if let kept = try store.outline(of: directory, stamp: stamp),
            let outline = try? JSONDecoder().decode(LabOutline.self, from: kept)
        {
            return outline
        }
        let outline = LabOutline(try load(directory))
        // Keeping it is not what was asked for: a full disk must not stop a look at what there is.
        try? store.keep(try JSONEncoder().encode(outline), of: directory, stamp: stamp)
        return outline
    }

    /// The lab in a directory.
    func load(_ directory: String) throws -> Lab {
        let result = try LabLoader(specs: CheckKinds.specs, images: nil).load(directory)
        guard let lab = result.lab else {
            let lines = result.diagnostics.map { $0.rendered(colour: false) }
            throw LabError(.labFile, lines.joined(separator: "\n"))
        }
        return lab
    }
}

extension Language: ExpressibleByArgument {
    /// The language that an environment asks for: `LAB_LANG`, else the locale's.
    init(of environment: [String: String]) {
        let variables = ["LAB_LANG", "LC_ALL", "LC_MESSAGES", "LANG"]
        let value = variables.compactMap { environment[$0] }.first { !$0.isEmpty }
        self = value?.hasPrefix("ko") == true ? .ko : .en
    }
}

/// A command that can be told its language; what goes wrong in it is said in that language, too.
protocol Multilingual {
    /// The language that `--lang` names.
    var language: Language? { get }
}
extension Accelerator: ExpressibleByArgument {}
