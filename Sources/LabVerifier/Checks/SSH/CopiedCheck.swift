import Foundation
import LabFile

/// `copied`: a file or directory was copied over SSH.
struct CopiedCheck: Check {
    static let spec = CheckSpec(
        "copied", mode: .once, basis: .guest,
        "Content equal on both ends, and the target was written during an scp or sftp session that sshd recorded.",
        fields: [
            .init("from", .machine, required: true, "Where the source is."),
            .init("source", .string, required: true, "The source's path; from the user's home unless absolute."),
            .init("to", .machine, required: true, "Where the target is."),
            .init("target", .string, required: true, "The target's full path."),
            .init("mode", .boolean, "The modes must be equal too."),
            .init("mtime", .boolean, "The times of change must be equal too."),
            .init("directory", .boolean, "It must be a directory."),
            .init("via", .machine, "The machine whose address brought it; `from` unless given."),
            .init("key-of", .machine, "Whose key the session was opened with."),
        ])

    private let from: String
    private let source: String
    private let to: String
    private let target: String
    private let mode: Bool
    private let mtime: Bool
    private let directory: Bool
    private let via: String?
    private let keyOf: String?

    init(_ fields: Fields) throws {
        from = try fields.required("from")
        source = try fields.required("source")
        to = try fields.required("to")
        target = try fields.required("target")
        mode = fields.boolean("mode") ?? false
        mtime = fields.boolean("mtime") ?? false
        directory = fields.boolean("directory") ?? false
        via = fields.string("via")
        keyOf = fields.string("key-of")
    }

    func judge(on bench: any Bench) async throws -> Finding {
        let sender = try bench.machine(from)
        let receiver = try bench.machine(to)
        async let sourceRead = Manifest.read(source, on: from, user: sender.user, bench: bench)
        async let targetRead = Manifest.read(target, on: to, user: receiver.user, bench: bench)
        let (original, copy) = try await (sourceRead, targetRead)
        guard let original else {
            return fail(
                Localized(ko: "\(from)에 \(source)이(가) 없어요.", en: "There is no \(source) on \(from)."),
                Localized(ko: "먼저 보낼 파일을 만들어요.", en: "Make the file to send first."))
        }
        guard let copy else {
            return fail(
                Localized(ko: "\(to)에 \(target)이(가) 없어요.", en: "There is no \(target) on \(to)."),
                Localized(
                    ko: "scp의 콜론(:) 뒤에 어떤 경로를 썼나요? ls로 어디에 생겼는지 보세요.",
                    en: "Which path stood behind the colon? Look with ls where the file went."))
        }
        if let difference = differ(original, copy) { return fail(difference.observed, difference.hint) }
        let carriers = try await carriers(sender: sender, receiver: receiver, on: bench)
        let found = copy.files.map { file in
            carriers.logins.last { login in login.carried(at: file.changed, by: [.sftp]) }
        }
        guard let login = found.first ?? nil, !found.contains(nil) else {
            return fail(
                Localized(
                    ko: "\(to)의 \(target)은(는) 내용이 같지만, \(ClockText.of(copy.files.first?.changed ?? .now))에 SSH 세션 "
                        + "밖에서 쓰였어요.",
                    en: "\(target) on \(to) has the right content, but it was written at "
                        + "\(ClockText.of(copy.files.first?.changed ?? .now)), during no copy that sshd recorded."),
                carriers.hint
                    ?? Localized(
                        ko: "손으로 만들지 말고 scp로 \(via ?? from)에서 복사해 보세요.",
                        en: "Copy it with scp, from \(via ?? from), rather than writing it by hand."))
        }
        return Finding(
            .pass, machine: to, expected: expected,
            observed: Localized(
                ko: "내용이 같고(\(copy.files.count)개 파일), 이 세션에서 쓰였어요: \(login.described.ko)",
                en:
                    "Equal content (\(copy.files.count) file\(copy.files.count == 1 ? "" : "s")), written in this session: "
                    + login.described.en))
    }

    private var expected: Localized {
        Localized(
            ko: "\(from)의 \(source)이(가) \(to)의 \(target)(으)로 SSH로 복사됐어요",
            en: "\(source) of \(from) has been copied to \(target) of \(to) over SSH")
    }

    private func fail(_ observed: Localized, _ hint: Localized?) -> Finding {
        Finding(.fail, machine: to, expected: expected, observed: observed, hint: hint)
    }

    private func differ(_ original: Manifest, _ copy: Manifest) -> (observed: Localized, hint: Localized?)? {
        if original.isDirectory != copy.isDirectory || directory && !copy.isDirectory {
            return (
                Localized(
                    ko: "한쪽은 디렉터리이고 다른 쪽은 파일이에요.", en: "One of the two is a directory and the other a file."),
                Localized(ko: "디렉터리를 복사하는 scp의 옵션은 무엇인가요?", en: "Which option lets scp copy a directory?")
            )
        }
        let there = Dictionary(copy.files.map { ($0.name, $0) }) { first, _ in first }
        for file in original.files {
            let name = file.name.isEmpty ? target : "\(target)/\(shown(file.name))"
            guard let other = there[file.name] else {
                return (
                    Localized(ko: "\(to)에 \(name)이(가) 없어요.", en: "\(name) is missing on \(to)."),
                    Localized(ko: "디렉터리 전체를 복사했나요?", en: "Was the whole directory copied?")
                )
            }
            if other.digest != file.digest {
                return (
                    Localized(ko: "\(name)의 내용이 \(from)의 것과 달라요.", en: "\(name) differs from the one on \(from)."),
                    Localized(
                        ko: "복사한 뒤에 한쪽을 고쳤나요? 다시 복사해 보세요.",
                        en: "Was one of them changed after the copy? Copy it again.")
                )
            }
            let keep = Localized(
                ko: "시간과 권한을 그대로 옮기는 scp의 옵션은 무엇인가요?", en: "Which option of scp keeps times and modes?")
            if mode, other.mode != file.mode {
                let (own, others) = (shown(file.mode), shown(other.mode))
                return (
                    Localized(
                        ko: "\(name)의 권한이 원본과 달라요(원본 \(own), 여기 \(others)).",
                        en: "\(name) has mode \(others), the original \(own)."), keep
                )
            }
            if mtime, other.modified != file.modified {
                return (
                    Localized(
                        ko: "\(name)의 수정 시각이 원본과 달라요.", en: "\(name) does not have the original's time of change."),
                    keep
                )
            }
        }
        return nil
    }

    /// The logins that may have carried the copy, and a nudge when there is none: on the receiver when it was sent, on
    /// the sender when it was fetched.
    private func carriers(sender: MachineSpec, receiver: MachineSpec, on bench: any Bench) async throws
        -> (logins: [SSHLogin], hint: Localized?)
    {
        let carrier = try bench.machine(via ?? from)
        var key: LoginQuery.Key?
        if let keyOf {
            let owner = try bench.machine(keyOf).user
            key = .init(
                machine: keyOf, fingerprints: try await UserKeys.read(keyOf, user: owner, on: bench).fingerprints)
        }
        async let receiverRead = SSHJournal.read(to, on: bench)
        async let senderRead = SSHJournal.read(from, on: bench)
        let (received, sent) = try await (receiverRead, senderRead)
        let push = LoginQuery(
            origin: .init(name: carrier.name, addresses: [carrier.seenAddress]), key: key, kinds: [.sftp])
        var logins = push.matches(in: received)
        if via == nil || via == to {
            let pull = LoginQuery(
                origin: .init(name: to, addresses: [receiver.seenAddress]), key: key, kinds: [.sftp])
            logins += pull.matches(in: sent)
        }
        // The lab's own door on the workstation says nothing by intent.
        let dim = [(to, received), (from, sent)].contains { machine, journal in
            !bench.hasDoor(machine) && (journal.level == .off || journal.level == .info)
        }
        return (
            logins,
            dim && logins.isEmpty
                ? Localized(
                    ko: "sshd의 LogLevel이 VERBOSE보다 낮으면 복사한 기록이 남지 않아요.",
                    en: "Below LogLevel VERBOSE sshd does not record copies. Set it back, and copy again.") : nil
        )
    }
}
