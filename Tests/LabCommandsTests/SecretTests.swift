import Foundation
import LabFile
import LabRuntime
import LabStore
import Testing

@testable import LabCommands

@Suite("The secret that parameters are drawn with")
struct SecretTests {
    @Test("Who asks at the same time gets the same secret, which only its owner reads; half of one is not for good")
    func made() async throws {
        let home = NSTemporaryDirectory() + "lab-secret-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: home) }
        try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: true)
        let context = try Context(environment: ["LAB_ROOT": home, "LAB_HOME": home])
        let asked = try await withThrowingTaskGroup(of: Data.self) { group in
            for _ in 0..<16 { group.addTask { try context.secret() } }
            return try await group.reduce(into: Set<Data>()) { $0.insert($1) }
        }
        #expect(asked.count == 1 && asked.first?.count == 32)
        var information = stat()
        #expect(stat(home + "/secret", &information) == 0 && information.st_mode & 0o777 == 0o600)
        try Data().write(to: URL(filePath: home + "/secret"))
        let anew = try context.secret()
        #expect(anew.count == 32)
        #expect(try context.secret() == anew)
        // Another one in its place would change everybody's values.
        try Data("a course's".utf8).write(to: URL(filePath: home + "/secret"))
        #expect(throws: LabError.self) { try context.secret() }
        try anew.write(to: URL(filePath: home + "/secret"))
        #expect(!(try FileManager.default.contentsOfDirectory(atPath: home)).contains { $0.hasPrefix("secret.") })
    }

    @Test("A session is judged with the secret that its values were drawn with, and with no other")
    func kept() throws {
        let home = NSTemporaryDirectory() + "lab-secret-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: home) }
        try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: true)
        func context(_ secret: String?) throws -> Context {
            try Context(environment: ["LAB_ROOT": home, "LAB_HOME": home, "LAB_SECRET": secret ?? ""])
        }
        var lab = Lab(number: 6, name: "ssh", title: .same("ssh"), machines: [], steps: [], directory: home)
        var record = SessionRecord(
            id: "6-aaaaaa", lab: 6, directory: home, student: "kim", begun: Date(), state: .running, accelerator: "tcg")
        record.drawn = try context("course").drawn()
        lab.parameters = [ParameterSpec(name: "port", domain: .port(20000...20999))]
        #expect(try context(" course\r\n").secret(of: record, lab: lab) == Data("course".utf8))
        #expect(throws: LabError.self) { try context("other").secret(of: record, lab: lab) }
        #expect(throws: LabError.self) { try context(nil).variables(of: lab, in: record) }
        lab.parameters = []
        #expect(try context("other").secret(of: record, lab: lab) == Data("other".utf8))
    }
}
