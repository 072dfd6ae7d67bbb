public import LabFile
import Crypto
import Foundation
import Yams

/// What an image is made from: `images/NAME/image.yaml` and the files beside it.
public struct ImageRecipe: Sendable, Equatable {
    /// The image's name.
    public var name: String
    /// The Debian release.
    public var suite: String
    /// The disk's virtual size, as mke2fs takes it.
    public var size: String
    /// Packages that are installed.
    public var packages: [String]
    /// Packages that can be installed in a guest with no network, with all that they need.
    public var pool: [String]
    /// Locales that are made, besides C.UTF-8.
    public var locales: [String]
    /// systemd units that cannot be started.
    public var mask: [String]
    /// systemd units that start at boot.
    public var enable: [String]
    /// The directories, absolute, whose `files/` are put into the image, in this order: first the one that it is made
    /// from, then its own.
    public var directories: [String]
    /// SHA-256 over the recipe, the files, and the version of the way images are built; lower-case hexadecimal.
    public var digest: String

    /// Changes whenever the builder would make another image from the same recipe.
    static let builderVersion = "1"

    /// Reads the recipe in `directory`; unknown keys are errors.
    ///
    /// `from: NAME` takes everything from the recipe beside it, which may not have a `from` itself; lists grow, other
    /// values are replaced.
    public static func load(directory: String) throws -> ImageRecipe { try load(directory: directory, depth: 0) }

    private static func load(directory: String, depth: Int) throws -> ImageRecipe {
        let path = directory + "/image.yaml"
        guard let data = FileManager.default.contents(atPath: path) else {
            throw LabError(.usage, "there is no image recipe at \(path)")
        }
        let text = String(decoding: data, as: UTF8.self)
        guard let mapping = try Yams.compose(yaml: text)?.mapping else {
            throw LabError(.labFile, "\(path) does not hold a mapping")
        }
        let known = ["name", "from", "suite", "size", "packages", "pool", "locales", "mask", "enable"]
        for (key, _) in mapping {
            guard let word = key.string, known.contains(word) else {
                throw LabError(
                    .labFile, "\(path):\(key.mark?.line ?? 0): unknown key \"\(key.string ?? "?")\"",
                    advice: "Known keys: " + known.joined(separator: ", "))
            }
        }
        var base: ImageRecipe?
        if let node = mapping["from"] {
            guard depth == 0, let name = node.string, name.wholeMatch(of: /[a-z0-9-]+/) != nil else {
                throw LabError(
                    .labFile,
                    "\(path):\(node.mark?.line ?? 0): \"from\" names a recipe beside this one, without a \"from\"")
            }
            base = try load(directory: URL(filePath: directory + "/../" + name).standardizedFileURL.path, depth: 1)
        }
        func scalar(_ key: String, _ inherited: String?) throws -> String {
            guard let value = mapping[Node(key)]?.string ?? inherited else {
                throw LabError(.labFile, "\(path): \"\(key)\" is missing")
            }
            return value
        }
        func list(_ key: String) throws -> [String] {
            guard let node = mapping[Node(key)] else { return [] }
            guard let sequence = node.sequence else { throw LabError(.labFile, "\(path): \"\(key)\" must be a list") }
            return try sequence.map { item in
                guard let word = item.string, word.wholeMatch(of: /[A-Za-z0-9][A-Za-z0-9+._@-]*/) != nil else {
                    throw LabError(.labFile, "\(path):\(item.mark?.line ?? 0): not a name")
                }
                return word
            }
        }
        return ImageRecipe(
            name: try scalar("name", nil), suite: try scalar("suite", base?.suite),
            size: try scalar("size", base?.size),
            packages: (base?.packages ?? []) + (try list("packages")), pool: (base?.pool ?? []) + (try list("pool")),
            locales: (base?.locales ?? []) + (try list("locales")), mask: (base?.mask ?? []) + (try list("mask")),
            enable: (base?.enable ?? []) + (try list("enable")),
            directories: (base?.directories ?? []) + [directory],
            digest: try digest(of: directory, over: base))
    }

    /// The digests of the recipes that a lab's machines are made by.
    public static func digests(of lab: Lab, paths: LabPaths) throws -> [String] {
        try Set(lab.machines.map(\.image)).map { try load(directory: "\(paths.root)/images/\($0)").digest }
    }

    private static func digest(of directory: String, over base: ImageRecipe?) throws -> String {
        var hash = SHA256()
        hash.update(data: Data("builder \(builderVersion)\n".utf8))
        if let base { hash.update(data: Data("from \(base.digest)\n".utf8)) }
        for path in try FileManager.default.subpathsOfDirectory(atPath: directory).sorted() {
            let full = directory + "/" + path
            var isDirectory: ObjCBool = false
            guard FileManager.default.fileExists(atPath: full, isDirectory: &isDirectory), !isDirectory.boolValue else {
                continue
            }
            let content = FileManager.default.contents(atPath: full) ?? Data()
            hash.update(data: Data("\(path) \(content.count)\n".utf8))
            hash.update(data: content)
        }
        return hash.finalize().map { String(format: "%02x", $0) }.joined()
    }
}
