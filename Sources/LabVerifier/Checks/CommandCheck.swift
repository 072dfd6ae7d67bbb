import LabFile

/// `command`: a command on a machine ends so.
struct CommandCheck: Check {
    static let spec = CheckSpec(
        "command", mode: .holds, basis: .guest, "The command ends with this status and prints this.",
        fields: [
            .init("on", .machine, required: true, "The machine."),
            .init("run", .command, required: true, "The command; it must change nothing."),
            .init("user", .string, "Who runs it; default the machine's user."),
            .init("status", .integer, "The exit status; default 0."),
            .init("output", .string, "Text that must appear in what it prints."),
        ])

    let machine: String
    let command: Command
    let user: String?
    let status: Int
    let output: String?

    init(_ fields: Fields) throws {
        machine = try fields.required("on")
        guard let command = fields.command("run") else { throw MissingField(name: "run") }
        self.command = command
        user = fields.string("user")
        status = fields.integer("status") ?? 0
        output = fields.string("output")
    }

    func judge(on bench: any Bench) async throws -> Finding {
        let user = try bench.user(user, of: machine)
        let seen = try await bench.observe(
            on: machine, as: user == "root" ? nil : user, command.script, command.arguments)
        let text = shown(command.text, limit: 60)
        var wrong: [Localized] = []
        if seen.status != status {
            wrong.append(
                Localized(
                    ko: "종료 상태: \(seen.status) (기대한 값 \(status))",
                    en: "it ended with status \(seen.status), not \(status)."))
            wrong += Self.last(seen)
        }
        if let output, !seen.output.holds(output) {
            let first = seen.output.lines(droppingReturn: true).first.map { shown($0) }
            wrong.append(
                Localized(
                    ko: first.map { "있어야 할 내용이 출력에 없어요. 첫 줄: \($0)" } ?? "아무것도 출력하지 않았어요.",
                    en: first.map { "what should appear does not; its first line: \($0)" } ?? "it printed nothing."))
        }
        let there = Localized(
            ko: "\(machine)에서 \(user) 사용자로 \"\(text)\":", en: "\"\(text)\" as \(user) on \(machine):")
        return Finding(
            wrong.isEmpty ? .pass : .fail, machine: machine,
            expected: Localized(
                ko: "\"\(text)\" 명령이 기대한 대로 끝나요",
                en: "\"\(text)\" ends as it should"),
            observed: wrong.isEmpty
                ? there + Localized(ko: "기대한 대로 끝났어요.", en: "it ended as it should.") : there + wrong.lines)
    }

    /// The last lines of what it said, those of its errors if there are any.
    private static func last(_ seen: Observation) -> [Localized] {
        let said = seen.error.contains { !$0.isWhitespace } ? seen.error : seen.output
        return said.lines(droppingReturn: true).suffix(5).map { .same("  " + shown($0)) }
    }
}

extension Command {
    /// A script that runs the command from its arguments, so that no value is pasted into a shell's text.
    var script: String {
        switch self {
        case .shell: #"exec /bin/bash -c "$1""#
        case .words: #"exec "$@""#
        }
    }

    /// The script's arguments.
    var arguments: [String] {
        switch self {
        case .shell(let text): [text]
        case .words(let words): words
        }
    }

    /// How it reads.
    var text: String { arguments.joined(separator: " ") }
}
