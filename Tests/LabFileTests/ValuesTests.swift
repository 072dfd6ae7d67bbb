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

    @Test("What becomes of one parameter changes no other's value") func parametersAreIndependent() {
        let changes: [(String, (ParameterSpec) -> [ParameterSpec])] = [
            ("another range", { [ParameterSpec(name: $0.name, domain: .port(1...10))] }),
            ("another kind", { [ParameterSpec(name: $0.name, domain: .choice(["a", "b", "c"]))] }),
            ("another name", { [ParameterSpec(name: $0.name + "_2", domain: $0.domain)] }),
            ("taken out", { _ in [] }),
            ("one before it", { [ParameterSpec(name: "new", domain: .word), $0] }),
        ]
        for student in (0..<50).map(String.init) {
            let before = drawing.values(for: lab, student: student)
            for index in lab.parameters.indices {
                for (what, change) in changes {
                    var other = lab
                    other.parameters.replaceSubrange(index...index, with: change(lab.parameters[index]))
                    let after = drawing.values(for: other, student: student)
                    for parameter in lab.parameters where parameter.name != lab.parameters[index].name {
                        #expect(after[parameter.name] == before[parameter.name], "\(what), \(parameter.name)")
                    }
                }
            }
            var turned = lab
            turned.parameters.reverse()
            #expect(drawing.values(for: turned, student: student) == before)
        }
    }

    @Test("Each parameter differs between students, and two of one kind differ for one student")
    func studentsDiffer() {
        let students = (0..<200).map { drawing.values(for: lab, student: "student\($0)") }
        let again = ParameterDrawing(secret: Data("secret".utf8))
        #expect(students == (0..<200).map { again.values(for: lab, student: "student\($0)") })
        for (name, least) in [("port", 190), ("number", 3), ("word", 50), ("colour", 2)] {
            #expect(Set(students.compactMap { $0[name] }).count >= least, "\(name)")
        }
        let twin = ParameterSpec(name: "second_port", domain: .port(20000...29999))
        let same = (0..<200).count { index in
            drawing.value(of: twin, lab: lab.name, student: "student\(index)") == students[index]["port"]
        }
        #expect(same < 5)
        // Another lab with a parameter of that name draws its own value.
        let elsewhere = (0..<200).count { index in
            drawing.value(of: lab.parameters[0], lab: "other", student: "student\(index)") == students[index]["port"]
        }
        #expect(elsewhere < 5)
    }

    @Test func variablesAreFilledOnce() {
        let variables = Variables(lab: lab, parameters: ["word": "{{server01.user}}"])
        #expect(
            variables.fill("{{server01.user}}@{{server01.address}} {{word}} {{no}} {{")
                == "admin@192.168.122.201 {{server01.user}} {{no}} {{")
        #expect(variables.fill("awk '{{print}}' {{{word}}}").contains("{{print}}"))
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
