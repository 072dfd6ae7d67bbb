import Foundation
import LabFile

/// `fetched`: a file holds what a command prints on another machine, and was brought over SSH.
struct FetchedCheck: Check {
    static let spec = CheckSpec(
        "fetched", mode: .once, basis: .guest,
        "The file on `on` holds what the command prints on `of` now, and was written during a session that `of`'s sshd "
            + "recorded from `on`.",
        fields: [
            .init("on", .machine, required: true, "Where the file is."),
            .init("paths", .list(.string), required: true, "Where it may be; the first that exists counts."),
            .init("of", .machine, required: true, "The machine that it comes from."),
            .init("run", .command, required: true, "Prints there what the file must hold."),
            .init("contains", .boolean, "The file may hold more than that."),
        ])

    /// `$1` user, then paths: prints the first that exists, when it was written, and its content.
    static let fileScript = #"""
        #!perl
        my ($user, @paths) = @ARGV;
        for my $path (@paths) {
            my $file = at_home($path =~ m{^~?/} ? $path : "~/$path", $user);
            next if !-f $file;
            print +(stat $file)[10], " $file\n", text($file, 100000);
            exit 0;
        }
        exit 4;
        """#

    /// Runs its arguments.
    static let runScript = "exec \"$@\""

    private let machine: String
    private let paths: [String]
    private let of: String
    private let words: [String]
    private let contains: Bool

    init(_ fields: Fields) throws {
        machine = try fields.required("on")
        paths = fields.strings("paths")
        of = try fields.required("of")
        words = fields.string("run").map { ["/bin/bash", "-c", $0] } ?? fields.strings("run")
        contains = fields.boolean("contains") ?? false
    }

    func judge(on bench: any Bench) async throws -> Finding {
        let here = try bench.machine(machine)
        let there = try bench.machine(of)
        async let fileRead = bench.observe(on: machine, as: nil, Self.fileScript, [here.user] + paths)
        async let truthRead = bench.observe(on: of, as: there.user, Self.runScript, words)
        async let journalRead = SSHJournal.read(of, on: bench)
        let (file, truth, journal) = try await (fileRead, truthRead, journalRead)
        let places = paths.joined(separator: ", ")
        let parts = file.output.lines(maxSplits: 1, omittingEmpty: false)
        guard file.status == 0, parts.count == 2 else {
            return fail(
                Localized(ko: "\(machine)에 \(places)이(가) 없어요.", en: "There is no \(places) on \(machine)."),
                Localized(
                    ko: "명령을 실행한 디렉터리를 보세요. 결과는 그 아래에 생겨요.",
                    en: "Look in the directory where you ran the command; results go below it."))
        }
        let head = parts[0].split(separator: " ", maxSplits: 1)
        let path = head.count == 2 ? shown(head[1]) : places
        let written = Date(timeIntervalSince1970: head.first.flatMap { Double($0) } ?? 0)
        let content = parts[1].trimmingCharacters(in: .whitespacesAndNewlines)
        let wanted = truth.output.trimmingCharacters(in: .whitespacesAndNewlines)
        guard !wanted.isEmpty else {
            throw Unjudgeable(
                Localized(
                    ko: "\(of)에서 비교할 내용을 읽지 못했어요 (상태 \(truth.status)).",
                    en: "What to compare with could not be read on \(of) (status \(truth.status))."))
        }
        guard contains ? content.contains(wanted) : content == wanted else {
            return fail(
                Localized(
                    ko: "\(machine)의 \(path) 내용이 지금 \(of)의 것과 달라요: \"\(shown(content, limit: 60))\"",
                    en: "\(path) on \(machine) does not hold what \(of) says now, but: \"\(shown(content, limit: 60))\""
                ),
                Localized(
                    ko: "그 뒤로 바뀌었다면 다시 가져오고, 어느 기계의 결과가 담긴 파일인지 보세요.",
                    en: "Fetch it again if it changed since, and see which host's result it is."))
        }
        let query = LoginQuery(
            origin: .init(name: machine, addresses: [here.seenAddress]), kinds: [.command, .sftp])
        let logins = query.matches(in: journal)
        guard let login = logins.last(where: { $0.carried(at: written, by: [.sftp, .command]) }) else {
            let why =
                logins.isEmpty
                ? query.explain(journal, on: of)
                : LoginQuery.Explanation(
                    observed: Localized(
                        ko: "그때 \(of)의 sshd에 \(machine)에서 온 세션이 없었어요.",
                        en: "sshd on \(of) recorded no session from \(machine) at that moment."))
            return fail(
                Localized(
                    ko: "\(path)은(는) \(ClockText.of(written))에 쓰였어요. \(why.observed.ko)",
                    en: "\(path) was written at \(ClockText.of(written)). \(why.observed.en)"),
                why.hint
                    ?? Localized(
                        ko: "파일을 손으로 쓰지 말고 명령이 가져오게 하세요.",
                        en: "Let the command fetch it, rather than writing it by hand."))
        }
        return Finding(
            .pass, machine: machine, expected: expected,
            observed: Localized(
                ko: "\(path)이(가) \(of)의 내용과 같고, 이 세션에서 쓰였어요: \(login.described.ko)",
                en: "\(path) holds what \(of) says, and was written in this session: \(login.described.en)"))
    }

    private var expected: Localized {
        Localized(
            ko: "\(machine)의 \(paths.first ?? "")에 \(of)에서 가져온 내용이 들어 있어요",
            en: "\(paths.first ?? "") on \(machine) holds what was fetched from \(of)")
    }

    private func fail(_ observed: Localized, _ hint: Localized?) -> Finding {
        Finding(.fail, machine: machine, expected: expected, observed: observed, hint: hint)
    }
}
