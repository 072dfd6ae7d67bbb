import LabFile

/// `host-key-checking`: the user's ssh checks the host key and keeps it in a real file.
struct HostKeyCheckingCheck: Check {
    static let spec = CheckSpec(
        "host-key-checking", mode: .holds, basis: .guest,
        "ssh -G shows host-key checking in force, with a real known_hosts file.",
        fields: [
            .init("on", .machine, required: true, "The client machine."),
            .init("to", .machine, required: true, "The server machine."),
            .init("user", .string, "The user on the client; default the machine's."),
        ])

    let machine: String
    let target: String
    let user: String?

    init(_ fields: Fields) throws {
        machine = try fields.required("on")
        target = try fields.required("to")
        user = fields.string("user")
    }

    private static let script = #"""
        #!perl
        for my $host (@ARGV) {
            my $said = said("ssh", "-G", "--", $host);
            my @lines = $said =~ /^((?:stricthostkeychecking|userknownhostsfile) .*\n)/mg;
            exit $? >> 8 == 127 ? 127 : 3 if !@lines;
            print @lines;
            my ($file) = $said =~ /^userknownhostsfile (\S*)/m;
            $file =~ s{^~/}{$ENV{HOME}/};
            print "unreal $file\n" if -e $file && !-f _;
        }
        """#

    func judge(on bench: any Bench) async throws -> Finding {
        let user = try bench.user(user, of: machine)
        let server = try bench.machine(target)
        let seen = try await bench.observe(
            on: machine, as: user, Self.script, ["\(server.user)@\(server.address)", "\(server.user)@\(server.name)"])
        let expected = Localized(
            ko: "\(machine)의 ssh가 \(target)의 호스트 키를 확인해요", en: "ssh on \(machine) checks the host key of \(target)")
        guard seen.status == 0 || !seen.output.isEmpty else {
            if seen.status == 127 {
                throw Unjudgeable(
                    Localized(ko: "\(machine)에 ssh가 없어요.", en: "\(machine) has no ssh."))
            }
            return Finding(
                .fail, machine: machine, expected: expected,
                observed: Localized(
                    ko: "\(machine)의 ssh가 설정을 읽지 못해요: \(shown(seen.error))",
                    en: "ssh on \(machine) cannot read its configuration: \(shown(seen.error))"))
        }
        let wrong = Set(seen.output.lines().map(String.init)).sorted().compactMap { line -> String? in
            let words = line.split(separator: " ").map(String.init)
            switch words.first {
            case "stricthostkeychecking" where words.count > 1:
                return ["no", "off", "false"].contains(words[1]) ? "StrictHostKeyChecking \(words[1])" : nil
            case "userknownhostsfile":
                return words.count < 2 || ["none", "/dev/null"].contains(words[1])
                    ? "UserKnownHostsFile \(words.dropFirst().joined(separator: " "))" : nil
            case "unreal": return "UserKnownHostsFile \(words.dropFirst().joined(separator: " "))"
            default: return nil
            }
        }
        guard wrong.isEmpty else {
            return Finding(
                .fail, machine: machine, expected: expected,
                observed: Localized(
                    ko: "\(machine)에서 \(user) 사용자의 ssh 설정: \(shown(wrong.joined(separator: ", ")))",
                    en: "what ssh of \(user) on \(machine) goes by: \(shown(wrong.joined(separator: ", ")))"),
                hint: Localized(
                    ko: "경고를 끄면 바뀐 키가 왜 바뀌었는지 알 길이 없어져요. ~/.ssh/config를 보세요.",
                    en: "With the warning switched off nobody notices a changed key. Look at ~/.ssh/config."))
        }
        return Finding(
            .pass, machine: machine, expected: expected,
            observed: Localized(
                ko: "\(machine)에서 ssh -G: 확인이 켜져 있어요.", en: "ssh -G on \(machine): checking is in force."))
    }
}
