import Crypto
import Foundation

/// Reads a lab's directory and finds everything that is wrong with it.
public struct LabLoader: Sendable {
    let specs: [CheckSpec]
    let images: Set<String>?

    /// The largest file that is read, in bytes.
    public static let sizeLimit = 1 << 20

    /// Makes a loader that knows these kinds of checks.
    ///
    /// - Parameter images: the names of the images there are; nil accepts any.
    public init(specs: [CheckSpec], images: Set<String>? = nil) {
        self.specs = specs
        self.images = images
    }

    /// Reads `lab.yaml`, `guide.ko.md` and `guide.en.md` of a directory.
    ///
    /// Whatever is wrong with their content is in the result; only a `lab.yaml` that cannot be read throws.
    public func load(_ directory: String) throws(LabFileError) -> LoadResult {
        let path = directory.hasSuffix("/lab.yaml") ? String(directory.dropLast(9)) : directory
        let base = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
        let file = "\(base)/lab.yaml"
        var diagnostics: [Diagnostic] = []
        guard let text = try Self.text(of: file, into: &diagnostics) else {
            return LoadResult(lab: nil, diagnostics: diagnostics)
        }
        let problems = Problems(file: file, text: text, lineEnds: .yaml)
        let directory = URL(fileURLWithPath: base).standardizedFileURL.path
        let reader = LabReader(problems: problems, specs: specs, images: images)
        var guides: [Problems] = []
        var lab = YAMLDocument.root(of: text, problems: problems).flatMap { reader.lab($0, directory: directory) }
        lab?.digest = SHA256.hash(data: Data(text.utf8)).map { String(format: "%02x", $0) }.joined()
        for language in Language.allCases {
            let file = "\(base)/guide.\(language.rawValue).md"
            guard FileManager.default.fileExists(atPath: file) else {
                diagnostics.append(
                    Diagnostic(
                        .error, file: file,
                        message:
                            "the guide is missing; write an introduction and a \"## step-id\" section for every step"))
                continue
            }
            guard let text = try Self.text(of: file, into: &diagnostics) else { continue }
            let problems = Problems(file: file, text: text)
            reader.check(guide: text, problems)
            guides.append(problems)
            lab?.guides[language] = Guide.parse(text)
        }
        let hasErrors = ([problems] + guides).contains { !$0.all.isEmpty } || !diagnostics.isEmpty
        if let lab, !hasErrors {
            let doubts = Doubts(lab: lab, specs: specs, places: reader.places, used: reader.used)
            doubts.report(to: problems)
            for guide in guides { doubts.reportAddresses(in: guide) }
        }
        diagnostics = (diagnostics + problems.all + guides.flatMap(\.all)).sorted()
        let failed = diagnostics.contains { $0.severity == .error }
        return LoadResult(lab: failed ? nil : lab, diagnostics: diagnostics)
    }

    private static func text(of file: String, into diagnostics: inout [Diagnostic]) throws(LabFileError) -> String? {
        let data: Data
        do {
            let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: file))
            defer { try? handle.close() }
            data = try handle.read(upToCount: sizeLimit + 1) ?? Data()
        } catch {
            throw LabFileError(.unreadable, "\(file) cannot be read: \(error.localizedDescription)")
        }
        if data.count > sizeLimit {
            diagnostics.append(
                Diagnostic(.error, file: file, message: "the file is larger than 1 MiB; make it smaller"))
            return nil
        }
        if let text = String(validating: data, as: UTF8.self) {
            return text.hasPrefix("\u{FEFF}") ? String(text.dropFirst()) : text
        }
        let line = firstInvalidLine(of: data)
        diagnostics.append(
            Diagnostic(.error, file: file, line: line, message: "the file is not UTF-8 here; save it as UTF-8"))
        return nil
    }

    private static func firstInvalidLine(of data: Data) -> Int {
        let lines = data.split(separator: 10, omittingEmptySubsequences: false)
        return (lines.firstIndex { String(validating: $0, as: UTF8.self) == nil } ?? 0) + 1
    }
}

/// What came of reading a lab.
public struct LoadResult: Sendable {
    /// The lab; nil when there is an error among the diagnostics.
    public var lab: Lab?
    /// Everything that was found, sorted by file and place.
    public var diagnostics: [Diagnostic]

    /// Pairs a lab with what was found.
    public init(lab: Lab?, diagnostics: [Diagnostic]) {
        self.lab = lab
        self.diagnostics = diagnostics
    }
}
