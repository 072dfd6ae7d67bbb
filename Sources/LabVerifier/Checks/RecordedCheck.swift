import Foundation
import LabFile

/// `recorded`: a program wrote a line to the machine's journal.
///
/// Only the program's own lines count: journald notes what the kernel says of the sender, so the same text from `logger`,
/// from a copy of it under the program's name or in a file says nothing here.
struct RecordedCheck: Check {
    static let spec = CheckSpec(
        "recorded", mode: .once, basis: .guest,
        "This program wrote such a line to the machine's journal; the same text from any other program does not count.",
        fields: [
            .init("on", .machine, required: true, "The machine."),
            .init("program", .string, required: true, "The program's file, such as /usr/sbin/sshd."),
            .init("contains", .string, "Text that stands in the line."),
            .init(
                "matches", .string,
                "A regular expression (PCRE2) that is found in the line; begin it with ^ where the program also records "
                    + "words that people typed."),
            .init(
                "example", .string,
                "Beside matches, such a line: the expression must fit it, and lab test forges it."),
            .init("user", .string, "As whom the program ran; default anyone."),
            .init("unit", .string, "The systemd unit it ran in, such as ssh.service; default any."),
            .init("since-open", .boolean, "Only lines after the step opened count."),
        ],
        flaw: flaw)

    private let machine: String
    private let program: String
    /// What journalctl looks for, as PCRE2.
    private let pattern: String
    private let user: String?
    private let unit: String?
    private let sinceOpen: Bool

    init(_ fields: Fields) throws {
        machine = try fields.required("on")
        program = try fields.required("program")
        pattern = try fields.string("matches") ?? Self.quoted(fields.required("contains"))
        user = fields.string("user")
        unit = fields.string("unit")
        sinceOpen = fields.boolean("since-open") ?? false
    }

    /// A pattern that finds just this text.
    static func quoted(_ text: String) -> String { #"\Q"# + text.replacing(#"\E"#, with: #"\E\\E\Q"#) + #"\E"# }

    /// What is wrong with the fields taken together.
    private static func flaw(_ fields: [String: FieldValue]) -> String? {
        func text(_ name: String) -> String? {
            // A variable stands for itself, in the expression and in the line that it is tried on.
            guard case .string(let text)? = fields[name] else { return nil }
            return text.replacing("{{", with: "").replacing("}}", with: "")
        }
        if let program = text("program"), !program.hasPrefix("/") {
            return "\"program\" must be the whole path of the program, such as /usr/sbin/\(program), "
                + "since that is what the journal notes"
        }
        guard let expression = text("matches") else {
            guard let wanted = text("contains"), !wanted.isEmpty else {
                return "\"recorded\" needs \"contains\" or \"matches\": what the line says"
            }
            return text("example") == nil ? nil : "\"example\" belongs to \"matches\"; take it out"
        }
        if text("contains") != nil { return "\"recorded\" takes either \"contains\" or \"matches\", not both" }
        guard let regex = try? NSRegularExpression(pattern: expression) else {
            return "\"matches\" is not a regular expression: \(expression)"
        }
        guard let example = text("example") else {
            return "\"matches\" needs an \"example\" beside it: a line as the program writes it"
        }
        let whole = NSRange(example.startIndex..., in: example)
        return regex.firstMatch(in: example, range: whole) == nil
            ? "\"matches\" is not found in the \"example\" beside it" : nil
    }

    /// Prints the newest such line as JSON after a word: `own` when all is as asked, `early` when it is only too old,
    /// `other` when the text is there and not as asked; nothing when there is no such text.
    static let script = #"""
        #!perl
        exit 69 if !defined program("journalctl");
        my ($pattern, $program, $user, $unit, $since) = @ARGV;
        my @own = ("_EXE=$program");
        if (length $user) { push @own, "_UID=" . ((getpwnam $user)[2] // exit 68) }
        push @own, "_SYSTEMD_UNIT=$unit" if length $unit;
        # What a service prints has its unit's name, whoever printed it: only what a program sent itself counts.
        push @own, "_TRANSPORT=syslog", "_TRANSPORT=journal";
        sub newest {
            my ($word, @conditions) = @_;
            my $line = said(qw(journalctl --no-pager --quiet --output=json --output-fields=MESSAGE,_EXE -n 1
                --case-sensitive=yes), "--grep=$pattern", @conditions);
            return if $line !~ /^\{/;
            print "$word $line";
            exit 0;
        }
        newest("own", @own, length $since ? "--since=\@$since" : ());
        newest("early", @own) if length $since;
        newest("other");
        """#

    func judge(on bench: any Bench) async throws -> Finding {
        // The opening is by the host's clock, the record by the guest's; they may differ a little.
        let after = sinceOpen ? String(format: "%.6f", bench.opening.timeIntervalSince1970 - 2) : ""
        let seen = try await bench.look(on: machine, Self.script, [pattern, program, user ?? "", unit ?? "", after])
        guard seen.status != 69 else {
            throw Unjudgeable(Localized(ko: "\(machine)에 journalctl이 없어요.", en: "\(machine) has no journalctl."))
        }
        if seen.status == 68 {
            return finding(.fail, Localized(ko: "\(user ?? "") 사용자가 없어요.", en: "There is no user \(user ?? "")."))
        }
        let words = seen.output.split(separator: " ", maxSplits: 1)
        guard words.count == 2, let line = JournalLine.all(words[1]).last else {
            return finding(
                .fail,
                Localized(
                    ko: "\(machine)의 저널에 \(program)이(가) 쓴 그런 줄이 없어요.",
                    en: "The journal of \(machine) has no such line of \(program)."))
        }
        let record = Localized.same("  \(ClockText.of(line.time)) \(shown(line.message))")
        switch words[0] {
        // The guest was asked for this program's; a reply of any other is not believed.
        case "own" where line.program == program:
            return finding(.pass, Localized(ko: "\(machine)의 저널:", en: "\(machine) recorded:") + record)
        case "early":
            return finding(
                .fail,
                Localized(ko: "이 단계가 열리기 전의 기록뿐이에요.", en: "The only record is older than the opening of this step:")
                    + record)
        default:
            let writer = line.program.map { shown($0) } ?? "?"
            return finding(
                .fail,
                Localized(
                    ko: "그런 글이 있지만 \(program)이(가) 쓴 것이 아니에요(쓴 프로그램: \(writer)).",
                    en: "There is such a text, but not as \(program) would have recorded it (its writer: \(writer)):")
                    + record)
        }
    }

    private func finding(_ verdict: Verdict, _ observed: Localized) -> Finding {
        Finding(
            verdict, machine: machine,
            expected: Localized(
                ko: "\(program)이(가) 그것을 \(machine)의 저널에 기록했어요", en: "\(program) has recorded it in \(machine)'s journal"
            ),
            observed: observed)
    }
}
