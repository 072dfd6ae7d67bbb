import LabFile

/// `package`: dpkg has it installed, or not.
struct PackageCheck: Check {
    static let spec = CheckSpec(
        "package", mode: .holds, basis: .guest, "The Debian package is installed, or not: dpkg says so.",
        fields: [
            .init("on", .machine, required: true, "The machine."),
            .init("name", .string, required: true, "The package's name."),
            .init("installed", .boolean, "Whether it is installed; default true."),
        ])

    let machine: String
    let name: String
    let installed: Bool

    init(_ fields: Fields) throws {
        machine = try fields.required("on")
        name = try fields.required("name")
        installed = fields.boolean("installed") ?? true
    }

    /// Prints the last word of the package's state in dpkg's database (dpkg-query(1), `db:Status-Status`).
    private static let script = #"""
        #!perl
        my $database = text("/var/lib/dpkg/status");
        if (!length $database) { print STDERR "dpkg\n"; exit 127 }
        print "$1\n" if $database =~ /^Package: \Q$ARGV[0]\E\n(?:\S.*\n| .*\n)*?Status: \S+ \S+ (\S+)$/m;
        """#

    func judge(on bench: any Bench) async throws -> Finding {
        let seen = try await bench.look(on: machine, Self.script, [name])
        let status = seen.output.lines().first.map(String.init) ?? "not-installed"
        guard installed else { return absence(status) }
        let expected = Localized(ko: "\(name) 패키지가 설치되어 있어요", en: "the package \(name) is installed")
        let observed: Localized
        var hint: Localized?
        switch status {
        case "installed":
            observed = Localized(ko: "\(machine)의 dpkg: 설치됨", en: "dpkg on \(machine): installed")
        case "not-installed":
            observed = Localized(
                ko: "\(machine)의 dpkg는 \(name)을(를) 몰라요.", en: "dpkg on \(machine) does not have \(name).")
            hint = Localized(
                ko: "다른 기계에서 설치하지 않았나요? 프롬프트의 컴퓨터 이름을 보세요.",
                en: "Did you install it on another machine? Look at the name in the prompt.")
        case "config-files":
            observed = Localized(
                ko: "\(machine)에서 \(name)은(는) 지워졌고 설정 파일만 남아 있어요.",
                en: "On \(machine) \(name) was removed; only its configuration files are left.")
        default:
            observed = Localized(
                ko: "\(machine)에서 \(name)의 상태가 \"\(shown(status))\"이에요. 설치가 끝까지 가지 못했어요.",
                en: "On \(machine) the state of \(name) is \"\(shown(status))\": its installation did not finish.")
            hint = Localized(
                ko: "dpkg가 하다 만 일을 마저 하게 해 보세요. apt가 알려 주는 메시지를 읽어 보세요.",
                en: "Let dpkg finish what it began; read what apt says.")
        }
        return Finding(
            status == "installed" ? .pass : .fail, machine: machine, expected: expected, observed: observed, hint: hint)
    }

    private func absence(_ status: String) -> Finding {
        let isGone = ["not-installed", "config-files"].contains(status)
        return Finding(
            isGone ? .pass : .fail, machine: machine,
            expected: Localized(ko: "\(name) 패키지가 없어요", en: "the package \(name) is not installed"),
            observed: isGone
                ? Localized(ko: "\(machine)의 dpkg: 설치되지 않음", en: "dpkg on \(machine): not installed")
                : Localized(
                    ko: "\(machine)에 \(name)이(가) 아직 있어요(\(shown(status))).",
                    en: "\(name) is still on \(machine) (\(shown(status)))."))
    }
}
