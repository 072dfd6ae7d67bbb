import ArgumentParser
import Foundation
import LabRuntime
import LabStore

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
        let view = ProgressView()
        defer { view.end() }
        try await SessionEnd(paths: context.paths, store: context.store).stop(record, lab: lab) { view.show($0) }
        view.end()
        Output.error("Stopped. Come back with: lab resume")
    }
}

struct ResumeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "Go on where lab stop left off, or after a power failure.",
        discussion: """
            After a power failure, the machines boot from their disks as they are, or go back to the last checkpoint with
            all that ran on them then; on a terminal you are asked.

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
        let lab = try context.lab(of: record)
        let view = ProgressView()
        defer { view.end() }
        let start = SessionStart(paths: context.paths, store: context.store) { view.show($0) }
        // Elsewhere a host that was restarted does not show in the record; who asks for a checkpoint gets it.
        let goesOnThere =
            record.isElsewhere ? record.state == .running && from != .checkpoint : record.isUp
        if goesOnThere {
            let session = try await LiveSession.attach(record, lab: lab, paths: context.paths)
            let revived = try await start.revive(session, fromDisks: from == .disks)
            view.end()
            Output.error(
                revived.isEmpty
                    ? "Lab \(record.lab) is already running. lab shell · lab check · lab finish"
                    : "Lab \(record.lab) goes on. lab guide · lab shell · lab check")
            return
        }
        let checkpoint = try record.state == .stopped ? nil : self.checkpoint(of: record, in: context)
        _ = try await start.resume(record, lab: lab, checkpoint: checkpoint, fromDisks: from == .disks)
        view.end()
        Output.error("Lab \(record.lab) goes on. lab guide · lab shell · lab check")
    }

    /// The checkpoint that a session whose machines ended without warning goes back to; nil for its disks.
    private func checkpoint(of record: SessionRecord, in context: Context) throws -> (step: String, moment: Date)? {
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
        let when = moment.formatted(date: .omitted, time: .shortened)
        Output.write(
            """
            The machines of lab \(record.lab) ended without warning.
              d  boot them from their disks as they are (nothing that was saved is lost)
              c  put them back to \(when), when \(last.step) was opened, with all that ran on them
            [D/c] 
            """, to: STDERR_FILENO)
        return readLine()?.lowercased() == "c" ? (checkpoint, moment) : nil
    }
}

struct FinishCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "finish", abstract: "Remove the machines and everything of a session but its record.")

    @OptionGroup var session: SessionOptions

    @Flag(help: "Do not ask.")
    var yes = false

    func run() async throws {
        let context = try Context()
        let states: Set<SessionRecord.State> = [.running, .stopped, .stopping, .starting, .finishing]
        var record = try session.record(in: context, states: states)
        if !yes, isatty(STDIN_FILENO) == 1 {
            Output.write(
                "Remove lab \(record.lab) of \(record.student), its machines and their disks? [y/N] ", to: STDERR_FILENO
            )
            guard let answer = readLine()?.lowercased(), ["y", "yes"].contains(answer) else {
                Output.error("Nothing was removed.")
                return
            }
        }
        let lease = try await SessionLease.take(&record, for: "lab finish", in: context, states: states)
        try await SessionEnd(paths: context.paths, store: context.store).finish(record)
        withExtendedLifetime(lease) {}
        Output.error("Lab \(record.lab) of \(record.student) is finished. The record of its verdicts is kept.")
        if let uri = record.connection, let pool = record.pool {
            Output.error(
                "The images stay in the storage pool \(pool) there for other starts; to be rid of them, give each to "
                    + "vol-delete: virsh -c '\(uri)' vol-list \(pool)")
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
        let lease = try await Lease.take(directory: directory(of: record, in: context), for: purpose) { holder in
            if quietly { return }
            Output.error("Waiting: \(holder) is at work on this session.")
        }
        record = try now(record, states: states, isInside: context.environment["LAB_ROOM"] != nil, store: context.store)
        return lease
    }

    static func now(
        _ record: SessionRecord, states: Set<SessionRecord.State>, isInside: Bool, store: LabStore
    ) throws -> SessionRecord {
        let name = "lab \(record.lab) of \(record.student)"
        guard let now = try store.session(record.id), now.state != .finished else {
            throw LabError(
                .usage, "\(name) was finished meanwhile", advice: "Start it again with: lab start \(record.lab)")
        }
        guard states.contains(now.state) else {
            throw LabError(
                .usage, "\(name) is \(now.state.rawValue) now",
                advice: "Go on with: lab resume      Remove it with: lab finish")
        }
        if isInside, now.room != record.room {
            throw LabError(.usage, "\(name) was stopped and resumed meanwhile", advice: "Give the command again.")
        }
        return now
    }

    static func directory(of record: SessionRecord, in context: Context) -> String {
        context.paths.home + "/leases/" + record.id
    }
}
