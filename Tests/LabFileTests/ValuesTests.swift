import Foundation
import LabFile
import Testing

@Suite struct ValuesTests {
    let lab = Lab(
        number: 1, name: "demo", title: Localized(ko: "가", en: "a"),
        machines: [
            MachineSpec(name: "server01", image: "server", address: "192.168.122.201", user: "admin", password: "pw")
        ],
        parameters: [
            ParameterSpec(name: "port", domain: .port(20000...29999)),
            ParameterSpec(name: "number", domain: .number(1...3)), ParameterSpec(name: "word", domain: .word),
            ParameterSpec(name: "colour", domain: .choice(["red", "green"])),
        ], steps: [], directory: "/")
    let drawing = ParameterDrawing(secret: Data("secret".utf8))

    @Test func drawingIsDeterministicAndBoundToTheStudent() {
        let first = drawing.values(for: lab, student: "kim")
        #expect(first == drawing.values(for: lab, student: "kim"))
        #expect(first != drawing.values(for: lab, student: "lee"))
        #expect(first != ParameterDrawing(secret: Data("other".utf8)).values(for: lab, student: "kim"))
        #expect(first == ["word": "ginger", "number": "3", "colour": "green", "port": "26752"])
    }

    @Test func drawnValuesCoverTheirRange() {
        var numbers: [String: Int] = [:]
        for student in 0..<3000 {
            let values = drawing.values(for: lab, student: String(student))
            numbers[values["number"] ?? "", default: 0] += 1
            #expect((20000...29999).contains(Int(values["port"] ?? "") ?? 0))
            #expect(values["word"]?.allSatisfy { ("a"..."z").contains($0) } == true)
        }
        #expect(numbers.keys.sorted() == ["1", "2", "3"])
        #expect(numbers.values.allSatisfy { (850...1150).contains($0) })
    }

    @Test func variablesAreFilledEverywhere() {
        let variables = Variables(lab: lab, parameters: ["word": "{{server01.user}}"])
        #expect(
            variables.fill("{{server01.user}}@{{server01.address}} {{word}} {{no}} {{")
                == "admin@192.168.122.201 {{server01.user}} {{no}} {{")
        #expect(variables.fill("awk '{{print}}' {{{word}}}").contains("{{print}}"))
        let statement = CheckStatement(
            kind: "x",
            fields: ["a": .list([.string("{{server01.name}}")]), "b": .map(["k": .string("{{server01.password}}")])],
            hint: Localized(ko: "{{server01.name}}", en: "e"))
        let filled = variables.fill(statement)
        #expect(filled.fields == ["a": .list([.string("server01")]), "b": .map(["k": .string("pw")])])
        #expect(filled.hint?.ko == "server01")
        let action = Action.run(
            RunAction(
                machine: "server01", command: .words(["ssh", "{{server01.user}}"]),
                dialogue: [DialogueLine(when: "password:", say: "{{server01.password}}")]))
        #expect(
            variables.fill(action)
                == .run(
                    RunAction(
                        machine: "server01", command: .words(["ssh", "admin"]),
                        dialogue: [DialogueLine(when: "password:", say: "pw")])))
    }

    @Test func aConsolesDialogueIsFilledIn() {
        let variables = Variables(["server01.password": "pw"])
        let action = Action.console(
            ConsoleAction(
                machine: "server01", isRescue: true,
                dialogue: [DialogueLine(when: "password:", say: "{{server01.password}}")]))
        #expect(
            variables.fill(action)
                == .console(
                    ConsoleAction(
                        machine: "server01", isRescue: true, dialogue: [DialogueLine(when: "password:", say: "pw")])))
    }

    @Test func answersAreNormalised() {
        #expect(Answer.normalised("  A \t b\n") == "A b")
        #expect(Answer.normalised(" SSH  Server ", ignoringCase: true) == "ssh server")
        #expect(Array(Answer.normalised("\u{1112}\u{1161}\u{11AB}").unicodeScalars) == ["한"])
    }

    @Test func aGuideIsCutAtItsSteps() {
        let guide = Guide.parse("# T\n\nIntro\n\n## one\n\n```\n## not-a-step\n```\n\n### Part\n\n## two ##\nText\n")
        #expect(guide.introduction == "# T\n\nIntro")
        #expect(guide.sections == ["one": "```\n## not-a-step\n```\n\n### Part", "two": "Text"])
    }

    @Test func theCatalogueFindsByNumberNameAndPath() throws {
        let files = [
            "labs/06-ssh/lab.yaml": Data("lab: 6\nname: ssh\ntitle: {ko: 가, en: A}\n".utf8),
            "labs/01-first/lab.yaml": Data("lab: 1\nname: first\n".utf8), "labs/notes.txt": Data(),
        ]
        try Fixture.directory(files) { root in
            let catalogue = LabCatalogue(root: root)
            #expect(catalogue.entries().map(\.number) == [1, 6])
            #expect(catalogue.entries().last?.title?.en == "A")
            for wanted in ["6", "06", "ssh", "06-ssh", "\(root)/labs/06-ssh/", "\(root)/labs/06-ssh/lab.yaml"] {
                let found = try catalogue.find(wanted)
                #expect(found.name == "ssh")
            }
            do {
                _ = try catalogue.find("66")
                Issue.record("66 was found")
            } catch {
                #expect(String(describing: error) == "There is no lab 66. Labs: 1 first, 6 ssh.  (lab list)")
            }
        }
    }
}
