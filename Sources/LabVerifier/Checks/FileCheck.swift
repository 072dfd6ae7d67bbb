import LabFile

/// `file`: a file is there and is so.
struct FileCheck: Check {
    static let spec = CheckSpec(
        "file", mode: .holds, basis: .guest, "The file is there (or not), with this mode, owner and content.",
        fields: [
            .init("on", .machine, required: true, "The machine."),
            .init("path", .string, required: true, "The path; ~/ is the user's home."),
            .init("exists", .boolean, "Whether it is there at all; default true."),
            .init("mode", .string, "The mode in octal, such as 0600."),
            .init("owner", .string, "The owner's name."),
            .init("group", .string, "The group's name."),
            .init("contains", .string, "Text that stands in its first 250,000 bytes."),
            .init("absent", .string, "Text that does not stand in its first 250,000 bytes."),
            .init("user", .string, "Whose home ~/ is; default the machine's user."),
        ])

    let machine: String
    let path: String
    let fields: Fields

    init(_ fields: Fields) throws {
        machine = try fields.required("on")
        path = try fields.required("path")
        self.fields = fields
    }

    private static let script = #"""
        #!perl
        my $path = at_home(@ARGV);
        if (!-e $path) { print -l $path ? "dangling\n" : "missing\n"; exit 0 }
        my @stat = stat _;
        my $kind = !-f _ ? "other" : $stat[7] ? "regular file" : "regular empty file";
        printf "%o|%s|%s|%s\n", $stat[2] & 07777, getpwuid $stat[4] // "UNKNOWN", getgrgid $stat[5] // "UNKNOWN", $kind;
        print text($path, 250000) if -f _;
        """#

    func judge(on bench: any Bench) async throws -> Finding {
        let user = try bench.user(fields.string("user"), of: machine)
        let seen = try await bench.look(on: machine, Self.script, [path, user])
        let parts = seen.output.lines(maxSplits: 1, omittingEmpty: false)
        let head = parts.first.map(String.init) ?? ""
        let content = parts.count > 1 ? String(parts[1]) : ""
        let wanted = fields.boolean("exists") ?? true
        if head == "missing" || head == "dangling" {
            let observed =
                head == "missing"
                ? Localized(ko: "\(machine)에 \(path)이(가) 없어요.", en: "\(path) is not on \(machine).")
                : Localized(
                    ko: "\(machine)의 \(path)은(는) 없는 것을 가리키는 링크예요.",
                    en: "\(path) on \(machine) is a link to nothing.")
            return finding(wanted ? [observed] : [], fine: observed)
        }
        let words = head.split(separator: "|", omittingEmptySubsequences: false).map { shown($0) }
        guard seen.status == 0, words.count == 4 else {
            throw Unjudgeable(
                Localized(
                    ko: "\(machine)의 \(path)을(를) 볼 수 없어요: \(shown(seen.error))",
                    en: "\(path) on \(machine) cannot be looked at: \(shown(seen.error))"))
        }
        let fine = Localized(
            ko: "\(machine)의 \(path): 모드 \(words[0]), 주인 \(words[1]), 그룹 \(words[2])",
            en: "\(path) on \(machine): mode \(words[0]), owner \(words[1]), group \(words[2])")
        guard wanted else {
            return finding([Localized(ko: "\(machine)에 \(path)이(가) 있어요.", en: "\(path) is on \(machine).")], fine: fine)
        }
        return finding(wrong(mode: words[0], owner: words[1], group: words[2], content: content), fine: fine)
    }

    private func wrong(mode: String, owner: String, group: String, content: String) -> [Localized] {
        var wrong: [Localized] = []
        if let wanted = fields.string("mode"), Int(wanted, radix: 8) != Int(mode, radix: 8) {
            wrong.append(Localized(ko: "지금 모드: \(mode)", en: "its mode is \(mode)."))
        }
        if let wanted = fields.string("owner"), wanted != owner {
            wrong.append(Localized(ko: "지금 주인: \(owner)", en: "its owner is \(owner)."))
        }
        if let wanted = fields.string("group"), wanted != group {
            wrong.append(Localized(ko: "지금 그룹: \(group)", en: "its group is \(group)."))
        }
        if let text = fields.string("contains"), !content.holds(text) {
            wrong.append(Localized(ko: "찾는 내용이 안에 없어요.", en: "what should stand in it does not."))
        }
        if let text = fields.string("absent"), content.holds(text) {
            wrong.append(
                Localized(ko: "없어야 할 내용이 안에 있어요: \(shown(text))", en: "this still stands in it: \(shown(text))"))
        }
        return wrong
    }

    private func finding(_ wrong: [Localized], fine: Localized) -> Finding {
        let there = Localized(ko: "\(machine)의 \(path):", en: "\(path) on \(machine):")
        return Finding(
            wrong.isEmpty ? .pass : .fail, machine: machine, expected: expected,
            observed: wrong.isEmpty ? fine : there + wrong.lines)
    }

    private var expected: Localized {
        if fields.boolean("exists") == false {
            return Localized(ko: "\(path)이(가) 없어요", en: "\(path) is not there")
        }
        var ko: [String] = []
        var en: [String] = []
        if let mode = fields.string("mode") {
            ko.append("모드 \(mode)")
            en.append("mode \(mode)")
        }
        if let owner = fields.string("owner") {
            ko.append("주인 \(owner)")
            en.append("owner \(owner)")
        }
        if let group = fields.string("group") {
            ko.append("그룹 \(group)")
            en.append("group \(group)")
        }
        if fields.string("contains") != nil || fields.string("absent") != nil {
            ko.append("알맞은 내용")
            en.append("the right content")
        }
        guard !ko.isEmpty else { return Localized(ko: "\(path)이(가) 있어요", en: "\(path) is there") }
        return Localized(
            ko: "\(path): \(ko.joined(separator: ", "))", en: "\(path) has \(en.joined(separator: ", "))")
    }
}
