import ArgumentParser
import Foundation
import LabFile
import LabRuntime
import LabStore
import LabVerifier

struct StopCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stop", abstract: "Keep the machines for later, with what runs on them.")

    @OptionGroup var session: SessionOptions

    func run() async throws {
        let context = try Context()
        var record = try session.record(in: context)
        let lab = try context.lab(of: record)
        let lease = try await SessionLease.take(&record, for: "lab stop", in: context)
        defer { withExtendedLifetime(lease) {} }
        Interrupts.leave(.completed)
        let view = ProgressView(context.language)
        defer { view.end() }
        try await SessionEnd(paths: context.paths, store: context.store).stop(record, lab: lab) { view.show($0) }
        view.end()
        let words = Localized(ko: "멈춰 두었어요. 이어서 하려면: lab resume", en: "Stopped. Come back with: lab resume")
        Output.error(words[context.language])
    }
}

struct ResumeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "Go on where lab stop left off, or after a power failure.",
        discussion: """
            After a power failure, the machines boot from their disks as they are, or go back to the last checkpoint \
            with all that ran on them then; on a terminal you are asked, elsewhere the disks are booted.

            Examples:
              lab resume
              lab resume --from checkpoint
            """)

    enum Source: String, ExpressibleByArgument, CaseIterable { case disks, checkpoint }

    @OptionGroup var session: SessionOptions

    @Option(help: "After a power failure: disks or checkpoint. After lab stop: disks, without the memory it kept.")
    var from: Source?

    func run() async throws {
        let context = try Context()
        let states: Set<SessionRecord.State> = [.stopped, .stopping, .running]
        var record = try session.record(in: context, states: states)
        let lease = try await SessionLease.take(&record, for: "lab resume", in: context, states: states)
        defer { withExtendedLifetime(lease) {} }
        Interrupts.leave(.resumed)
        let lab = try context.lab(of: record)
        let view = ProgressView(context.language)
        defer { view.end() }
        let start = SessionStart(paths: context.paths, store: context.store) { view.show($0) }
        let goesOn = Localized(
            ko: "\(record.lab)번 실습이 이어져요. lab guide · lab shell · lab check",
            en: "Lab \(record.lab) goes on. lab guide · lab shell · lab check")
        // Elsewhere a host that was restarted does not show in the record; who asks for a checkpoint gets it.
        let goesOnThere =
            record.isElsewhere ? record.state == .running && from != .checkpoint : record.isUp
        if from == .checkpoint, goesOnThere || record.state == .stopped {
            let first = record.state == .running ? "" : "lab resume, "
            throw LabError(
                .usage,
                Localized(
                    ko: "\(record.lab)번 실습은 갑자기 꺼지지 않았어요. --from checkpoint는 그런 때를 위한 것이에요",
                    en:
                        "lab \(record.lab) has its room or its memory still; --from checkpoint is for one that has neither"
                ),
                advice: Localized(
                    ko: "단계가 열린 때로 되돌리려면: \(first)lab reset STEP",
                    en: "To go back to when a step was opened: \(first)lab reset STEP"))
        }
        if goesOnThere {
            let session = try await LiveSession.attach(record, lab: lab, paths: context.paths)
            let revived = try await start.revive(session, fromDisks: from == .disks)
            view.end()
            let isRunning = Localized(
                ko: "\(record.lab)번 실습은 이미 돌고 있어요. lab shell · lab check · lab finish",
                en: "Lab \(record.lab) is already running. lab shell · lab check · lab finish")
            Output.error((revived.isEmpty ? isRunning : goesOn)[context.language])
            return
        }
        let checkpoint = try await record.state == .stopped ? nil : self.checkpoint(of: record, in: context)
        _ = try await start.resume(record, lab: lab, checkpoint: checkpoint, fromDisks: from == .disks)
        view.end()
        Output.error(goesOn[context.language])
    }

    /// The checkpoint that a session whose machines ended without warning goes back to; nil for its disks.
    private func checkpoint(of record: SessionRecord, in context: Context) async throws
        -> (step: String, moment: Date)?
    {
        let records = try context.store.steps(of: record.id).values.filter { $0.checkpoint != nil }
        guard let last = records.max(by: { ($0.opened ?? .distantPast) < ($1.opened ?? .distantPast) }),
            let moment = last.opened, let checkpoint = last.checkpoint
        else { return nil }
        switch from {
        case .disks: return nil
        case .checkpoint: return (checkpoint, moment)
        case nil: break
        }
        guard isatty(STDIN_FILENO) == 1 else { return nil }
        let when = ClockText.of(moment)
        let question = Localized(
            ko: """
                \(record.lab)번 실습의 기계들이 갑자기 꺼졌어요.
                  d  지금 디스크 그대로 부팅하기 (저장한 것은 남아 있어요)
                  c  \(last.step) 단계가 열린 \(when)(으)로 되돌리기 (그때 돌던 프로그램까지)
                [D/c] 
                """,
            en: """
                The machines of lab \(record.lab) ended without warning.
                  d  boot them from their disks as they are (nothing that was saved is lost)
                  c  put them back to \(when), when \(last.step) was opened, with all that ran on them
                [D/c] 
                """)
        Output.write(question[context.language], to: STDERR_FILENO)
        return try await TypedLine.next()?.lowercased() == "c" ? (checkpoint, moment) : nil
    }
}

struct FinishCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "finish", abstract: "Remove the machines and everything of a session but its record.")

    @OptionGroup var session: SessionOptions

    @Flag(help: "Do not ask; without a terminal nothing is asked anyway.")
    var yes = false

    func run() async throws {
        let context = try Context()
        let states: Set<SessionRecord.State> = [.running, .stopped, .stopping, .starting, .finishing]
        var record = try session.record(in: context, states: states)
        if record.student == ProofRoom.student,
            let holder = Lease.holder(directory: context.paths.home + "/proofs")
        {
            throw LabError(
                .usage,
                Localized(
                    ko: "\(record.lab)번 실습의 이 세션은 지금 일하고 있는 lab test의 것이에요 (\(holder))",
                    en: "this session of lab \(record.lab) belongs to a lab test that is at work (\(holder))"),
                advice: Localized(ko: "lab test는 Ctrl-C로 멈춰요.", en: "Ctrl-C ends lab test."))
        }
        if !yes, isatty(STDIN_FILENO) == 1 {
            let question = Localized(
                ko: "\(record.lab)번 실습(\(record.student))의 기계와 디스크를 모두 지울까요? [y/N] ",
                en: "Remove lab \(record.lab) of \(record.student), its machines and their disks? [y/N] ")
            Output.write(question[context.language], to: STDERR_FILENO)
            guard try await TypedLine.isYes() else {
                Output.error(Localized(ko: "아무것도 지우지 않았어요.", en: "Nothing was removed.")[context.language])
                return
            }
        }
        // A start that is at work takes no lease of its session's: its end is waited for.
        let turn =
            record.state == .starting
            ? try await StartCommand.lease(
                of: record.lab, student: record.student, for: "lab finish", context: context) : nil
        defer { withExtendedLifetime(turn) {} }
        // A start that failed meanwhile has taken back what it made.
        if try turn == nil || context.store.session(record.id) != nil {
            let lease = try await SessionLease.take(&record, for: "lab finish", in: context, states: states)
            Interrupts.leave(.completed)
            try await SessionEnd(paths: context.paths, store: context.store).finish(record)
            withExtendedLifetime(lease) {}
        }
        let words = Localized(
            ko: "\(record.lab)번 실습(\(record.student))을 끝냈어요. 판정 기록은 남아 있어요.",
            en: "Lab \(record.lab) of \(record.student) is finished. The record of its verdicts is kept.")
        Output.error(words[context.language])
        if let uri = record.connection, let pool = record.pool {
            let images = Localized(
                ko: "이미지는 다음 시작을 위해 그곳의 스토리지 풀 \(pool)에 남아 있어요. 지우려면 하나씩 vol-delete로 지우세요: "
                    + "virsh -c '\(uri)' vol-list \(pool)",
                en: "The images stay in the storage pool \(pool) there for other starts; to be rid of them, give each "
                    + "to vol-delete: virsh -c '\(uri)' vol-list \(pool)")
            Output.error(images[context.language])
        }
    }
}

/// The lease of a session, with a word while waiting for it.
enum SessionLease {
    /// Takes the lease and puts the record as it is now in place of the one that was read before the wait. Throws when the
    /// session is not in one of the `states` any more, or has another room than the one that this process is in.
    static func take(
        _ record: inout SessionRecord, for purpose: String, in context: Context,
        states: Set<SessionRecord.State> = [.running], quietly: Bool = false
    ) async throws -> Lease {
        let language = context.language
        let lease = try await Lease.take(directory: directory(of: record, in: context), for: purpose) { holder in
            if quietly { return }
            Output.error(waiting(for: holder)[language])
        }
        record = try now(record, states: states, isInside: context.environment["LAB_ROOM"] != nil, store: context.store)
        return lease
    }

    static func now(
        _ record: SessionRecord, states: Set<SessionRecord.State>, isInside: Bool, store: LabStore
    ) throws -> SessionRecord {
        let name = Localized(
            ko: "\(record.lab)번 실습(\(record.student))", en: "lab \(record.lab) of \(record.student)")
        guard let now = try store.session(record.id), now.state != .finished else {
            throw LabError(
                .usage,
                Localized(ko: "\(name.ko)은(는) 그사이에 끝났어요", en: "\(name.en) was finished meanwhile"),
                advice: Localized(
                    ko: "다시 시작하려면: lab start \(record.lab)", en: "Start it again with: lab start \(record.lab)"))
        }
        guard states.contains(now.state) else {
            throw LabError(
                .usage,
                Localized(
                    ko: "\(name.ko)의 지금 상태: \(Localized.state(now.state.rawValue).ko)",
                    en: "\(name.en) is \(now.state.rawValue) now"),
                advice: now.wayOn)
        }
        if isInside, now.room != record.room {
            throw LabError(
                .usage,
                Localized(
                    ko: "\(name.ko)은(는) 그사이에 멈췄다가 이어졌어요", en: "\(name.en) was stopped and resumed meanwhile"),
                advice: Localized(ko: "명령을 한 번 더 해 보세요.", en: "Give the command again."))
        }
        return now
    }

    static func waiting(for holder: String) -> Localized {
        Localized(
            ko: "다른 명령이 이 실습에서 일하고 있어서 기다려요: \(holder)",
            en: "Waiting: \(holder) is at work on this session.")
    }

    static func directory(of record: SessionRecord, in context: Context) -> String {
        context.paths.home + "/leases/" + record.id
    }
}
