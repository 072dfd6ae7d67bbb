import Foundation
import LabFile
import LabStore
import Testing

@testable import LabRuntime

@Suite("A session begins where another was")
struct StartingPointTests {
    private let home = NSTemporaryDirectory() + "lab-points-" + UUID().uuidString

    private func store() throws -> LabStore {
        try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: true)
        return try LabStore(home: home)
    }

    @Test("What is kept of the steps goes over to the new session, evidence and answers with it")
    func progress() throws {
        defer { try? FileManager.default.removeItem(atPath: home) }
        let store = try store()
        let moment = Date(timeIntervalSince1970: 1_000_000)
        for id in ["1-a", "1-b"] {
            try store.save(
                SessionRecord(
                    id: id, lab: 1, directory: "/", student: "kim", begun: moment, state: .running,
                    accelerator: "tcg"))
        }
        try store.updateStep("one", of: "1-a") { ($0.opened, $0.passed, $0.solved) = (moment, moment, true) }
        try store.keep([PassRecord(session: "1-a", step: "one", statement: "s", evidence: Data([1]), found: moment)])
        try store.answer("x", to: "q", of: "one", in: "1-a", at: moment)
        let written = try JSONEncoder().encode(store.progress(of: "1-a"))
        try store.adopt(JSONDecoder().decode(SessionProgress.self, from: written), for: "1-b")
        #expect(try store.steps(of: "1-b")["one"]?.passed == moment)
        #expect(try store.steps(of: "1-b")["one"]?.solved == true, "what the harness solved earns no points")
        #expect(try store.passes(of: "1-b").map(\.evidence) == [Data([1])])
        #expect(try store.answers(of: "1-b").map(\.value) == ["x"])
        #expect(try store.steps(of: "1-a")["one"]?.passed == moment, "the session that it was taken from keeps its own")
    }

    @Test("What a killed keeping left goes, unless its session's lease is held")
    func left() async throws {
        defer { try? FileManager.default.removeItem(atPath: home) }
        let paths = LabPaths(environment: ["LAB_HOME": home], root: home)
        let points = home + "/points"
        let names = [".new-0123456789abcdef-1-held", ".new-0123456789abcdef-1-left", "0123456789abcdef"]
        for name in names {
            try FileManager.default.createDirectory(atPath: "\(points)/\(name)", withIntermediateDirectories: true)
        }
        let lease = try await Lease.take(directory: home + "/leases/1-held", for: "a test")
        StartingPointStore(paths: paths).clearLeft()
        let kept = try FileManager.default.contentsOfDirectory(atPath: points)
        #expect(Set(kept) == [names[0], names[2]])
        withExtendedLifetime(lease) {}
    }

    @Test("The key differs with the step, what is done before it, the student's values and the machines")
    func key() {
        func step(_ id: String) -> Step {
            let command = Action.run(RunAction(machine: "one", command: .shell(id)))
            return Step(id: id, title: Localized(ko: id, en: id), points: 1, solution: [command])
        }
        var lab = Lab(
            number: 1, name: "x", title: Localized(ko: "", en: ""), machines: [],
            steps: [step("one"), step("two"), step("three")], directory: home)
        var machine = WarmKey(
            image: "0123", built: Date(timeIntervalSince1970: 1), directory: "/i", memory: 256, accelerator: .tcg,
            qemu: "7", libvirt: "9", processor: "x")
        func key(_ step: String = "two", _ values: [String: String] = ["port": "1"]) -> String {
            StartingPointKey(step: step, lab: lab, values: values, machines: [machine]).digest
        }
        let first = key()
        #expect(key() == first)
        #expect(key("three") != first)
        #expect(key("two", ["port": "2"]) != first)
        machine.memory = 512
        #expect(key() != first)
        machine.memory = 256
        // The same recipe, built anew, is another disk.
        machine.built += 60
        #expect(key() != first)
        machine.built -= 60
        // What the step itself is done by, and what comes after it, is no part of how it begins.
        lab.steps[1].solution = []
        lab.steps[2].setup = lab.steps[0].solution
        lab.steps[0].title = Localized(ko: "y", en: "y")
        #expect(key() == first)
        lab.steps[1].setup = lab.steps[0].solution
        #expect(key() != first)
        lab.steps[1].setup = []
        lab.steps[0].solution = []
        #expect(key() != first)
    }
}
