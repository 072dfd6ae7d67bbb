import Foundation
import Testing

@testable import LabRuntime

@Suite("Whether KVM works")
struct AcceleratorProbeTests {
    @Test("What was found of a kernel holds for the same one in another image, and for no other")
    func builds() throws {
        let directory = NSTemporaryDirectory() + "lab-kernels-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        func build(_ name: String, _ text: String) throws -> String {
            let path = "\(directory)/\(name)"
            try Data(text.utf8).write(to: URL(filePath: path))
            return try AcceleratorProbe.build(of: path)
        }
        let first = try build("server", "6.1.0-40 #1")
        #expect(try build("workstation", "6.1.0-40 #1") == first)
        #expect(try build("newer", "6.1.0-41 #1") != first)
        #expect(try build("longer", "6.1.0-40 #1 and more") != first)
    }
}
