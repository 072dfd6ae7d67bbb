import Foundation
public import LabFile
import LabStore

/// Plays actions on the live machines: a step's solution, its setup, or a mutant.
public struct SolutionPlayer: Sendable {
    /// What happens while actions are played.
    public enum Event: Sendable, Equatable {
        /// A command begins on a machine, as it is typed.
        case command(machine: String, user: String, text: String)
        /// A machine's console is sat down at, in a rescue shell or not.
        case console(machine: String, isRescue: Bool)
        /// A line is typed there; what is typed at a prompt for a password is not told.
        case typed(machine: String, text: String)
        /// It ended; what it said on its terminal, or on standard output and standard error.
        case ended(status: Int, said: String)
        /// An answer is given.
        case answer(question: String, value: String)
    }

    let session: LiveSession
    /// Fills variables in.
    let fill: @Sendable (String) throws -> String
    /// The longest that one command may take, in seconds.
    let limit: Int

    /// Makes a player for a session; `fill` puts the values of variables into texts. `limit` is the longest that one
    /// command may take, in seconds; nil leaves time for what is slow.
    public init(session: LiveSession, limit: Int? = nil, fill: @escaping @Sendable (String) throws -> String) {
        self.session = session
        self.fill = fill
        self.limit = limit ?? Self.most(session)
    }

    private static func most(_ session: LiveSession) -> Int {
        session.record.accelerator == Accelerator.kvm.rawValue ? 180 : 900
    }

    /// Runs one action. `.check` and `.answer` with a fixed value are for the caller; this plays commands and reads
    /// the value of an answer that comes from one.
    ///
    /// Throws when a command fails that may not.
    public func play(_ action: RunAction, asRoot: Bool = false, report: @Sendable (Event) -> Void) async throws {
        let machine = try session.machine(action.machine)
        let user = try action.user.map(fill) ?? (asRoot ? "root" : machine.user)
        let command = try filled(action.command)
        report(.command(machine: machine.name, user: user, text: Self.typed(command)))
        let outcome = try await run(command, as: user, on: machine.name, dialogue: action.dialogue, action.background)
        let said = outcome.text + outcome.errorText
        report(.ended(status: outcome.status, said: said))
        if outcome.status != 0, !action.mayFail {
            let words = "\(Self.typed(command))\n\(said.suffix(1500))"
            throw LabError(
                .failed,
                Localized(
                    ko: "\(machine.name)에서 이 명령이 상태 \(outcome.status)(으)로 끝났어요: \(words)",
                    en: "on \(machine.name) this ended with status \(outcome.status): \(words)"))
        }
    }

    /// Types at a machine's console; boots it into a root shell before, and into its own system afterwards, where that is
    /// asked for. Throws when a prompt does not come.
    public func play(_ action: ConsoleAction, report: @escaping @Sendable (Event) -> Void) async throws {
        let machine = try session.machine(action.machine)
        let dialogue = try action.dialogue.map { DialogueLine(when: try fill($0.when), say: try fill($0.say)) }
        report(.console(machine: machine.name, isRescue: action.isRescue))
        let player = ConsolePlayer(session: session, machine: machine.name, limit: limit)
        let rescue = Rescue(session: session)
        if action.isRescue { try await rescue.enter(machine) }
        let said: Result<String, any Error>
        do {
            said = .success(
                try await player.play(dialogue) { line in
                    let isSecret = line.when.lowercased().contains("password")
                    report(.typed(machine: machine.name, text: isSecret ? "••••" : line.say))
                })
        } catch {
            said = .failure(error)
        }
        // In a task of its own: the machine's own system comes back although what was going on was cancelled.
        if action.isRescue { try await Task { try await rescue.leave(machine) }.value }
        report(.ended(status: 0, said: try said.get()))
    }

    /// The value of an answer: the text itself, or what a command prints on a machine, trimmed.
    public func value(of answer: AnswerAction) async throws -> String {
        switch answer.source {
        case .value(let text): return try fill(text)
        case .command(let name, let command):
            let machine = try session.machine(name)
            let words = UserCommand.words(try filled(command), as: machine.user)
            return try await session.agent(name).check(words, seconds: limit)
                .trimmingCharacters(in: .whitespacesAndNewlines)
        }
    }

    private func filled(_ command: Command) throws -> Command {
        switch command {
        case .shell(let text): .shell(try fill(text))
        case .words(let words): .words(try words.map(fill))
        }
    }

    private func run(
        _ command: Command, as user: String, on machine: String, dialogue: [DialogueLine], _ background: Bool
    ) async throws -> GuestAgent.Outcome {
        let agent = session.agent(machine)
        let words = UserCommand.words(command, as: user)
        if dialogue.isEmpty, !background { return try await agent.run(words, seconds: limit) }
        if dialogue.isEmpty {
            let script = #"setsid "$@" </dev/null >/dev/null 2>&1 &"#
            return try await agent.run(["/bin/sh", "-c", script, "sh"] + words, seconds: limit)
        }
        // What was begun in the background goes on when this action has ended, however long its answers took.
        let plan = DialogueScript.Plan(
            dialogue: try dialogue.map { [try fill($0.when), try fill($0.say)] },
            limit: background ? nil : max(limit - 10, limit / 2), transcript: background ? "/dev/null" : nil)
        let driver = ["/usr/bin/python3", "-c", DialogueScript.text] + words
        let input = try JSONEncoder().encode(plan)
        if background {
            // The plan reaches the driver through a file that only root can read: a background job has no input.
            let script = #"f=$(mktemp); cat > "$f"; exec 3<"$f"; rm -f "$f"; setsid "$@" <&3 >/dev/null 2>&1 &"#
            return try await agent.run(["/bin/sh", "-c", script, "sh"] + driver, input: input, seconds: limit)
        }
        return try await agent.run(driver, input: input, seconds: limit)
    }

    /// A command as it is typed.
    static func typed(_ command: Command) -> String {
        switch command {
        case .shell(let text): text
        case .words(let words): words.map(quoted).joined(separator: " ")
        }
    }

    /// A word as a shell takes it for one.
    static func quoted(_ word: String) -> String {
        let isPlain = word.wholeMatch(of: /[A-Za-z0-9_@%+=:,.\/~-]+/) != nil
        return isPlain ? word : "'" + word.replacing("'", with: #"'\''"#) + "'"
    }
}
