import Foundation
import LabFile
import Testing

@Suite("What an author says of mutants")
struct ExcuseTests {
    private func yaml(excuses: String, looks: String = "true") -> String {
        """
        lab: 7
        name: seven
        title: {ko: 일곱, en: seven}
        machines:
          one: {image: workstation, address: 192.168.122.1, user: kim}
        steps:
          - id: first
            title: {ko: 하나, en: one}
            points: 1
            solution:
              - {on: one, run: "ls {{one.address}}", looks: \(looks)}
              - {on: one, run: make}
            excuses: \(excuses)
        """
    }

    @Test("What only looks, and an excuse whose name quotes a variable, are read") func read() throws {
        let text = yaml(excuses: #"[{mutant: "left out: ls {{one.address}}", reason: nobody asks}]"#)
        let guide = Data("# x\n\nx\n\n## first\n\nx\n".utf8)
        let files = ["lab.yaml": Data(text.utf8), "guide.ko.md": guide, "guide.en.md": guide]
        let lab = try Fixture.directory(files) { try Fixture.loader.load($0).lab }
        let step = try #require(lab?.steps.first)
        #expect(step.excuses == [Excuse(mutant: "left out: ls {{one.address}}", reason: "nobody asks")])
        let looks = step.solution.map { if case .run(let run) = $0 { run.looks } else { false } }
        #expect(looks == [true, false])
    }

    @Test(
        "What is wrong with one is said",
        arguments: [
            ("[{mutant: x, reason: y}, {mutant: x, reason: z}]", "excused twice"),
            ("[{mutant: x}]", "lacks \"reason\""), ("[{mutant: \"{{two.address}}\", reason: y}]", "unknown variable"),
            ("[{mutant: x, reason: \"\"}]", "empty"), ("[{mutant: x, reason: y, why: z}]", "unknown key"),
        ])
    func wrong(_ excuses: String, _ message: String) throws {
        let said = try Fixture.messages(yaml(excuses: excuses))
        #expect(said.count == 1 && said[0].contains(message), "\(said)")
    }

    @Test("Whether an action only looks is yes or no") func looks() throws {
        #expect(try Fixture.messages(yaml(excuses: "[]", looks: "perhaps")).count == 1)
    }
}
