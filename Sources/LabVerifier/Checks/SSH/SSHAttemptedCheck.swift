import Foundation
import LabFile

/// `ssh-attempted`: somebody tried to log in and was not let in.
struct SSHAttemptedCheck: Check {
    static let spec = CheckSpec(
        "ssh-attempted", mode: .once, basis: .guest,
        "An attempt for that user ended unauthenticated after methods were tried.",
        fields: [
            .init("on", .machine, required: true, "The server."),
            .init("from", .machine, required: true, "The machine that it came from."),
            .init("user", .string, "The login; the machine's own unless given."),
            .init("since-open", .boolean, "Only attempts after the step opened count."),
        ])

    private let machine: String
    private let from: String
    private let user: String?
    private let sinceOpen: Bool

    init(_ fields: Fields) throws {
        machine = try fields.required("on")
        from = try fields.required("from")
        user = fields.string("user")
        sinceOpen = fields.boolean("since-open") ?? false
    }

    func judge(on bench: any Bench) async throws -> Finding {
        let login = try user ?? bench.machine(machine).user
        let source = try bench.machine(from).seenAddress
        let journal = try await SSHJournal.read(machine, on: bench)
        let expected = Localized(
            ko: "\(from)에서 \(machine)에 \(login)(으)로 로그인하려다 거절됐어요",
            en: "a login of \(login) on \(machine) was tried from \(from) and refused")
        // The opening is by the host's clock, the record by the guest's; they may differ a little.
        let after = sinceOpen ? bench.opening.addingTimeInterval(-2) : .distantPast
        let all = journal.logins.filter { $0.client.address == source }
        let near = all.filter { $0.began >= after }
        if let found = near.last(where: { $0.endedUnauthenticated && $0.user == login }) {
            let tried = found.failures.isEmpty ? "" : " (\(shown(found.failures.joined(separator: ", "))))"
            return Finding(
                .pass, machine: machine, expected: expected,
                observed: Localized(
                    ko:
                        "\(machine)의 sshd 기록: \(ClockText.of(found.began)) \(found.client.address):\(found.client.port), "
                        + "\(login) 인증 중에 끝남\(tried)",
                    en: "sshd on \(machine) recorded: \(ClockText.of(found.began)) \(found.client.address):"
                        + "\(found.client.port) ended while authenticating \(login)\(tried)"))
        }
        func fail(_ observed: Localized, _ hint: Localized?) -> Finding {
            Finding(.fail, machine: machine, expected: expected, observed: observed, hint: hint)
        }
        if let accepted = near.last(where: { $0.acceptance != nil && $0.user == login }) {
            return fail(
                Localized(
                    ko: "\(from)에서 온 로그인이 거절되지 않고 받아들여졌어요: \(accepted.described.ko)",
                    en: "The login from \(from) was let in instead: \(accepted.described.en)"),
                Localized(
                    ko: "\(from)에 개인키나 에이전트가 있나요? 이 단계에서는 없어야 해요.",
                    en: "Does \(from) have a private key or an agent? In this step it should have none."))
        }
        if let other = near.last(where: { $0.endedUnauthenticated }) {
            let name = shown(other.user ?? "?")
            return fail(
                Localized(
                    ko: "\(from)에서 온 시도가 있지만 사용자가 달라요: \(name)",
                    en: "There is an attempt from \(from), but for the user \(name)."),
                Localized(ko: "ssh에 사용자 이름을 주었나요?", en: "Did you give ssh the user's name?"))
        }
        if !near.isEmpty {
            return fail(
                Localized(
                    ko: "\(from)에서 연결은 왔지만 인증을 시도하지 않고 끝났어요.",
                    en: "A connection came from \(from), but it ended before any authentication was tried."),
                Localized(
                    ko: "호스트 키를 확인하는 질문에 yes라고 답했나요?", en: "Did you answer yes to the question about the host key?"))
        }
        if let early = all.last(where: { $0.endedUnauthenticated && $0.user == login }) {
            return fail(
                Localized(
                    ko: "\(from)에서 온 시도가 있지만(\(ClockText.of(early.began))) 이 단계가 열리기 전의 것이에요.",
                    en:
                        "There is an attempt from \(from) (\(ClockText.of(early.began))), but from before this step opened."
                ),
                Localized(ko: "지금 한 번 더 로그인해 보세요.", en: "Try to log in once more, now."))
        }
        if journal.level == .off { return fail(LoginQuery().explain(journal, on: machine).observed, nil) }
        return fail(
            Localized(
                ko: "\(machine)의 sshd에 \(from)에서 온 시도의 기록이 없어요.",
                en: "sshd on \(machine) has no record of its own of an attempt from \(from)."),
            Localized(
                ko: "명령을 \(from)에서 실행했나요? 프롬프트의 호스트 이름을 보세요.",
                en: "Did you run the command on \(from)? The prompt names the machine."))
    }
}
