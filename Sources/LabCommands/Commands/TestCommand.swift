public import ArgumentParser
import Crypto
import Foundation
public import LabAuthoring
import LabFile
import LabRuntime

struct TestCommand: AsyncParsableCommand, Multilingual {
    static let configuration = CommandConfiguration(
        commandName: "test", abstract: "Prove a lab on live machines: its solutions work, and wrong ways are rejected.",
        discussion: """
            Each step has to fail on fresh machines and just before its solution, to pass after it, and to be passed \
            still at the end. Mutants are wrong ways of doing it: those that the lab file declares, and others that are \
            made from the solution. One that no check rejects is named, unless the lab file excuses it with a reason. \
            What was found is kept; only what changed since is played again.

            Exit status: 0 all is as it must be, 2 something is not, 3 something could not be judged or was not played.

            Examples:
              lab test 1
              lab test 6 firewall password-login
              lab test 6 --list
              lab test 6 --derived none --junit report.xml
              lab test 6 firewall --mutants "left out" --runs 3
              lab test 6 --within 60
            """)

    @Argument(help: "The lab: its number, its name, or a path to its directory.")
    var lab: String

    @Argument(help: "Steps, by id or number (default: all).")
    var steps: [String] = []

    @Option(help: "Mutants made from the solution: all or none.")
    var derived: TrialPlan.Derived = .all

    @Option(help: "Only mutants and lookless ways with this text in their name; may be given several times.")
    var mutants: [String] = []

    @Option(help: "Play everything so often, and say what differs.")
    var runs = 1

    @Option(help: "Rooms side by side (default: as processors and memory allow).")
    var jobs: Int?

    @Option(help: "Begin no trial after so many minutes; the same command goes on from there.")
    var within: Int?

    @Option(help: "How guests execute: auto, kvm or tcg (emulated).")
    var accelerator = "auto"

    @Flag(help: "Play what was found earlier again.")
    var fresh = false

    @Flag(help: "Say what would be played, and start nothing.")
    var list = false

    @Flag(help: "As JSON.")
    var json = false

    @Option(help: "Write a JUnit report to this file.")
    var junit: String?

    @Option(help: "Write a page to this file.")
    var html: String?

    @Option(name: .customLong("lang"), help: "ko or en.")
    var language: Language?

    func validate() throws {
        guard (1...100).contains(runs) else { throw ValidationError("--runs takes 1 to 100.") }
        guard jobs.map({ (1...64).contains($0) }) ?? true else { throw ValidationError("--jobs takes 1 to 64.") }
        guard within.map({ (1...10_000).contains($0) }) ?? true else {
            throw ValidationError("--within takes 1 to 10000 minutes.")
        }
        guard accelerator == "auto" || Accelerator(rawValue: accelerator) != nil else {
            throw ValidationError("--accelerator takes auto, kvm or tcg, not \"\(accelerator)\".")
        }
    }

    func run() async throws {
        let context = try Context(language: language)
        let lab = try context.lab(lab)
        let named = try steps.map { try lab.step(named: $0).id }
        let values = ProofRoom.parameters(of: lab)
        let plan = TrialPlan(
            lab: lab, steps: named, derived: derived, mutants: mutants, values: ProofRoom.values(of: lab))
        if let text = plan.unmatched(mutants).first {
            throw LabError(
                .usage, "no mutant has \"\(text)\" in its name",
                advice: "See what there is: lab test \(self.lab) --list")
        }
        let ground = TrialKey.Ground(
            tool: try Self.programDigest(), machines: try ImageRecipe.digests(of: lab, paths: context.paths), lab: lab,
            values: values)
        let queue = ProofQueue(
            plan, runs: runs, ground: ground, store: ResultStore(home: context.paths.home, lab: lab.name),
            fresh: fresh, values: ProofRoom.values(of: lab), until: within.map { .now + .seconds(60 * $0) })
        if list { return try await show(await queue.proof, in: context.language) }
        let files = (junit: try ReportFile(junit: junit, of: "lab test"), page: try ReportFile(page: html))
        if await !queue.left.isEmpty { try await play(lab, queue: queue, context: context) }
        try await report(await queue.proof, in: context.language, files.junit, files.page)
    }

    private func play(_ lab: Lab, queue: ProofQueue, context: Context) async throws {
        let lease = try await Lease.take(directory: context.paths.home + "/proofs", for: "lab test") {
            Output.error("Waiting: \($0) is at work.")
        }
        defer { withExtendedLifetime(lease) {} }
        try await ProofRoom.clear(context)
        let (left, total) = await (queue.left.count, queue.proof.cells.count * runs)
        // Trials that are played together take one room.
        let jobs = min(self.jobs ?? Self.fittingJobs(for: lab), max(1, await queue.total))
        Output.error(
            "Lab \(lab.number) · \(lab.title[context.language]): \(left) of \(total) trials to play"
                + (jobs > 1 ? ", in \(jobs) rooms" : "") + (left < total ? ", the rest is known." : "."))
        let run = ProofRun(
            context: context, lab: lab, queue: queue, accelerator: Accelerator(rawValue: accelerator), jobs: jobs)
        do {
            try await run.run()
        } catch {
            let (done, all) = await (queue.done, queue.total)
            Output.error("\(done) of \(all) are kept; the same command goes on from here.")
            throw error
        }
        let rest = await queue.left.count
        if within != nil, rest > 0 { Output.error("The time is over; the same command plays the other \(rest).") }
        await queue.prune()
    }

    private func report(
        _ proof: Proof, in language: Language, _ junit: ReportFile?, _ page: ReportFile?
    ) async throws {
        try junit?.write(proof.junit(language))
        try page?.write(ProofPage(proof, language: language).html)
        if json {
            try JSONOutput.write(ProofDocument(proof, language: language))
        } else {
            for line in ProofView(proof: proof, language: language, style: Output.style).lines() { Output.data(line) }
        }
        throw ExitStatus(value: proof.exitStatus)
    }

    private func show(_ proof: Proof, in language: Language) async throws {
        if json { return try JSONOutput.write(ProofDocument(proof, language: language)) }
        let rows = proof.cells.map { cell in
            let known = cell.standing == .unplayed ? "to play" : "known: \(cell.standing.rawValue)"
            return [cell.trial.step, cell.trial.kind.rawValue, known, cell.trial.name]
        }
        Output.table(["STEP", "KIND", "", "TRIAL"], rows)
        for (step, excuse) in proof.needless {
            Output.error("\(step): no derived mutant is called \"\(excuse.mutant)\"")
        }
    }

    /// The SHA-256 of this program.
    private static func programDigest() throws -> String {
        let file = try FileHandle(forReadingFrom: URL(filePath: "/proc/self/exe"))
        var hash = SHA256()
        while let data = try file.read(upToCount: 1 << 22), !data.isEmpty { hash.update(data: data) }
        return hash.finalize().map { String($0, radix: 16) }.joined(separator: ".")
    }

    /// How many rooms of a lab the processors and the memory that is free allow.
    private static func fittingJobs(for lab: Lab) -> Int {
        let need = lab.machines.map { $0.memory + 150 }.reduce(0, +)
        let free = Requirements.freeMemory() * 4 / 5
        return max(1, min(ProcessInfo.processInfo.activeProcessorCount / 2, free / max(1, need)))
    }
}

extension TrialPlan.Derived: ExpressibleByArgument {}
