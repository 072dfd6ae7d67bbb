import LabFile

/// `authorized-key`: another machine's user may log in with their key, as far as files and modes go.
struct AuthorizedKeyCheck: Check {
    static let spec = CheckSpec(
        "authorized-key", mode: .holds, basis: .guest,
        "authorized_keys has that machine's user's public key, with owner and modes as StrictModes wants.",
        fields: [
            .init("on", .machine, required: true, "The machine that is logged in to."),
            .init("key-of", .machine, required: true, "The machine that the key is on."),
            .init("user", .string, "Whose authorized_keys; default the machine's user."),
            .init("key-user", .string, "Whose key; default that machine's user."),
            .init("key-name", .string, "The key's file name under ~/.ssh; default any."),
            .init("options", .list(.string), "Options that stand before the key on every line of it."),
        ])

    let machine: String
    let source: String
    let fields: Fields

    init(_ fields: Fields) throws {
        machine = try fields.required("on")
        source = try fields.required("key-of")
        self.fields = fields
    }

    private static let script = #"""
        #!perl
        my $home = home($ARGV[0]);
        my $list = "$home/.ssh/authorized_keys";
        for my $path ($home, "$home/.ssh", $list) {
            my @stat = stat $path;
            if (!@stat) { print "missing - - $path\n"; next }
            printf "path %o %s %s\n", $stat[2] & 07777, getpwuid $stat[4] // "UNKNOWN", $path;
        }
        print "line $_\n" for -f $list ? split /\n/, text($list, 200000) : ();
        """#

    func judge(on bench: any Bench) async throws -> Finding {
        let user = try bench.user(fields.string("user"), of: machine)
        let keyUser = try bench.user(fields.string("key-user"), of: source)
        let keys = try await PublicKeys.look(
            on: source, user: keyUser, name: fields.string("key-name"), bench: bench)
        let expected = Localized(
            ko: "\(machine)의 \(user)이(가) \(source)의 \(keyUser) 키를 받아들이게 되어 있어요",
            en: "\(user) on \(machine) is set to accept the key of \(keyUser) on \(source)")
        guard !keys.keys.isEmpty else {
            return Finding(
                .fail, machine: machine, expected: expected,
                observed: Localized(
                    ko: "\(source)의 \(keyUser)에게 아직 키 쌍이 없어요.", en: "\(keyUser) on \(source) has no key pair yet."))
        }
        let seen = try await bench.look(on: machine, Self.script, [user])
        guard seen.status == 0 else {
            throw Unjudgeable(
                Localized(
                    ko: "\(machine)에 \(user) 사용자가 없어요.", en: "There is no user \(user) on \(machine)."))
        }
        let (wrong, lines) = Self.read(seen.output, user: user)
        var problems = wrong.map(\.observed)
        let own = lines.filter { line in keys.keys.values.contains { Self.names(line, $0) } }
        let wanted = fields.strings("options")
        if problems.isEmpty, let loose = own.first(where: { !Self.missing(wanted, in: $0).isEmpty }) {
            let names = Self.missing(wanted, in: loose).map { $0.prefix { $0 != "=" } }.joined(separator: ", ")
            problems.append(
                Localized(
                    ko: "\(machine)의 ~\(user)/.ssh/authorized_keys에서 그 키의 줄에 있어야 할 옵션이 없어요: \(shown(names))",
                    en:
                        "the line of that key in ~\(user)/.ssh/authorized_keys on \(machine) lacks options: \(shown(names))"
                ))
        }
        if own.isEmpty, problems.isEmpty {
            problems.append(
                Localized(
                    ko: "\(machine)의 ~\(user)/.ssh/authorized_keys(\(lines.count)줄)에 그 키가 온전히 들어 있지 않아요.",
                    en:
                        "~\(user)/.ssh/authorized_keys on \(machine) (\(lines.count) lines) does not have that key, whole."
                ))
        }
        guard problems.isEmpty else {
            return Finding(
                .fail, machine: machine, expected: expected, observed: problems.lines,
                hint: wrong.first?.hint
                    ?? (own.isEmpty
                        ? Localized(
                            ko: "키 하나는 한 줄이에요. 복사하다 줄이 나뉘거나 잘리지 않았는지 보세요.",
                            en: "A key is one line. Was it broken or cut while it was copied?") : nil))
        }
        return Finding(
            .pass, machine: machine, expected: expected,
            observed: Localized(
                ko: "\(machine)의 ~\(user)/.ssh/authorized_keys에 그 키가 있고 모드도 알맞아요.",
                en: "the key is in ~\(user)/.ssh/authorized_keys on \(machine), and the modes are right."))
    }

    /// What is wrong about a path, and what to look at.
    private struct Problem {
        var observed: Localized
        var hint: Localized
    }

    private static let strict = Localized(
        ko: "sshd는 다른 사람이 바꿀 수 있는 곳에 있는 키를 믿지 않아요(StrictModes).",
        en: "sshd does not trust a key that somebody else could change (StrictModes).")

    private static func read(_ text: String, user: String) -> (wrong: [Problem], lines: [String]) {
        var wrong: [Problem] = []
        var lines: [String] = []
        for line in text.lines(droppingReturn: true) {
            if line.hasPrefix("line ") {
                let entry = line.dropFirst(5).drop { $0 == " " || $0 == "\t" }
                if !entry.isEmpty, !entry.hasPrefix("#") { lines.append(String(entry)) }
                continue
            }
            let words = line.split(separator: " ", maxSplits: 3).map(String.init)
            guard words.count == 4 else { continue }
            let (mode, owner, path) = (Int(words[1], radix: 8) ?? 0, shown(words[2]), shown(words[3]))
            if words[0] == "missing" {
                wrong.append(
                    Problem(
                        observed: Localized(ko: "\(path)이(가) 없어요.", en: "\(path) is not there."),
                        hint: Localized(ko: "키를 그 서버에 복사했나요?", en: "Has the key been copied to that server?")))
            } else if owner != user && owner != "root" {
                wrong.append(
                    Problem(
                        observed: Localized(ko: "\(path)의 주인이 다른 사용자예요: \(owner)", en: "\(path) belongs to \(owner)."),
                        hint: strict))
            } else if mode & 0o022 != 0 {
                wrong.append(
                    Problem(
                        observed: Localized(
                            ko: "\(path)(모드 \(words[1]))을(를) 다른 사용자가 바꿀 수 있어요.",
                            en: "\(path) has mode \(words[1]): others can change it."),
                        hint: strict))
            } else if mode & (owner == user ? 0o400 : 0o044) == 0 {
                wrong.append(
                    Problem(
                        observed: Localized(
                            ko: "\(path)(모드 \(words[1]))을(를) \(user) 자신이 읽을 수 없어요.",
                            en: "\(path) has mode \(words[1]): \(user) cannot read it."),
                        hint: Localized(
                            ko: "sshd는 이 파일을 \(user)(으)로 읽어요.", en: "sshd reads this file as \(user).")))
            }
        }
        return (wrong, lines)
    }

    /// The line's words (sshd(8), AUTHORIZED_KEYS FILE FORMAT): options may stand before the key, and in their quotes
    /// blanks and keys are only text.
    private static func words(_ line: String) -> [String] { split(line, at: { $0 == " " || $0 == "\t" }) }

    /// Scalar by scalar, as sshd reads bytes: a quote with an accent on it is a quote all the same.
    private static func split(_ text: String, at isSeparator: (Unicode.Scalar) -> Bool) -> [String] {
        var words: [String.UnicodeScalarView] = [.init()]
        var quoted = false
        var escaped = false
        for scalar in text.unicodeScalars {
            if scalar == "\"", !escaped { quoted.toggle() }
            escaped = scalar == "\\"
            if isSeparator(scalar), !quoted {
                if words.last?.isEmpty == false { words.append(.init()) }
            } else {
                words[words.count - 1].append(scalar)
            }
        }
        return words.map { String($0) }
    }

    /// Which of these options do not stand before the key; names of options count without regard to case.
    static func missing(_ options: [String], in line: String) -> [String] {
        func plain(_ option: String) -> String {
            let name = option.prefix { $0 != "=" }
            return name.lowercased() + option.dropFirst(name.count)
        }
        let given = Set(split(words(line)[0], at: { $0 == "," }).map(plain))
        return options.filter { !given.contains(plain($0)) }
    }

    /// Whether a line of authorized_keys is for this key.
    static func names(_ line: String, _ key: String) -> Bool {
        let words = words(line)
        let start = key.hasPrefix(words[0] + " ") ? 0 : 1
        guard words.count > start + 1, !words[0].split(separator: ",").contains("cert-authority") else { return false }
        return "\(words[start]) \(words[start + 1])" == key
    }
}
