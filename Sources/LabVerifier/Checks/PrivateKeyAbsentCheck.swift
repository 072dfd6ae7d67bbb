import LabFile

/// `private-key-absent`: another machine's private key was not copied here.
struct PrivateKeyAbsentCheck: Check {
    static let spec = CheckSpec(
        "private-key-absent", mode: .holds, basis: .guest,
        "No file below /home, /root, /tmp, /etc, /opt, /srv, /mnt and the like, whatever its name, is the private half of "
            + "that machine's key.",
        fields: [
            .init("on", .machine, required: true, "The machine that must not have it."),
            .init("key-of", .machine, required: true, "The machine that the key belongs on."),
            .init("user", .string, "Whose key; default that machine's user."),
        ])

    let machine: String
    let source: String
    let user: String?
    /// Where a key could have been put; a test looks into its own directory only.
    var roots = [
        "/home", "/root", "/tmp", "/var/tmp", "/dev/shm", "/run/user", "/run/user/*", "/opt", "/srv", "/mnt", "/media",
        "/usr/local",
        "/etc", "/var/lib",
    ]

    init(_ fields: Fields) throws {
        machine = try fields.required("on")
        source = try fields.required("key-of")
        user = fields.string("user")
    }

    /// Prints the fingerprint and the path of every private key below the directories given; a file without a legible
    /// public half, with `-`. What would break the line is `?` in a path.
    private static let script = #"""
        #!perl
        my @files = key_files(map { glob } @ARGV);
        exit 5 if @files >= 2000;
        for my $file (@files) { print print_of((private_key($file))[1]), " ", $file =~ tr/\0-\x1f\x7f/?/r, "\n" }
        """#

    private static let fingerprints = #"""
        #!perl
        print print_of($_), "\n" for @ARGV;
        """#

    func judge(on bench: any Bench) async throws -> Finding {
        let user = try bench.user(user, of: source)
        let keys = try await PublicKeys.look(on: source, user: user, name: nil, bench: bench)
        let expected = Localized(
            ko: "\(source)의 개인키가 \(machine)에 없어요", en: "the private key of \(source) is not on \(machine)")
        guard !keys.keys.isEmpty else {
            return Finding(
                .fail, machine: machine, expected: expected,
                observed: Localized(
                    ko: "\(source)의 \(user)에게 아직 키 쌍이 없어요.", en: "\(user) on \(source) has no key pair yet."))
        }
        let theirs = try await bench.look(on: source, Self.fingerprints, keys.keys.values.sorted())
        let wanted = Set(theirs.output.lines().map(String.init))
        let seen = try await bench.look(on: machine, Self.script, roots)
        guard seen.status == 0 else {
            throw Unjudgeable(
                Localized(
                    ko: "\(machine)에서 개인키를 찾아볼 수 없어요(상태 \(seen.status)).",
                    en: "\(machine) cannot be searched for private keys (status \(seen.status))."))
        }
        let copies = seen.output.lines().compactMap { line -> String? in
            let words = line.split(separator: " ", maxSplits: 1).map(String.init)
            return words.count == 2 && wanted.contains(words[0]) ? words[1] : nil
        }
        guard let copy = copies.first else {
            return Finding(
                .pass, machine: machine, expected: expected,
                observed: Localized(
                    ko: "\(machine)에서 그 개인키를 찾지 못했어요.", en: "that private key was not found on \(machine)."))
        }
        return Finding(
            .fail, machine: machine, expected: expected,
            observed: Localized(
                ko: "\(machine)의 \(shown(copy))이(가) \(source)의 개인키예요.",
                en: "\(shown(copy)) on \(machine) is the private key of \(source)."),
            hint: Localized(
                ko: "개인키는 만든 곳을 떠나지 않아요. 키를 복사하지 않고 다음 서버로 가는 방법이 있어요.",
                en: "A private key does not leave the place where it was made. There is a way on without copying it."))
    }
}
