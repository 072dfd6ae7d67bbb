import Foundation
import Testing

@testable import LabRuntime

@Suite("A session's logs")
struct SessionLogsTests {
    @Test("One that has grown large keeps its end, and whoever writes it goes on; the others stay")
    func cut() throws {
        let directory = NSTemporaryDirectory() + "lab-logs-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: directory + "/qemu", withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let (large, small) = (directory + "/qemu/server01.log", directory + "/libvirtd.log")
        try Data("small".utf8).write(to: URL(filePath: small))
        try (Data(repeating: 0x61, count: SessionLogs.most) + Data("end".utf8)).write(to: URL(filePath: large))
        let descriptor = open(large, O_WRONLY | O_APPEND)
        let writer = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        SessionLogs.cut(in: directory)
        try writer.write(contentsOf: Data("more".utf8))
        let left = try #require(FileManager.default.contents(atPath: large))
        #expect(left.count == SessionLogs.rest + 4)
        #expect(String(decoding: left.suffix(8), as: UTF8.self) == "aendmore")
        #expect(FileManager.default.contents(atPath: small) == Data("small".utf8))
    }
}
