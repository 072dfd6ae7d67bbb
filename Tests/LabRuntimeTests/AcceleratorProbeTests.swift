import Foundation
import LabFile
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

    @Test("A no whose cause may pass is asked again later, and at once by who asks afresh; a yes is not")
    func holds() {
        let now = Date(timeIntervalSince1970: 1_000_000)
        func outcome(_ works: Bool, until: Date? = nil) -> AcceleratorProbe.Outcome {
            AcceleratorProbe.Outcome(kvmWorks: works, reason: .same(""), remedy: nil, key: "k", until: until)
        }
        #expect(outcome(true).holds(for: "k", afresh: true, at: now))
        #expect(!outcome(true).holds(for: "other", afresh: false, at: now))
        #expect(outcome(false).holds(for: "k", afresh: false, at: now))
        #expect(!outcome(false).holds(for: "k", afresh: true, at: now))
        #expect(outcome(false, until: now + 600).holds(for: "k", afresh: false, at: now))
        #expect(!outcome(false, until: now + 600).holds(for: "k", afresh: false, at: now + 601))
    }

    @Test("A kernel that does not run will not later; one that was slow on a busy host, and a QEMU that gave up, may")
    func mayPass() {
        #expect(!AcceleratorProbe.mayPass(status: 137, isBusy: false))
        #expect(AcceleratorProbe.mayPass(status: 137, isBusy: true))
        #expect(!AcceleratorProbe.mayPass(status: 0, isBusy: true), "the guest reset itself")
        #expect(AcceleratorProbe.mayPass(status: 1, isBusy: false))
    }
}
