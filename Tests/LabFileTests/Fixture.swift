import Foundation
import LabFile

/// A loader that knows a few kinds of checks, and directories that vanish.
enum Fixture {
    static let loader = LabLoader(specs: specs, images: ["workstation", "server"])

    static let specs = [
        CheckSpec(
            "listening", mode: .holds, basis: .guest, "A port is listened on.",
            fields: [
                .init("on", .machine, required: true, "The machine."),
                .init("port", .port, required: true, "The port."),
                .init("by", .string, "The program."),
                .init("families", .list(.oneOf(["ipv4", "ipv6"])), "The families."),
            ]),
        CheckSpec(
            "answer", mode: .once, basis: .guest, "An answer is right.",
            fields: [
                .init("question", .question, required: true, "The question."),
                .init("accept", .list(.string), "Right answers."),
                .init("ignore-case", .boolean, "Whether case counts."),
            ]),
        CheckSpec(
            "command", mode: .holds, basis: .guest, "A command ends so.",
            fields: [
                .init("on", .machine, required: true, "The machine."),
                .init("run", .command, required: true, "The command."),
                .init("status", .integer, "The status."),
            ],
            flaw: { $0["status"] == .integer(300) ? "no command ends with status 300" : nil }),
    ]

    /// Writes `files` into a directory of their own, runs `body` there and removes it.
    static func directory<T>(_ files: [String: Data], _ body: (String) throws -> T) throws -> T {
        let directory = FileManager.default.temporaryDirectory.appending(path: "labfile-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        for (name, data) in files {
            let file = directory.appending(path: name)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try data.write(to: file)
        }
        return try body(directory.path)
    }

    static func messages(_ yaml: String) throws -> [String] {
        try directory(["lab.yaml": Data(yaml.utf8)]) { directory in
            try loader.load(directory).diagnostics.filter { $0.severity == .error && $0.file.hasSuffix("lab.yaml") }
                .map(\.message)
        }
    }
}
