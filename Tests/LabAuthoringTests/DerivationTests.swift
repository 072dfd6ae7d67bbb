import Foundation
import LabAuthoring
import LabFile
import Testing

@Suite("Mutants that are made from a solution")
struct DerivationTests {
    private func names(_ step: Step, _ kind: Trial.Kind) -> [String] {
        mutants(step).filter { $0.kind == kind }.map(\.name)
    }

    private func mutants(_ step: Step) -> [Trial] {
        Derivation(lab: Fixture.lab([step]), values: Fixture.values).mutants(of: step)
    }

    private func texts(_ trial: Trial) -> [String] {
        trial.actions.map { action in
            switch action {
            case .run(let run):
                switch run.command {
                case .shell(let text): text
                case .words(let words): words.joined(separator: " ")
                }
            case .answer(let answer): "answer \(answer.question)"
            case .console(let console): "console \(console.machine)"
            case .check: "check"
            }
        }
    }

    @Test("Each action that does something is left out, those that only look are not")
    func leftOut() throws {
        let step = Fixture.step([Fixture.run("a"), Fixture.run("look", looks: true), .check, Fixture.run("b")])
        let found = mutants(step).filter { $0.kind == .leftOut }
        #expect(found.map(\.name) == ["left out: a", "left out: b"])
        #expect(texts(found[0]) == ["look", "check", "b"])
        let lookless = try #require(Derivation(lab: Fixture.lab([step]), values: [:]).lookless(step))
        #expect(texts(lookless) == ["a", "check", "b"] && lookless.kind.expectation == .accepted)
    }

    @Test("A dialogue with a console is left out, and echoed it is nothing")
    func console() {
        let rescue = Action.console(ConsoleAction(machine: "one", isRescue: true, dialogue: []))
        let step = Fixture.step([Fixture.run("a"), rescue])
        let found = mutants(step)
        #expect(
            found.filter { $0.kind == .leftOut }.map(\.name) == ["left out: a", "left out: the rescue console of one"])
        #expect(found.filter { $0.kind == .echoed }.map { $0.actions.count } == [1])
    }

    @Test("A solution of one action is not left out: that is the step before it") func single() {
        #expect(names(Fixture.step([Fixture.run("a")]), .leftOut).isEmpty)
        #expect(Derivation(lab: Fixture.lab([]), values: [:]).lookless(Fixture.step([Fixture.run("a")])) == nil)
    }

    @Test("Numbers, yes and no, and drawn values are changed one at a time")
    func changed() {
        let step = Fixture.step([Fixture.run("printf '%s\\n' 'Port 22' 'PermitRootLogin no' > f-{{port}}")])
        let found = mutants(step).filter { $0.kind == .changed }
        #expect(
            found.map(\.name) == [
                "changed: Port 22 → 23", "changed: PermitRootLogin no → yes", "changed: {{port}} → another",
            ])
        #expect(texts(found[0]) == ["printf '%s\\n' 'Port 23' 'PermitRootLogin no' > f-{{port}}"])
        #expect(texts(found[2]) == ["printf '%s\\n' 'Port 22' 'PermitRootLogin no' > f-20501"])
    }

    @Test(
        "What is no value stays as it is",
        arguments: [
            "sleep 60", "awk '{ print $2 }' x", "cat /etc/10-strict.conf", "ls 2>&1", "head -n 3 x",
            "ssh-keygen -t ed25519", "touch -d '2020-03-08 12:00' x", "for try in 1 2 3; do x && exit 0; done",
        ])
    func unchanged(_ command: String) {
        #expect(names(Fixture.step([Fixture.run(command)]), .changed) == [])
    }

    @Test("Another machine is meant, but not the one on which the command runs") func machines() {
        #expect(
            names(Fixture.step([Fixture.run("ping {{one.address}}")]), .changed) == ["changed: {{one.address}} → two's"]
        )
        #expect(names(Fixture.step([Fixture.run("ping {{two.address}}")]), .changed) == [])
    }

    @Test("A command of words has its values changed, too") func words() {
        let action = Action.run(RunAction(machine: "one", command: .words(["ssh", "-p", "2022", "{{two.address}}"])))
        #expect(names(Fixture.step([action]), .changed) == ["changed: -p 2022 → 2023"])
    }

    @Test("An answer is changed: another choice, or its last character") func answers() throws {
        let question = Question(
            id: "pick", prompt: Fixture.text("?"),
            choices: [Choice(id: "a", text: Fixture.text("a")), Choice(id: "b", text: Fixture.text("b"))])
        let step = Fixture.step(
            [
                .answer(AnswerAction(question: "pick", source: .value("a"))),
                .answer(AnswerAction(question: "free", source: .value("sshd"))),
                .answer(AnswerAction(question: "number", source: .value("1{{port}}"))),
            ], questions: [question])
        let found = mutants(step).filter { $0.kind == .changed }
        let values = found.enumerated().compactMap { index, trial -> String? in
            guard case .answer(let answer) = trial.actions[index], case .value(let value) = answer.source else {
                return nil
            }
            return value
        }
        #expect(values == ["b", "sshx", "120501"])
    }

    @Test("What is typed is echoed and is not run") func echoed() throws {
        let step = Fixture.step([Fixture.run("rm -rf '~'"), .check])
        let trial = try #require(mutants(step).first { $0.kind == .echoed })
        guard case .run(let run) = trial.actions[0], case .words(let words) = run.command else {
            Issue.record("no command of words")
            return
        }
        #expect(words.last == "rm -rf '~'" && !words[2].contains("rm"))
        #expect(trial.actions.last == .check)
    }

    @Test("Files that are asked for are touched, others are not") func touched() throws {
        let there = CheckStatement(kind: "file", fields: ["on": .string("two"), "path": .string("~/x")])
        let gone = CheckStatement(
            kind: "file", fields: ["on": .string("two"), "path": .string("~/y"), "exists": .boolean(false)])
        let step = Fixture.step([Fixture.run("a")], checks: [there, gone])
        let trial = try #require(mutants(step).first { $0.kind == .touched })
        #expect(trial.actions.count == 1)
        guard case .run(let run) = trial.actions[0] else { return }
        #expect(run.machine == "two" && run.user == "lee")
        #expect(mutants(Fixture.step([Fixture.run("a")], checks: [gone])).allSatisfy { $0.kind != .touched })
    }

    @Test(
        "So are those that other checks ask for",
        arguments: [
            ("captured", ["on": .string("two"), "file": .string("x.pcap")], "two", "x.pcap"),
            (
                "copied",
                ["from": .string("one"), "source": .string("/s"), "to": .string("two"), "target": .string("/tmp/x")],
                "two", "/tmp/x"
            ),
            (
                "fetched",
                ["on": .string("one"), "of": .string("two"), "paths": .list([.string("/a"), .string("/b")])],
                "one", "/a"
            ),
        ] as [(String, [String: FieldValue], String, String)])
    func touchedOthers(kind: String, fields: [String: FieldValue], machine: String, path: String) throws {
        let step = Fixture.step([Fixture.run("a")], checks: [CheckStatement(kind: kind, fields: fields)])
        let trial = try #require(mutants(step).first { $0.kind == .touched })
        guard case .run(let run)? = trial.actions.last, case .words(let words) = run.command else {
            Issue.record("no command of words")
            return
        }
        #expect(run.machine == machine && words.last == path && words.count == 5)
    }

    @Test(
        "A login between machines is forged wherever its server records it, with its sessions",
        arguments: [
            (
                "copied",
                ["from": .string("one"), "to": .string("two"), "source": .string("/s"), "target": .string("/tmp/x")],
                [
                    "two Accepted publickey for lee from 192.168.122.1 port 41561 ssh2",
                    "one Accepted publickey for kim from 192.168.122.2 port 41561 ssh2",
                ]
            ),
            (
                "parallel-sessions", ["on": .list([.string("one"), .string("two")]), "from": .string("two")],
                [
                    "one Accepted publickey for kim from 192.168.122.2 port 41561 ssh2",
                    "two Accepted publickey for lee from 192.168.122.2 port 41561 ssh2",
                ]
            ),
        ] as [(String, [String: FieldValue], [String])])
    func forgedLogins(kind: String, fields: [String: FieldValue], expected: [String]) throws {
        let step = Fixture.step([Fixture.run("a")], checks: [CheckStatement(kind: kind, fields: fields)])
        let trial = try #require(mutants(step).first { $0.kind == .forged })
        let lines = trial.actions.compactMap { action -> String? in
            guard case .run(let run) = action, case .words(let words) = run.command else { return nil }
            return words.first { $0.hasPrefix("Accepted") }.map { "\(run.machine) \($0)" }
        }
        #expect(lines == expected)
        let told = String(describing: trial.actions).components(separatedBy: "Starting session: subsystem")
        #expect(told.count == expected.count + 1)
        #expect(trial.actions.count == expected.count + (kind == "copied" ? 2 : 0))
    }

    @Test("A login's line in the log is forged, and its own check has to see that") func forged() throws {
        let check = CheckStatement(
            kind: "ssh-accepted",
            fields: ["on": .string("two"), "from": .string("one"), "method": .string("publickey")])
        let step = Fixture.step([Fixture.run("a")], checks: [CheckStatement(kind: "file", fields: [:]), check])
        let trial = try #require(mutants(step).first { $0.kind == .forged })
        #expect(trial.target == 1)
        guard case .run(let run) = trial.actions[0], case .words(let words) = run.command else { return }
        #expect(words.contains("Accepted publickey for lee from 192.168.122.1 port 41561 ssh2"))
        let console = CheckStatement(kind: "console-login", fields: ["on": .string("two")])
        let other = try #require(
            mutants(Fixture.step([Fixture.run("a")], checks: [console])).first { $0.kind == .forged })
        guard case .run(let run) = other.actions[0], case .words(let words) = run.command else { return }
        #expect(words.contains("LOGIN ON ttyS0 BY lee"))
    }

    @Test("So is the line that a program is to have recorded") func forgedRecord() throws {
        func forged(_ fields: [String: FieldValue]) throws -> [String] {
            let check = CheckStatement(
                kind: "recorded",
                fields: fields.merging(["on": .string("two"), "program": .string("/usr/bin/sudo")]) { old, _ in old })
            let trial = try #require(
                mutants(Fixture.step([Fixture.run("a")], checks: [check])).first { $0.kind == .forged })
            guard case .run(let run) = trial.actions[0], case .words(let words) = run.command else { return [] }
            return words.suffix(2)
        }
        #expect(try forged(["contains": .string("USER=root")]) == ["sudo", "USER=root"])
        #expect(
            try forged(["matches": .string("USER=.*"), "example": .string("USER=root ;")]) == ["sudo", "USER=root ;"])
    }

    @Test("A wait is neither left out nor changed") func waits() {
        let step = Fixture.step([Fixture.run("a"), Fixture.run("sleep 5"), Fixture.run("b")])
        #expect(mutants(step).allSatisfy { !$0.name.contains("sleep") })
        #expect(mutants(step).contains { $0.name == "left out: a" })
        let more = Fixture.step([Fixture.run("sleep 5; a"), Fixture.run("b")])
        #expect(mutants(more).contains { $0.name == "left out: sleep 5; a" })
    }

    @Test("The same change in two actions says in which") func places() {
        let step = Fixture.step([Fixture.run("a -p 22"), Fixture.run("b -p 22"), Fixture.run("c -q 7")])
        let names = mutants(step).map(\.name)
        #expect(names.contains("changed: -p 22 → 23 in: a -p 22") && names.contains("changed: -p 22 → 23 in: b -p 22"))
        #expect(names.contains("changed: -q 7 → 8"))
    }

    @Test("A program of awk's is left as it is") func awk() {
        let step = Fixture.step([Fixture.run("awk -F: '$3 == 1 { n = 1 }' x; nc host 22"), Fixture.run("b")])
        #expect(mutants(step).map(\.name).filter { $0.hasPrefix("changed:") } == ["changed: host 22 → 23"])
    }

    @Test("Names are unique within a step") func unique() {
        let step = Fixture.step([Fixture.run("a 1 1"), Fixture.run("a 1 1")])
        let all = mutants(step).map(\.name)
        #expect(Set(all).count == all.count && all.contains("left out: a 1 1 (2)"))
    }
}
