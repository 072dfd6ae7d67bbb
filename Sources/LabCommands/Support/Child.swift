import Foundation
import LabStore

/// Another command of this program, run on the same terminal.
enum Child {
    /// Runs a command about a session to its end; what it says goes where this process's words go.
    static func run(_ words: [String], record: SessionRecord) {
        let process = Process()
        process.executableURL = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = words
        process.environment = ProcessInfo.processInfo.environment.merging(["LAB_SESSION": record.id]) { $1 }
        guard (try? process.run()) != nil else { return }
        process.waitUntilExit()
    }
}
