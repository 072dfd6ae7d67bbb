import Foundation
import LabFile

/// `console-login`: the user logged in at the machine's serial console.
///
/// Only records count whose sender the kernel vouches for: what PAM wrote inside the login program that the console's
/// getty started.
struct ConsoleLoginCheck: Check {
    static let spec = CheckSpec(
        "console-login", mode: .once, basis: .guest,
        "The user logged in at the machine's serial console: PAM's record of it, written inside the login program of the "
            + "console's getty.",
        fields: [
            .init("on", .machine, required: true, "The machine."),
            .init("user", .string, "The login; the machine's own unless given."),
            .init("since-open", .boolean, "Only logins after the step opened count."),
        ])

    private let machine: String
    private let user: String?
    private let sinceOpen: Bool

    init(_ fields: Fields) throws {
        machine = try fields.required("on")
        user = fields.string("user")
        sinceOpen = fields.boolean("since-open") ?? false
    }

    /// Prints what logins at the console recorded as JSON, one a line, the newest last.
    static let script = """
        command -v journalctl >/dev/null || exit 69
        journalctl --no-pager --quiet --output=json --output-fields=MESSAGE \\
          _COMM=login _EXE=/usr/bin/login _UID=0 _TRANSPORT=syslog _SYSTEMD_UNIT=serial-getty@ttyS0.service 2>/dev/null |
          tail -n 300 | tail -c 200000
        """

    func judge(on bench: any Bench) async throws -> Finding {
        let login = try bench.user(user, of: machine)
        let seen = try await bench.observe(on: machine, as: nil, Self.script, [])
        guard seen.status != 69 else {
            throw Unjudgeable(
                Localized(ko: "\(machine)에 journalctl이 없어요.", en: "\(machine) has no journalctl."))
        }
        let records = JournalLine.all(seen.output)
        let expected = Localized(
            ko: "\(login)이(가) \(machine)의 콘솔에서 로그인했어요",
            en: "\(login) has logged in at the console of \(machine)")
        let opened = records.filter {
            $0.message.hasPrefix("pam_unix(login:session): session opened for user \(login)(")
        }
        // The opening is by the host's clock, the record by the guest's; they may differ a little.
        let after = sinceOpen ? bench.opening.addingTimeInterval(-2) : .distantPast
        if let last = opened.last, last.time >= after {
            return Finding(
                .pass, machine: machine, expected: expected,
                observed: Localized(
                    ko: "\(machine)의 기록: \(ClockText.of(last.time)) 콘솔(ttyS0)에서 \(login) 로그인",
                    en: "\(machine) recorded: \(ClockText.of(last.time)), a login of \(login) at the console (ttyS0)"))
        }
        if let last = opened.last {
            return fail(
                expected,
                Localized(
                    ko: "콘솔 로그인이 있지만 이 단계가 열리기 전(\(ClockText.of(last.time)))이에요.",
                    en: "There is a login at the console, but it is older than the opening of this step "
                        + "(\(ClockText.of(last.time)))."))
        }
        if let refused = records.last(where: { $0.message.contains("authentication failure") }), refused.time >= after {
            return fail(
                expected,
                Localized(
                    ko: "콘솔에서 로그인을 시도했지만 패스워드가 맞지 않았어요(\(ClockText.of(refused.time))).",
                    en:
                        "A login was tried at the console, and the password was not right (\(ClockText.of(refused.time)))."
                ))
        }
        return fail(
            expected,
            Localized(
                ko: "\(machine)의 콘솔에서 \(login)이(가) 로그인한 기록이 없어요.",
                en: "\(machine) has no record of a login of \(login) at its console."))
    }

    private func fail(_ expected: Localized, _ observed: Localized) -> Finding {
        Finding(
            .fail, machine: machine, expected: expected, observed: observed,
            hint: Localized(
                ko: "내 컴퓨터에서 lab console \(machine)을 열고 Enter를 누르면 login: 이 나와요.",
                en: "On your own computer open lab console \(machine) and press Enter: it asks for a login."))
    }
}
