import Foundation
import Testing

@testable import LabRuntime

@Suite("Warm images are trusted only as they were made")
struct WarmStoreTests {
    private let scratch = NSTemporaryDirectory() + "lab-warm-" + UUID().uuidString
    private let image: BuiltImage
    private let key: WarmKey
    private let store: WarmStore

    init() throws {
        store = WarmStore(images: scratch)
        let directory = scratch + "/tiny-0123"
        image = BuiltImage(name: "tiny", digest: "0123", built: Date(), contents: [], directory: directory)
        key = WarmKey(
            image: "0123", built: Date(timeIntervalSince1970: 1), directory: directory, memory: 256, accelerator: .tcg,
            qemu: "7", libvirt: "9",
            processor: "x")
        for made in [directory, store.directory("tiny", key)] {
            try FileManager.default.createDirectory(atPath: made, withIntermediateDirectories: true)
        }
        try Data(repeating: 7, count: 70_000).write(to: URL(filePath: disk))
        try WarmStore.seal(WarmImage(directory: store.directory("tiny", key), parked: 7), over: image)
    }

    private var disk: String { store.directory("tiny", key) + "/warm.qcow2" }

    private func cleanUp() { try? FileManager.default.removeItem(atPath: scratch) }

    @Test("One that nobody touched is found, by its own key alone")
    func found() throws {
        defer { cleanUp() }
        #expect(try store.find("tiny", key) == WarmImage(directory: store.directory("tiny", key), parked: 7))
        #expect(try store.find("tiny", key)?.disk == disk)
        var other = key
        other.memory = 512
        #expect(try store.find("tiny", other) == nil)
        other = key
        other.qemu = "8"
        #expect(try store.find("tiny", other) == nil)
    }

    @Test("Its record may be read by every user, whatever the maker's umask is")
    func shared() throws {
        defer { cleanUp() }
        let directory = store.directory("tiny", key)
        let record = directory + "/record.json"
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: record)
        try WarmStore.seal(WarmImage(directory: directory, parked: 7), over: image)
        let attributes = try FileManager.default.attributesOfItem(atPath: record)
        #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o644)
    }

    @Test("One that was linked or moved is found again; one byte that differs is not forgiven")
    func changed() throws {
        defer { cleanUp() }
        try FileManager.default.linkItem(atPath: disk, toPath: scratch + "/link")
        #expect(try store.find("tiny", key) != nil)
        let file = try FileHandle(forWritingTo: URL(filePath: disk))
        try file.seek(toOffset: 50_000)
        try file.write(contentsOf: Data([8]))
        try file.close()
        #expect(try store.find("tiny", key) == nil)
    }

    @Test("One that fails once stays, in case its QEMU was killed; the second time it goes")
    func distrusted() throws {
        defer { cleanUp() }
        let image = try #require(try store.find("tiny", key))
        store.distrust(image)
        #expect(try store.find("tiny", key) != nil)
        store.distrust(image)
        #expect(try store.find("tiny", key) == nil)
    }

    @Test("One that is cut short, and one without its record, are not there")
    func cut() throws {
        defer { cleanUp() }
        truncate(disk, 60_000)
        #expect(try store.find("tiny", key) == nil)
        try WarmStore.seal(WarmImage(directory: store.directory("tiny", key), parked: 7), over: image)
        #expect(try store.find("tiny", key) != nil)
        try FileManager.default.removeItem(atPath: store.directory("tiny", key) + "/record.json")
        #expect(try store.find("tiny", key) == nil)
    }

    @Test("One of an earlier version, in which nothing is parked, is not started from, and goes with its image")
    func earlier() throws {
        defer { cleanUp() }
        let path = store.directory("tiny", key) + "/record.json"
        var record = try #require(
            try JSONSerialization.jsonObject(with: Data(contentsOf: URL(filePath: path))) as? [String: Any])
        record["parked"] = nil
        try JSONSerialization.data(withJSONObject: record).write(to: URL(filePath: path))
        #expect(try store.find("tiny", key) == nil)
        store.remove(over: image)
        #expect(!FileManager.default.fileExists(atPath: store.directory("tiny", key)))
    }

    @Test("With its image it goes, and so does one whose image is gone")
    func removed() throws {
        defer { cleanUp() }
        store.remove(over: BuiltImage(name: "x", digest: "", built: Date(), contents: [], directory: "/elsewhere"))
        #expect(try store.find("tiny", key) != nil)
        store.remove(over: image)
        #expect(try store.find("tiny", key) == nil)
    }
}
