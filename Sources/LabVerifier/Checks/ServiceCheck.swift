import LabFile

/// `service`: the systemd unit is enabled, or running.
struct ServiceCheck: Check {
    static let spec = CheckSpec(
        "service", mode: .holds, basis: .guest, "The systemd unit is enabled, or running, or neither.",
        fields: [
            .init("on", .machine, required: true, "The machine."),
            .init("name", .string, required: true, "The unit's name; .service may be left out."),
            .init("enabled", .boolean, "Whether it starts at boot."),
            .init("active", .boolean, "Whether it runs now; asked for when neither is given."),
        ])

    let machine: String
    let name: String
    let enabled: Bool?
    let active: Bool?

    init(_ fields: Fields) throws {
        machine = try fields.required("on")
        name = try fields.required("name")
        enabled = fields.boolean("enabled")
        active = fields.boolean("active") ?? (enabled == nil ? true : nil)
    }

    private static let script = #"""
        #!perl
        my ($unit) = @ARGV;
        my @names = qw(LoadState ActiveState SubState);
        my @answers = eval { systemd(
            (map { [unit_path($unit), "org.freedesktop.DBus.Properties", "Get", "ss", "org.freedesktop.systemd1.Unit", $_] }
                @names),
            ["/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager", "GetUnitFileState", "s", $unit]) };
        if ($@ || ref $answers[0]) { print STDERR $@ || ${$answers[0]}; exit 3 }
        print "$_=", value(shift @answers), "\n" for @names, "Enabled";
        """#

    func judge(on bench: any Bench) async throws -> Finding {
        let unit = name.contains(".") ? name : name + ".service"
        let seen = try await bench.look(on: machine, Self.script, [unit])
        guard seen.status == 0 else {
            throw Unjudgeable(
                Localized(
                    ko: "\(machine)의 systemd가 답하지 않아요: \(shown(seen.error))",
                    en: "systemd on \(machine) does not answer: \(shown(seen.error))"))
        }
        var values: [String: String] = [:]
        for line in seen.output.lines() {
            let pair = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if pair.count == 2 { values[String(pair[0])] = String(pair[1]) }
        }
        let state = values["ActiveState"] ?? ""
        let boot = values["Enabled"] ?? ""
        var wrong: [Localized] = []
        var hint: Localized?
        if let enabled, enabled != (boot == "enabled" || boot == "alias") {
            wrong.append(
                Localized(ko: "부팅할 때 시작하는지: \(shown(boot))", en: "at boot: \(shown(boot))"))
            hint = Self.bootHint(boot)
        }
        if let active, active != (state == "active" || state == "reloading") {
            wrong.append(
                Localized(
                    ko: "지금 상태: \(shown(state)) (\(shown(values["SubState"] ?? "")))",
                    en: "now: \(shown(state)) (\(shown(values["SubState"] ?? "")))"))
            if state == "failed" {
                hint = Localized(
                    ko: "시작하다가 실패했어요. systemctl status와 journalctl이 까닭을 알려 줘요.",
                    en: "It failed to start. systemctl status and journalctl say why.")
            }
        }
        if values["LoadState"] == "not-found", !wrong.isEmpty {
            wrong = [
                Localized(ko: "\(unit) 서비스가 없어요.", en: "there is no unit \(unit).")
            ]
            hint = Localized(ko: "패키지가 설치되어 있나요?", en: "Is the package installed?")
        }
        let there = Localized(ko: "\(machine)의 systemd:", en: "systemd on \(machine):")
        let fine = Localized(
            ko: "\(machine)의 systemd: \(shown(state)), 부팅할 때: \(shown(boot))",
            en: "systemd on \(machine): \(shown(state)), at boot: \(shown(boot))")
        return Finding(
            wrong.isEmpty ? .pass : .fail, machine: machine, expected: expected,
            observed: wrong.isEmpty ? fine : there + wrong.lines, hint: wrong.isEmpty ? nil : hint)
    }

    private static func bootHint(_ state: String) -> Localized? {
        switch state {
        case "enabled-runtime":
            Localized(
                ko: "다음 부팅까지만 켜져 있는 상태예요. --runtime 없이 해 보세요.",
                en: "That lasts until the next boot only. Try it without --runtime.")
        case "masked":
            Localized(ko: "아예 막아 둔(mask) 상태예요.", en: "It is masked: it cannot be started at all.")
        case "disabled":
            Localized(
                ko: "지금 도는 것과 부팅할 때 시작하는 것은 서로 다른 일이에요.",
                en: "Running now and starting at boot are two different things.")
        default: nil
        }
    }

    private var expected: Localized {
        var ko: [String] = []
        var en: [String] = []
        if let active {
            ko.append(active ? "실행 중이에요" : "멈춰 있어요")
            en.append(active ? "runs" : "is stopped")
        }
        if let enabled {
            ko.append(enabled ? "부팅할 때 시작돼요" : "부팅할 때 시작되지 않아요")
            en.append(enabled ? "starts at boot" : "does not start at boot")
        }
        return Localized(
            ko: "\(name) 서비스가 \(ko.joined(separator: ", "))", en: "\(name) \(en.joined(separator: " and "))")
    }
}
