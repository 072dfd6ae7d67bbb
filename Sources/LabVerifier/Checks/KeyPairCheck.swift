import LabFile

/// `key-pair`: the user has a private key that only they can read, and its public half beside it.
struct KeyPairCheck: Check {
    static let spec = CheckSpec(
        "key-pair", mode: .holds, basis: .guest,
        "A private key with mode 0600 or stricter and the right owner; its public half beside it is of the same pair.",
        fields: [
            .init("on", .machine, required: true, "The machine."),
            .init("user", .string, "The user; default the machine's."),
            .init("encrypted", .boolean, "Whether a passphrase protects it; default does not matter."),
            .init("name", .string, "The file's name under ~/.ssh; default any."),
            .init(
                "every", .boolean, "Whether all private keys under ~/.ssh have to be like that; default one is enough."),
        ])

    let machine: String
    let fields: Fields

    init(_ fields: Fields) throws {
        machine = try fields.required("on")
        self.fields = fields
    }

    private static let script = #"""
        #!perl
        for (private_keys(@ARGV)) {
            my ($file, $name, $state, $own) = @$_;
            my @stat = stat $file;
            my ($pub) = public_keys("$file.pub");
            printf "%s %o %s %s %s %s\n", $state, $stat[2] & 07777, getpwuid $stat[4] // "UNKNOWN",
                print_of($own), print_of($pub), $name;
        }
        """#

    func judge(on bench: any Bench) async throws -> Finding {
        let user = try bench.user(fields.string("user"), of: machine)
        let seen = try await bench.look(on: machine, Self.script, [user, fields.string("name") ?? ""])
        guard seen.status == 0 else {
            throw Unjudgeable(
                Localized(
                    ko: "\(machine)에서 \(user) 사용자의 키를 볼 수 없어요(상태 \(seen.status)).",
                    en: "The keys of \(user) on \(machine) cannot be looked at (status \(seen.status))."))
        }
        var problems: [Localized] = []
        var right: [String] = []
        for line in seen.output.lines() {
            let words = line.split(separator: " ").map { shown($0) }
            guard words.count == 6 else { continue }
            let wrong = wrong(
                state: words[0], mode: words[1], owner: words[2], own: words[3], pub: words[4], user: user)
            if wrong.isEmpty { right.append("\(machine): ~\(user)/.ssh/\(words[5]), \(words[1]), \(words[4])") }
            problems += wrong.map {
                Localized(
                    ko: "\(machine)의 ~/.ssh/\(words[5]): \($0.ko)", en: "~/.ssh/\(words[5]) on \(machine): \($0.en)")
            }
        }
        if let found = right.first, problems.isEmpty || fields.boolean("every") != true {
            return Finding(.pass, machine: machine, expected: expected(user), observed: .same(found))
        }
        guard problems.isEmpty else {
            return Finding(.fail, machine: machine, expected: expected(user), observed: problems.lines)
        }
        return Finding(
            .fail, machine: machine, expected: expected(user),
            observed: Localized(
                ko: "\(machine)에서 \(user) 사용자의 ~/.ssh에 그런 개인키가 없어요.",
                en: "there is no such private key in ~/.ssh of \(user) on \(machine)."),
            hint: Localized(
                ko: "어느 기계에서, 어느 사용자로 만들었는지 보세요.", en: "On which machine, and as which user, was it made?"))
    }

    private func wrong(state: String, mode: String, owner: String, own: String, pub: String, user: String)
        -> [Localized]
    {
        var wrong: [Localized] = []
        if state == "damaged" {
            wrong.append(Localized(ko: "ssh-keygen이 읽지 못해요.", en: "ssh-keygen cannot read it."))
        } else if let encrypted = fields.boolean("encrypted"), encrypted != (state == "encrypted") {
            wrong.append(
                encrypted
                    ? Localized(ko: "패스구문이 걸려 있지 않아요.", en: "it has no passphrase.")
                    : Localized(ko: "패스구문이 걸려 있어요.", en: "it has a passphrase."))
        }
        if (Int(mode, radix: 8) ?? 0o777) & 0o077 != 0 {
            wrong.append(
                Localized(ko: "권한 \(mode): 주인 말고 다른 사용자에게도 열려 있어요.", en: "mode \(mode): not only its owner has it."))
        }
        if owner != user { wrong.append(Localized(ko: "지금 주인: \(owner)", en: "its owner is \(owner).")) }
        if pub == "-" {
            wrong.append(Localized(ko: "옆에 공개키(.pub)가 없어요.", en: "its public half (.pub) is not beside it."))
        } else if own != "-", own != pub {
            wrong.append(Localized(ko: "옆의 .pub 파일은 다른 키의 것이에요.", en: "the .pub file beside it is another key's."))
        }
        return wrong
    }

    private func expected(_ user: String) -> Localized {
        let kind = fields.boolean("encrypted").map {
            $0
                ? Localized(ko: "패스구문으로 잠긴 ", en: "passphrase-protected ")
                : Localized(ko: "패스구문 없는 ", en: "passphrase-free ")
        }
        return Localized(
            ko: "\(user) 사용자에게 \(kind?.ko ?? "")키 쌍이 있어요", en: "\(user) has a \(kind?.en ?? "")key pair")
    }
}
