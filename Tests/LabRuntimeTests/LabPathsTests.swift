import Foundation
import LabFile
import Testing

@testable import LabRuntime

@Suite("Where things are kept")
struct LabPathsTests {
    @Test("A relative directory is one of the working directory's") func relative() {
        let here = FileManager.default.currentDirectoryPath
        let paths = LabPaths(
            environment: ["LAB_HOME": "a b", "LAB_RUN": "run", "LAB_IMAGES": "/images"], root: "/")
        #expect(paths.home == here + "/a b" && paths.run == here + "/run" && paths.images == "/images")
    }

    @Test("Sockets are put only where nobody else could take them over")
    func own() throws {
        let directory = NSTemporaryDirectory() + "lab-own-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: directory) }
        #expect(throws: LabError.self) { try LabPaths.demandOwn(directory) }
        try LabPaths.make(directory + "/in")
        try LabPaths.demandOwn(directory)
        chmod(directory, 0o777)
        #expect(throws: LabError.self) { try LabPaths.demandOwn(directory) }
        chmod(directory, 0o755)
        try LabPaths.demandOwn(directory)
        try FileManager.default.createSymbolicLink(atPath: directory + "/link", withDestinationPath: directory + "/in")
        #expect(throws: LabError.self) { try LabPaths.demandOwn(directory + "/link") }
        // Somebody else's; root's, or for root one that is given away.
        let other = getuid() == 0 ? directory + "/in" : "/"
        if getuid() == 0 { chown(other, 1, 1) }
        #expect(throws: LabError.self) { try LabPaths.demandOwn(other) }
    }

    @Test("A room's URI holds any path") func uri() {
        let plain = Room.uri(sockets: "/run/user/1000/lab/6-a_b.c~d")
        #expect(plain == "qemu:///system?socket=/run/user/1000/lab/6-a_b.c~d/libvirt-sock")
        let odd = Room.uri(sockets: "/tmp/a b&c%d/한")
        #expect(odd == "qemu:///system?socket=/tmp/a%20b%26c%25d/%ED%95%9C/libvirt-sock")
    }
}
