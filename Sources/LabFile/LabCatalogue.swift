import Foundation
import Yams

/// The labs under a root directory.
public struct LabCatalogue: Sendable {
    /// A lab as the catalogue knows it, without having validated it.
    public struct Entry: Sendable, Equatable {
        /// The number; nil when its file does not say.
        public var number: Int?
        /// The short name; the directory's name when its file does not say.
        public var name: String
        /// The lab's directory.
        public var directory: String
    }

    private let root: String

    /// Looks for labs in the directory `labs` of `root`.
    public init(root: String) { self.root = root }

    /// Every directory with a `lab.yaml`, by number and then name.
    public func entries() -> [Entry] {
        let labs = "\(root)/labs"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: labs)) ?? []
        return names.filter { !$0.hasPrefix(".") }.compactMap { entry("\(labs)/\($0)") }
            .sorted { ($0.number ?? .max, $0.name) < ($1.number ?? .max, $1.name) }
    }

    /// The lab with this number, name or path.
    public func find(_ wanted: String) throws(LabFileError) -> Entry {
        let all = entries()
        if let number = Int(wanted), let found = all.first(where: { $0.number == number }) { return found }
        if let found = all.first(where: { $0.name == wanted || ($0.directory as NSString).lastPathComponent == wanted })
        {
            return found
        }
        let path = wanted.hasSuffix("/lab.yaml") ? String(wanted.dropLast(9)) : wanted
        if wanted.contains("/") || wanted == ".", let found = entry(path) { return found }
        let labs = all.map { ($0.number.map { "\($0) " } ?? "") + $0.name }.joined(separator: ", ")
        let known = all.isEmpty ? "There are no labs in \(root)/labs." : "Labs: \(labs).  (lab list)"
        throw LabFileError(.noSuchLab, "There is no lab \(wanted). \(known)")
    }

    private func entry(_ directory: String) -> Entry? {
        let directory = directory.count > 1 && directory.hasSuffix("/") ? String(directory.dropLast()) : directory
        guard let handle = FileHandle(forReadingAtPath: "\(directory)/lab.yaml") else { return nil }
        defer { try? handle.close() }
        guard let data = try? handle.read(upToCount: LabLoader.sizeLimit) else { return nil }
        var entry = Entry(name: (URL(fileURLWithPath: directory).lastPathComponent), directory: directory)
        guard let top = Self.head(of: data) ?? Self.mapping(data) else { return entry }
        entry.number = top["lab"]?.scalar.flatMap { Int($0.string) }
        entry.name = top["name"]?.scalar?.string ?? entry.name
        return entry
    }

    /// What stands above the steps, which is all that the catalogue needs of a large file; nil when it lacks something.
    private static func head(of data: Data) -> Node.Mapping? {
        guard let end = data.range(of: Data("\nsteps:".utf8))?.lowerBound, let top = mapping(data[..<end]),
            top["lab"] != nil, top["name"] != nil
        else { return nil }
        return top
    }

    private static func mapping(_ data: Data) -> Node.Mapping? {
        let problems = Problems(file: "", text: "")
        return YAMLDocument.root(of: String(decoding: data, as: UTF8.self), problems: problems)?.mapping
    }
}
