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
            """)

    @Argument(help: "The lab: its number, its name, or a path to its directory.")
    var lab: String

    @Option(help: "Who works in it (default: LAB_STUDENT, else you).")
    var student: String?

    @Option(help: "How guests execute: auto, kvm or tcg (emulated).")
    var accelerator: String = "auto"

    @Flag(help: "Boot the machines although they could be woken from kept memories.")
    var cold = false

    func validate() throws {
        guard accelerator == "auto" || Accelerator(rawValue: accelerator) != nil else {
            throw ValidationError("--accelerator takes auto, kvm or tcg, not \"\(accelerator)\".")
        }
    }

    func run() async throws {
        let context = try Context()
        let lab = try context.lab(lab)
        let student = try context.student(student)
        let language = context.language(nil)
        let lease = try await Lease.take(
            directory: context.paths.home + "/starts/\(lab.number)-\(student)", for: "lab start"
        ) {
            Output.error("Waiting: \($0) is at work on this session.")
        }
        defer { withExtendedLifetime(lease) {} }
        let before = try context.store.sessions().last {
            $0.lab == lab.number && $0.student == student && $0.state != .finished
        }
        if let before, try await settle(before, lab: lab, context: context) { return }
        let minutes = lab.minutes.map { ", about \(Self.duration($0))" } ?? ""
        Output.error("Lab \(lab.number) · \(lab.title[language])    \(lab.steps.count) steps\(minutes)")
        let began = ContinuousClock.now
        let view = ProgressView()
        let start = SessionStart(paths: context.paths, store: context.store) { view.show($0) }
        defer { view.end() }
        _ = try await start.start(lab, student: student, accelerator: Accelerator(rawValue: accelerator), cold: cold)
        view.end()
        let seconds = Double((ContinuousClock.now - began) / .milliseconds(1)) / 1000
        Output.error(String(format: "Started in %.1f s.\n", seconds))
        let first = lab.steps.first.map { "read step 1, \"\($0.title[language])\"" } ?? "read the guide"
        Output.error(
            """
            Next:  lab guide      \(first)
                   lab shell      a terminal on \(lab.machines.first?.name ?? "the machine")
                   lab check      what already holds
            """)
    }

    /// Deals with a session of the same lab and student that was there before; true when nothing is left to do.
    private func settle(_ before: SessionRecord, lab: Lab, context: Context) async throws -> Bool {
        let end = SessionEnd(paths: context.paths, store: context.store)
        switch before.state {
        case .running where before.room?.isAlive == true:
            let done = try context.store.steps(of: before.id).values.filter { $0.passed != nil }.count
            let since = before.begun.formatted(date: .omitted, time: .shortened)
            Output.error(
                "Lab \(lab.number) is already running (started \(since), \(done) of \(lab.steps.count) steps done). "
                    + "lab shell · lab check · lab finish")
            return true
        case .running, .stopped, .stopping:
            throw LabError(
                .usage, "Lab \(lab.number) of \(before.student) is there already, with its machines off.",
                advice: "Go on with: lab resume      Begin anew with: lab finish, then lab start \(lab.number)")
        case .starting, .finishing:
            Output.error("Clearing away what an interrupted command left.")
            try await end.finish(before)
            return false
        case .finished: return false
        }
    }

    private static func duration(_ minutes: Int) -> String {
        minutes < 90 ? "\(minutes) minutes" : "\((minutes + 30) / 60) hours"
    }
}
