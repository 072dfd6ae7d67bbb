public import LabFile

/// Makes mutants of a step from its solution, without the author: known-wrong ways that hold for every step.
public struct Derivation: Sendable {
    private let lab: Lab
    private let values: [String: String]

    /// Derives for a lab whose parameters have these values.
    public init(lab: Lab, values: [String: String]) {
        self.lab = lab
        self.values = values
    }

    /// The derived mutants of a step; their names are unique and do not depend on where an action stands, unless two
    /// actions are the same.
    public func mutants(of step: Step) -> [Trial] {
        let found = leftOut(step) + named(changed(step)) + echoed(step) + touched(step) + forged(step)
        var names: [String: Int] = [:]
        return found.map { trial in
            let count = (names[trial.name] ?? 0) + 1
            names[trial.name] = count
            var trial = trial
            if count > 1 { trial.name += " (\(count))" }
            return trial
        }
    }

    /// The same change in several actions says in which one it is.
    private func named(_ changes: [(trial: Trial, typed: String?)]) -> [Trial] {
        let counts = Dictionary(changes.map { ($0.trial.name, 1) }, uniquingKeysWith: +)
        return changes.map { change in
            var trial = change.trial
            if let typed = change.typed, counts[trial.name] ?? 0 > 1 { trial.name += " in: \(typed)" }
            return trial
        }
    }

    /// The solution without what only looks; nil when nothing is marked so.
    public func lookless(_ step: Step) -> Trial? {
        let left = step.solution.filter { !$0.looks }
        guard left.count < step.solution.count else { return nil }
        return Trial(step: step.id, kind: .lookless, name: "without what only looks", actions: left)
    }

    /// An action that is left out alone when it is the only thing done is the step before anything was done.
    private func leftOut(_ step: Step) -> [Trial] {
        let doing = step.solution.filter { $0 != .check && !$0.doesNothing }
        guard doing.count > 1 else { return [] }
        return step.solution.enumerated().compactMap { index, action in
            guard let typed = action.typed, !action.doesNothing else { return nil }
            var actions = step.solution
            actions.remove(at: index)
            return Trial(step: step.id, kind: .leftOut, name: "left out: \(typed)", actions: actions)
        }
    }

    /// Each with what is typed, where that is changed.
    private func changed(_ step: Step) -> [(trial: Trial, typed: String?)] {
        step.solution.enumerated().flatMap { index, action -> [(Trial, String?)] in
            switch action {
            case .check, .console: []
            case .answer(let answer):
                [
                    (
                        Trial(
                            step: step.id, kind: .changed, name: "changed: the answer to \(answer.question)",
                            actions: replacing(index, in: step, by: .answer(wrong(answer, of: step)))), nil
                    )
                ]
            case .run(let run):
                action.doesNothing
                    ? []
                    : ValueChanges(lab: lab, values: values, on: run.machine).of(run.command).map { change in
                        var other = run
                        other.command = change.command
                        return (
                            Trial(
                                step: step.id, kind: .changed, name: "changed: \(change.name)",
                                actions: replacing(index, in: step, by: .run(other))), action.typed
                        )
                    }
            }
        }
    }

    private func replacing(_ index: Int, in step: Step, by action: Action) -> [Action] {
        var actions = step.solution
        actions[index] = action
        return actions
    }

    private func wrong(_ answer: AnswerAction, of step: Step) -> AnswerAction {
        var other = answer
        let choices = step.questions.first { $0.id == answer.question }?.choices.map(\.id) ?? []
        switch answer.source {
        case .value(let value):
            let choice = choices.first { $0 != value }
            other.source = .value(choice ?? Altered.text(Variables(values).fill(value)))
        case .command(let machine, let command):
            other.source = .command(machine: machine, .words(Altered.words(command)))
        }
        return other
    }

    /// What is typed stands on the screen and in the shell's history, and nothing has happened.
    private func echoed(_ step: Step) -> [Trial] {
        var actions: [Action] = []
        for action in step.solution {
            if case .console = action { continue }
            guard case .run(let run) = action else {
                actions.append(action)
                continue
            }
            guard !run.looks else { continue }
            let script = #"printf '%s\n' "$1" | tee -a ~/.bash_history"#
            actions.append(
                .run(
                    RunAction(
                        machine: run.machine, command: .words(["/bin/sh", "-c", script, "sh", run.command.text]),
                        user: run.user)))
        }
        guard step.solution.contains(where: { $0.typed != nil && !$0.looks }) else { return [] }
        return [Trial(step: step.id, kind: .echoed, name: "echoed: every command", actions: actions)]
    }

    private func touched(_ step: Step) -> [Trial] {
        var touches: [Action] = []
        for statement in step.checks where statement.fields["exists"] != .boolean(false) {
            let script = #"""
                for path do
                    case $path in "~/"*) f=$HOME/${path#??} ;; /*) f=$path ;; *) f=$HOME/$path ;; esac
                    [ -e "$f" ] && continue
                    { mkdir -p "${f%/*}" && : > "$f"; } 2>/dev/null || { sudo -n mkdir -p "${f%/*}" && sudo -n touch "$f"; }
                done
                """#
            touches += files(of: statement).compactMap { machine, paths in
                guard let owner = lab.machine(machine)?.user else { return nil }
                return .run(
                    RunAction(
                        machine: machine, command: .words(["/bin/sh", "-c", script, "sh"] + paths),
                        user: statement.text("user") ?? owner, mayFail: true))
            }
        }
        guard !touches.isEmpty else { return [] }
        let answers = step.solution.filter { $0.typed == nil }
        return [
            Trial(step: step.id, kind: .touched, name: "touched: the files, empty", actions: touches + answers)
        ]
    }

    /// The machines and the files there that a statement asks for.
    private func files(of statement: CheckStatement) -> [(machine: String, paths: [String])] {
        func at(_ machine: String, _ paths: String) -> [(String, [String])] {
            statement.text(machine).map { [($0, Array(statement.texts(paths).prefix(1)))] } ?? []
        }
        return switch statement.kind {
        case "file": at("on", "path")
        case "captured": at("on", "file")
        case "copied": at("from", "source") + at("to", "target")
        case "fetched": at("on", "paths")
        default: []
        }
    }

    /// For each check that reads machines' logs: what the program would have written, written by something else.
    private func forged(_ step: Step) -> [Trial] {
        step.checks.enumerated().compactMap { index, statement in
            let forgings = records(of: statement).map { record in
                // The copy is not in /run, where nothing can be run; the agent's unit lets no stream below notice through.
                let script = #"""
                    program=$1
                    shift
                    copy=$(mktemp -d)/$program
                    cp "$(command -v logger)" "$copy"
                    for line in "$@"; do
                        for tag in "$program[4242]" "$program"; do
                            logger -t "$tag" -p auth.info "$line"
                            printf '%s %s %s: %s\n' "$(date '+%b %e %T')" "$(hostname)" "$tag" "$line" >> /var/log/auth.log
                        done
                        "$copy" -t "$program" -p auth.info "$line"
                        printf '%s\n' "$line" | systemd-cat -t "$program" -p notice
                    done
                    """#
                return Action.run(
                    RunAction(
                        machine: record.machine,
                        command: .words(["/bin/sh", "-c", script, "sh", record.program] + record.lines), user: "root",
                        mayFail: true))
            }
            guard !forgings.isEmpty else { return nil }
            return Trial(
                step: step.id, kind: .forged, name: "forged: the log line for \(statement.kind)",
                actions: forgings + copies(for: statement), target: index)
        }
    }

    /// The same file on both ends of a `copied`, written by no session.
    private func copies(for statement: CheckStatement) -> [Action] {
        guard statement.kind == "copied" else { return [] }
        let script = #"""
            if [ "$2" = directory ]; then mkdir -p "$1" && set -- "$1/file"; else mkdir -p "${1%/*}"; fi
            echo forged > "$1"
            touch -d 2026-01-01 "$1"
            chmod 644 "$1"
            """#
        let kind = statement.fields["directory"] == .boolean(true) ? "directory" : "file"
        return files(of: statement).flatMap { machine, paths in
            paths.map { path in
                .run(
                    RunAction(
                        machine: machine, command: .words(["/bin/sh", "-c", script, "sh", path, kind]),
                        user: lab.machine(machine)?.user, mayFail: true))
            }
        }
    }

    /// Lines that a program writes into a machine's log.
    private struct Record {
        var machine: String
        var program: String
        var lines: [String]
    }

    /// What a statement reads in machines' logs; nothing when it reads none.
    private func records(of statement: CheckStatement) -> [Record] {
        func field(_ name: String) -> String? { statement.text(name) }
        let machine = field("on").flatMap { lab.machine($0) }
        switch statement.kind {
        case "console-login":
            guard let machine else { return [] }
            let user = field("user") ?? machine.user
            let lines = [
                "pam_unix(login:session): session opened for user \(user)(uid=1000) by LOGIN(uid=0)",
                "LOGIN ON ttyS0 BY \(user)",
            ]
            return [Record(machine: machine.name, program: "login", lines: lines)]
        case "recorded":
            guard let machine, let program = field("program"), let line = field("example") ?? field("contains") else {
                return []
            }
            let name = String(program.split(separator: "/").last ?? "")
            return [Record(machine: machine.name, program: name, lines: [line])]
        default:
            return logins(of: statement).compactMap { login in
                guard let server = lab.machine(login.server) else { return nil }
                let user = field("user") ?? server.user
                let client = login.client.flatMap { lab.machine($0) } ?? lab.machines.first
                let address = client?.address ?? ""
                let method = field("method") ?? login.method
                return Record(
                    machine: server.name, program: "sshd",
                    lines: [
                        "Accepted \(method) for \(user) from \(address) port 41561 ssh2",
                        "pam_unix(sshd:session): session opened for user \(user)(uid=1000) by (uid=0)",
                        "Starting session: command for \(user) from \(address) port 41561 id 0",
                        "Starting session: subsystem 'sftp' for \(user) from \(address) port 41561 id 0",
                    ])
            }
        }
    }

    /// A login that a statement finds in sshd's record, where nothing but that record and files is asked for: where it is
    /// recorded, who called, and how it was let in unless the statement says.
    private struct Login {
        var server: String
        var client: String?
        var method = "publickey"
    }

    private func logins(of statement: CheckStatement) -> [Login] {
        func field(_ name: String) -> String? { statement.text(name) }
        func login(_ server: String, _ client: String) -> [Login] {
            field(server).map { [Login(server: $0, client: field(client))] } ?? []
        }
        switch statement.kind {
        case "ssh-accepted", "ssh-established", "ssh-attempted":
            return field("on").map { [Login(server: $0, client: field("from"), method: "password")] } ?? []
        // Which of the two is the server depends on who called.
        case "copied": return login("to", "from") + login("from", "to")
        case "parallel-sessions": return statement.texts("on").map { Login(server: $0, client: field("from")) }
        default: return []
        }
    }
}

extension CheckStatement {
    /// A field's text; nil when it is none.
    fileprivate func text(_ name: String) -> String? {
        if case .string(let text)? = fields[name] { text } else { nil }
    }
    /// A field's text or texts.
    fileprivate func texts(_ name: String) -> [String] {
        guard case .list(let values)? = fields[name] else { return text(name).map { [$0] } ?? [] }
        return values.compactMap { if case .string(let text) = $0 { text } else { nil } }
    }
}

extension Action {
    /// Enough of what is typed on a machine to know it by; nil when it is nothing of that kind.
    var typed: String? {
        switch self {
        case .run(let run): run.command.short
        case .console(let console): "the \(console.isRescue ? "rescue console" : "console") of \(console.machine)"
        case .answer, .check: nil
        }
    }
    /// Whether it is a command that only looks.
    var looks: Bool { if case .run(let run) = self { run.looks } else { false } }
    /// Whether it only looks or waits: without it, or with another number in it, nothing is done wrongly.
    var doesNothing: Bool {
        guard case .run(let run) = self else { return false }
        return run.looks || run.command.text.wholeMatch(of: /sleep\s+[0-9.]+[smh]?/) != nil
    }
}

extension Command {
    /// The command as it stands in the file, on one line.
    var text: String {
        switch self {
        case .shell(let text): text
        case .words(let words): words.joined(separator: " ")
        }
    }

    /// Enough of it to know it by.
    var short: String {
        let line = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return line.count > 72 ? line.prefix(71) + "…" : line
    }
}
