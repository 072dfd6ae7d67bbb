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

    /// Reads the environment and opens the records.
    init(environment: [String: String] = ProcessInfo.processInfo.environment) throws {
        self.environment = environment
        paths = LabPaths(environment: environment, root: try Self.root(environment))
        try LabPaths.make(paths.home)
        do {
            store = try LabStore(home: paths.home)
        } catch {
            // On a full disk the records cannot even be read.
            guard Reserve(home: paths.home).release() else { throw error }
            store = try LabStore(home: paths.home)
        }
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
                .usage, "\"\(name)\" cannot be a student's id",
                advice: "Use letters, digits and . _ @ - (at most 64), beginning with a letter or digit.")
        }
        return name
    }

    /// The language of guides and verdicts: `--lang`, `LAB_LANG`, else the locale's.
    func language(_ named: Language?) -> Language {
        if let named { return named }
        for variable in ["LAB_LANG", "LC_ALL", "LC_MESSAGES", "LANG"] {
            if let value = environment[variable], !value.isEmpty { return value.hasPrefix("ko") ? .ko : .en }
        }
        return .en
    }

    /// The labs of this installation.
    var catalogue: LabCatalogue { LabCatalogue(root: paths.root) }

    /// A lab by number, name or path; throws with every diagnostic when its file is not right.
    func lab(_ named: String) throws -> Lab { try load(directory(of: named)) }

    /// The directory of a lab by its number, its name or a path.
    func directory(of named: String) throws -> String {
        do {
            return try catalogue.find(named).directory
        } catch {
            throw LabError(.usage, String(describing: error))
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

extension Language: ExpressibleByArgument {}
extension Accelerator: ExpressibleByArgument {}
