import ArgumentParser
import Foundation
import LabFile
import LabRuntime
import LabStore

struct StartCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "start", abstract: "Start a lab: its machines come up, each with its address.",
        discussion: """
            Examples:
              lab start 6
              lab start ssh --student kim
              lab start 6 --accelerator tcg
              lab start 6 --at agent-forwarding
              lab start 6 --connect qemu+ssh://kim@server.example/system

            With --connect the machines run in a libvirt that is already there: on a network of their own whose \
            subnet is free, from images that are uploaded to a storage pool once. Other commands need no --connect.
            """)

    @Argument(help: "The lab: its number, its name, or a path to its directory.")
    var lab: String

    @Option(help: "Who works in it (default: LAB_STUDENT, else you).")
    var student: String?

    @Option(help: "How guests execute: auto, kvm or tcg (emulated).")
    var accelerator: String = "auto"

    @Flag(help: "Boot the machines although they could be woken from kept memories.")
    var cold = false

    @Option(help: "Begin at this step, by id or number; the steps before it are solved (once, then it is kept).")
    var at: String?

    @Option(
        help: "A libvirt that already runs, instead of a room: qemu:///system or qemu+ssh://… (default: LAB_CONNECT).")
    var connect: String?

    @Option(help: "The storage pool there (default: \"default\" if there is one, else \"lab\", which is made).")
    var pool: String?

    @Option(name: .customLong("lang"), help: "ko or en.")
    var language: Language?

    func validate() throws {
        guard accelerator == "auto" || Accelerator(rawValue: accelerator) != nil else {
            throw ValidationError("--accelerator takes auto, kvm or tcg, not \"\(accelerator)\".")
        }
    }

    func run() async throws {
        let context = try Context()
        let lab = try context.lab(lab)
        let student = try context.student(student)
        let language = context.language(language)
        let target = try at.map { try lab.step(named: $0) }.flatMap { $0.id == lab.steps.first?.id ? nil : $0 }
        if let target, let record = try RoomEntry.inside(context) {
            try await SolvedStart(context: context, record: record, lab: lab, language: language).lead(to: target)
            return sayNext(target, of: lab, in: language)
        }
        let named = connect ?? context.environment["LAB_CONNECT"].flatMap { $0.isEmpty ? nil : $0 }
        let address = try named.map { try LibvirtAddress($0) }
        if address == nil, pool != nil { throw LabError(.usage, "--pool goes with --connect") }
        if address != nil, target != nil {
            throw LabError(
                .usage, "--at begins in a room only, not elsewhere",
                advice: "Start there without it, then: lab solve --until STEP")
        }
        let lease = try await Self.lease(of: lab, student: student, for: "lab start", context: context)
        defer { withExtendedLifetime(lease) {} }
        if let before = try Self.earlier(lab, student: student, context: context),
            try await settle(before, lab: lab, context: context)
        {
            return
        }
        let minutes = lab.minutes.map { ", about \(Self.duration($0))" } ?? ""
        Output.error("Lab \(lab.number) · \(lab.title[language])    \(lab.steps.count) steps\(minutes)")
        let began = ContinuousClock.now
        let view = ProgressView()
        let start = SessionStart(paths: context.paths, store: context.store) { view.show($0) }
        defer { view.end() }
        let started: SessionStart.Started
        if let address {
            if !cold { view.show(.notice("The machines boot: memories are kept for rooms only.")) }
            started = try await start.start(
                lab, student: student, accelerator: Accelerator(rawValue: accelerator), at: address, pool: pool)
        } else {
            var options = SessionStart.Options()
            options.accelerator = Accelerator(rawValue: accelerator)
            options.cold = cold
            if let target { options.at = (target.id, try context.variables(of: lab, student: student).values) }
            started = try await start.start(lab, student: student, options)
        }
        view.end()
        let seconds = Double((ContinuousClock.now - began) / .milliseconds(1)) / 1000
        Output.error(String(format: "Started in %.1f s.\n", seconds))
        if let target, !started.isAtPoint {
            Output.error("The steps before \(target.id) are solved now; what is reached is kept for next time.")
            try RoomEntry.enter(started.record, context: context)
        }
        sayNext(target ?? lab.steps.first, of: lab, in: language)
    }

    private func sayNext(_ step: Step?, of lab: Lab, in language: Language) {
        let number = lab.steps.firstIndex { $0.id == step?.id } ?? 0
        let read = step.map { "read step \(number + 1), \"\($0.title[language])\"" } ?? "read the guide"
        Output.error(
            """
            Next:  lab guide      \(read)
                   lab shell      a terminal on \(lab.machines.first?.name ?? "the machine")
                   lab check      what already holds
            """)
    }

    /// The right to start a lab for a student.
    static func lease(of lab: Lab, student: String, for purpose: String, context: Context) async throws -> Lease {
        try await Lease.take(directory: context.paths.home + "/starts/\(lab.number)-\(student)", for: purpose) {
            Output.error("Waiting: \($0) is at work on this session.")
        }
    }

    /// The session of a lab and student that is there already.
    static func earlier(_ lab: Lab, student: String, context: Context) throws -> SessionRecord? {
        try context.store.sessions().last {
            $0.lab == lab.number && $0.student == student && $0.state != .finished
        }
    }

    /// Deals with a session of the same lab and student that was there before; true when nothing is left to do.
    private func settle(_ before: SessionRecord, lab: Lab, context: Context) async throws -> Bool {
        switch before.state {
        case .running where before.isUp:
            let done = try context.store.steps(of: before.id).values.filter { $0.passed != nil }.count
            if let at {
                throw LabError(
                    .usage, "lab \(lab.number) is already running, \(done) of \(lab.steps.count) steps done",
                    advice:
                        "Go on from there: lab solve      Begin anew: lab finish, then lab start \(lab.number) --at \(at)"
                )
            }
            let since = before.begun.formatted(date: .omitted, time: .shortened)
            Output.error(
                "Lab \(lab.number) is already running (started \(since), \(done) of \(lab.steps.count) steps done). "
                    + "lab shell · lab check · lab finish")
            return true
        default:
            try await Self.clear(before, context: context)
            return false
        }
    }

    /// Clears away what an interrupted command left of a session; throws when it can go on.
    static func clear(_ before: SessionRecord, context: Context) async throws {
        switch before.state {
        case .running, .stopped, .stopping:
            throw LabError(
                .usage, "Lab \(before.lab) of \(before.student) is there already, with its machines off.",
                advice: "Go on with: lab resume      Begin anew with: lab finish, then lab start \(before.lab)")
        case .starting, .finishing:
            var left = before
            let lease = try await SessionLease.take(
                &left, for: "lab start", in: context, states: [.starting, .finishing])
            defer { withExtendedLifetime(lease) {} }
            Output.error("Clearing away what an interrupted command left.")
            try await SessionEnd(paths: context.paths, store: context.store).finish(left)
        case .finished: break
        }
    }

    private static func duration(_ minutes: Int) -> String {
        minutes < 90 ? "\(minutes) minutes" : "\((minutes + 30) / 60) hours"
    }
}
