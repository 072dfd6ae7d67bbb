public import Foundation

/// An image on disk, complete.
public struct BuiltImage: Sendable, Equatable, Codable {
    /// The image's name.
    public var name: String
    /// The digest of the recipe that it was built from.
    public var digest: String
    /// When it was built.
    public var built: Date
    /// The packages that are in it, `name version` each, sorted.
    public var contents: [String]
    /// systemd units that start at boot because the recipe says so; nil in an image of before these were kept.
    public var enabled: [String]?
    /// Where it is; not kept in the file itself.
    public var directory: String = ""

    enum CodingKeys: CodingKey { case name, digest, built, contents, enabled }

    /// Whether an SSH server of its own starts on its machines, which then need host keys.
    var servesSSH: Bool { (enabled ?? []).contains("ssh.service") }

    /// The base disk, qcow2, read-only.
    public var base: String { directory + "/base.qcow2" }
    /// The kernel.
    public var kernel: String { directory + "/vmlinuz" }
    /// The initial file system.
    public var initrd: String { directory + "/initrd.img" }
}

/// The directory of built images, shared by every home and read-only in use.
///
/// An image is a directory `NAME-DIGEST` that holds `image.json`; it appears whole, by a rename.
public struct ImageStore: Sendable {
    /// The directory, absolute.
    public let root: String

    /// Names a store.
    public init(root: String) { self.root = root }

    /// Where the image of a recipe belongs.
    func directory(of recipe: ImageRecipe) -> String { "\(root)/\(recipe.name)-\(recipe.digest.prefix(12))" }

    /// The image that was built from exactly this recipe, or nil.
    public func find(_ recipe: ImageRecipe) throws -> BuiltImage? {
        guard let image = try read(directory(of: recipe)), image.digest == recipe.digest else { return nil }
        return image
    }

    /// All images, by name and date.
    public func list() throws -> [BuiltImage] {
        guard FileManager.default.fileExists(atPath: root) else { return [] }
        return try FileManager.default.contentsOfDirectory(atPath: root)
            .filter { !$0.hasPrefix(".") }.compactMap { try read("\(root)/\($0)") }
            .sorted { ($0.name, $0.built) < ($1.name, $1.built) }
    }

    /// Removes an image, and what was kept warm of it.
    public func remove(_ image: BuiltImage) throws {
        try FileManager.default.removeItem(atPath: image.directory)
        WarmStore(images: root).remove(over: image)
    }

    private func read(_ directory: String) throws -> BuiltImage? {
        guard let data = FileManager.default.contents(atPath: directory + "/image.json") else { return nil }
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .iso8601
        var image = try decoder.decode(BuiltImage.self, from: data)
        image.directory = directory
        return image
    }
}
