import LabFile

/// `known-host`: the client's user knows the server by the key that it has now, and by no other.
struct KnownHostCheck: Check {
    static let spec = CheckSpec(
        "known-host", mode: .holds, basis: .guest,
        "The user's known_hosts has the server's live key, and no other key for it.",
        fields: [
            .init("on", .machine, required: true, "The client machine."),
            .init("of", .machine, required: true, "The server machine."),
            .init("user", .string, "The user on the client; default the machine's."),
            .init("port", .port, "The server's port; default 22."),
        ])

    let machine: String
    let server: String
    let user: String?
    let port: Int

    init(_ fields: Fields) throws {
        machine = try fields.required("on")
        server = try fields.required("of")
        user = fields.string("user")
        port = fields.integer("port") ?? 22
    }

    private static let entries = #"""
        #!perl
        my ($user, @names) = @ARGV;
        my $file = home($user) . "/.ssh/known_hosts";
        if (!-f $file) { print "nofile\n"; exit 0 }
        for my $name (@names) { print grep { !/^#/ } map { "$_\n" } split /\n/, said("ssh-keygen", "-F", $name, "-f", $file) }
        """#

    /// The entries in the files, and by the name, that the user's own configuration says (ssh_config(5):
    /// UserKnownHostsFile, whose tokens ssh -G has filled in, and HostKeyAlias). As that user; arguments: the port and the
    /// server's names.
    static let configured = #"""
        #!perl
        my ($port, @names) = @ARGV;
        for my $name (@names) {
            my $said = said("ssh", "-G", "-p", $port, "--", $name);
            my ($host) = $said =~ /^hostname (\S+)/m or next;
            my ($alias) = $said =~ /^hostkeyalias (\S+)/m;
            my ($files) = $said =~ /^userknownhostsfile (.*)/m;
            my $sought = $alias // ($port == 22 ? $host : "[$host]:$port");
            for my $file (grep { -f } split / /, $files // "") {
                print grep { !/^#/ } map { "$_\n" } split /\n/, said("ssh-keygen", "-F", $sought, "-f", $file);
            }
        }
        """#

    func judge(on bench: any Bench) async throws -> Finding {
        let user = try bench.user(user, of: machine)
        let spec = try bench.machine(server)
        let names = [spec.address, spec.name].map { port == 22 ? $0 : "[\($0)]:\(port)" }
        let expected = Localized(
            ko: "\(machine)의 known_hosts에 \(server)의 지금 호스트 키만 있어요",
            en: "known_hosts on \(machine) has the present host key of \(server), and no other for it")
        func fail(_ observed: Localized, _ hint: Localized? = nil) -> Finding {
            Finding(.fail, machine: machine, expected: expected, observed: observed, hint: hint)
        }
        let seen = try await bench.look(on: machine, Self.entries, [user] + names)
        guard seen.status == 0 else {
            throw Unjudgeable(
                Localized(ko: "\(machine)에 \(user) 사용자가 없어요.", en: "There is no user \(user) on \(machine)."))
        }
        var known = Self.keys(seen.output)
        if known.isEmpty {
            let arguments = [String(port), spec.address, spec.name]
            known = Self.keys(try await bench.observe(on: machine, as: user, Self.configured, arguments).output)
        }
        guard !known.isEmpty else {
            return fail(
                Localized(
                    ko: "\(machine)의 ~\(user)/.ssh/known_hosts에 \(names[0])이(가) 없어요.",
                    en: "~\(user)/.ssh/known_hosts on \(machine) does not have \(names[0])."),
                Localized(
                    ko: "처음 접속할 때 ssh가 무엇을 묻고, 답하면 무엇을 적어 두나요?",
                    en: "What does ssh ask at the first connection, and what does it write down then?"))
        }
        var live = try await liveKeys(at: spec.address, on: bench)
        if !known.isSubset(of: live) { live.formUnion(try await liveKeys(at: spec.address, on: bench)) }
        guard !live.isEmpty else {
            return fail(
                Localized(
                    ko: "\(server)의 \(port)번 포트에서 SSH 서버가 지금 호스트 키를 내놓지 않아요.",
                    en: "no SSH server shows a host key on port \(port) of \(server) now."))
        }
        let strangers = known.subtracting(live)
        guard strangers.isEmpty else {
            let types = strangers.map { shown($0.prefix { $0 != " " }) }.sorted().joined(separator: ", ")
            return fail(
                Localized(
                    ko: "\(machine)의 known_hosts에 \(server)의 지금 키와 다른 키가 있어요: \(types)",
                    en: "known_hosts on \(machine) has a key that \(server) does not have now: \(types)"),
                Localized(
                    ko: "옛 항목인가요, 다른 기계인가요? 서버에서 지문을 확인한 뒤에 지우세요.",
                    en: "An old entry, or another machine? Compare fingerprints on the server before you remove it."))
        }
        return Finding(
            .pass, machine: machine, expected: expected,
            observed: Localized(
                ko: "\(machine)의 known_hosts에 있는 \(server)의 키 \(known.count)개가 모두 지금 키와 같아요.",
                en: "all \(known.count) keys of \(server) in known_hosts on \(machine) equal its present ones."))
    }

    /// The keys that the server shows now, asked on its own machine. A scan that is cut short on a slow machine lacks some.
    private func liveKeys(at address: String, on bench: any Bench) async throws -> Set<String> {
        let script = #"ssh-keyscan -T "$3" -p "$1" -- "$2" 2>/dev/null; exit 0"#
        let arguments = [String(port), address, String(bench.patience(8))]
        return Self.keys(try await bench.look(on: server, script, arguments).output)
    }

    /// Type and blob of each line `[@marker] names type blob`; a revoked key counts as a stranger's.
    static func keys(_ text: String) -> Set<String> {
        Set(
            text.lines(droppingReturn: true).compactMap { line in
                var words = line.split(separator: " ").map(String.init)
                guard let first = words.first, !first.hasPrefix("#"), first != "nofile" else { return nil }
                if first == "@cert-authority" { return nil }
                if first.hasPrefix("@") { return "\(first) \(line)" }
                words.removeFirst()
                return words.count > 1 ? "\(words[0]) \(words[1])" : nil
            })
    }
}
