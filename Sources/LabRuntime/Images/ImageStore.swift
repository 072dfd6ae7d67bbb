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
/// An image is a directory `NAME-DIGEST-TIME` that holds `image.json`; it appears whole, by a rename. The moment of its
/// build is in the name so that no other contents ever come under disks that lie over one that was removed: a recipe
/// that is built again gets newer packages.
public struct ImageStore: Sendable {
    /// The directory, absolute.
    public let root: String

    /// Names a store.
    public init(root: String) { self.root = root }

    /// Where the image of a recipe belongs that was built at a moment.
    func directory(of recipe: ImageRecipe, built: Date) -> String {
        "\(root)/\(recipe.name)-\(recipe.digest.prefix(12))-\(Int(built.timeIntervalSince1970))"
    }

    /// The image that was built from exactly this recipe, the newest if there are several, or nil.
    public func find(_ recipe: ImageRecipe) throws -> BuiltImage? {
        try list("\(recipe.name)-\(recipe.digest.prefix(12))").last { $0.digest == recipe.digest }
    }

    /// All images, by name and date.
    public func list() throws -> [BuiltImage] { try list("") }

    private func list(_ prefix: String) throws -> [BuiltImage] {
        guard FileManager.default.fileExists(atPath: root) else { return [] }
        return try FileManager.default.contentsOfDirectory(atPath: root)
            .filter { !$0.hasPrefix(".") && $0.hasPrefix(prefix) }.compactMap { read("\(root)/\($0)") }
            .sorted { ($0.name, $0.built) < ($1.name, $1.built) }
    }

    /// Removes an image, and what was kept warm of it.
    public func remove(_ image: BuiltImage) throws {
        try FileManager.default.removeItem(atPath: image.directory)
        WarmStore(images: root).remove(over: image)
    }

    /// The image in a directory; nil when its record cannot be read: it is not there then, and is built anew.
    private func read(_ directory: String) -> BuiltImage? {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .iso8601
        guard let data = FileManager.default.contents(atPath: directory + "/image.json"),
            var image = try? decoder.decode(BuiltImage.self, from: data)
        else { return nil }
        image.directory = directory
        return image
    }
}
