import Foundation
import Testing

@testable import LabRuntime

@Suite("Image recipes and the store")
struct ImageRecipeTests {
    private let scratch: String

    init() throws {
        scratch = NSTemporaryDirectory() + "lab-images-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: scratch + "/recipe/files", withIntermediateDirectories: true)
    }

    private func recipe(_ text: String) throws -> ImageRecipe {
        try text.write(toFile: scratch + "/recipe/image.yaml", atomically: true, encoding: .utf8)
        return try ImageRecipe.load(directory: scratch + "/recipe")
    }

    private func cleanUp() { try? FileManager.default.removeItem(atPath: scratch) }

    private let plain = "name: tiny\nsuite: bookworm\nsize: 2G\npackages: [dbus, udev]\n"

    @Test("A recipe is read, and what is left out is empty")
    func reads() throws {
        defer { cleanUp() }
        let read = try recipe(plain)
        #expect(read.name == "tiny" && read.packages == ["dbus", "udev"])
        #expect(read.pool.isEmpty && read.mask.isEmpty && read.digest.count == 64)
    }

    @Test(
        "Unknown keys, missing keys and words that are no names are errors",
        arguments: [
            "name: tiny\nsuite: bookworm\nsize: 2G\npackets: [dbus]\n",
            "name: tiny\nsize: 2G\n",
            "name: tiny\nsuite: bookworm\nsize: 2G\npackages: ['$(id)']\n",
            "name: tiny\nsuite: bookworm\nsize: 2G\npackages: dbus\n",
            "- name\n",
        ])
    func refuses(text: String) throws {
        defer { cleanUp() }
        #expect(throws: LabError.self) { try recipe(text) }
    }

    @Test("The digest follows the recipe and the files")
    func digest() throws {
        defer { cleanUp() }
        let first = try recipe(plain).digest
        #expect(try recipe(plain).digest == first)
        try "x".write(toFile: scratch + "/recipe/files/x", atomically: true, encoding: .utf8)
        let second = try recipe(plain).digest
        #expect(second != first)
        try "y".write(toFile: scratch + "/recipe/files/x", atomically: true, encoding: .utf8)
        #expect(try recipe(plain).digest != second)
    }

    @Test("A recipe that is made from another takes its parts, and its digest follows both")
    func from() throws {
        defer { cleanUp() }
        let base = scratch + "/base"
        try FileManager.default.createDirectory(atPath: base, withIntermediateDirectories: true)
        func write(_ text: String) throws {
            try text.write(toFile: base + "/image.yaml", atomically: true, encoding: .utf8)
        }
        try write(plain + "pool: [nano]\n")
        let derived = "name: more\nfrom: base\npackages: [openssh-server]\nenable: [ssh.service]\n"
        let read = try recipe(derived)
        #expect(read.name == "more" && read.suite == "bookworm" && read.size == "2G")
        #expect(read.packages == ["dbus", "udev", "openssh-server"] && read.pool == ["nano"])
        #expect(read.enable == ["ssh.service"] && read.directories == [base, scratch + "/recipe"])
        try write(plain)
        #expect(try recipe(derived).digest != read.digest)
        try write("name: base\nfrom: recipe\n")
        #expect(throws: LabError.self) { try recipe(derived) }
        #expect(throws: LabError.self) { try recipe("name: more\nfrom: ../base\n") }
    }

    /// 2026-01-01T00:00:00Z.
    private let built = Date(timeIntervalSince1970: 1_767_225_600)

    @Test("The store finds only the image of exactly this recipe, and does not see unfinished builds")
    func store() throws {
        defer { cleanUp() }
        let store = ImageStore(root: scratch + "/images")
        let wanted = try recipe(plain)
        #expect(try store.find(wanted) == nil)
        #expect(try store.list().isEmpty)
        for directory in [store.directory(of: wanted, built: built), store.root + "/.build-tiny"] {
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
            let text = #"{"name":"tiny","digest":"\#(wanted.digest)","built":"2026-01-01T00:00:00Z","contents":[]}"#
            try text.write(toFile: directory + "/image.json", atomically: true, encoding: .utf8)
        }
        let found = try #require(try store.find(wanted))
        #expect(try store.list() == [found])
        #expect(try store.find(try recipe(plain + "pool: [nano]\n")) == nil)
        // One that is built again does not come under the disks that lie over the first.
        let again = store.directory(of: wanted, built: built + 60)
        #expect(again != found.directory)
        try FileManager.default.copyItem(atPath: found.directory, toPath: again)
        try FileManager.default.removeItem(atPath: again + "/image.json")
        let text = #"{"name":"tiny","digest":"\#(wanted.digest)","built":"2026-01-01T00:01:00Z","contents":[]}"#
        try text.write(toFile: again + "/image.json", atomically: true, encoding: .utf8)
        #expect(try store.find(wanted)?.directory == again)
        for image in try store.list() { try store.remove(image) }
        #expect(try store.list().isEmpty)
    }

    @Test("An image whose record cannot be read is not there, and the others are")
    func unreadable() throws {
        defer { cleanUp() }
        let store = ImageStore(root: scratch + "/images")
        let wanted = try recipe(plain)
        let text = #"{"name":"other","digest":"0123","built":"2026-01-01T00:00:00Z","contents":[]}"#
        for (directory, text) in [(store.directory(of: wanted, built: built), ""), (store.root + "/other-0123", text)] {
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
            try text.write(toFile: directory + "/image.json", atomically: true, encoding: .utf8)
        }
        #expect(try store.find(wanted) == nil)
        #expect(try store.list().map(\.name) == ["other"])
    }
}
