import ArgumentParser
import Foundation
import LabAuthoring
import LabFile
import LabRuntime
import LabStore

/// What `lab test` runs inside a room: it reads requests and writes replies, a line of JSON each.
struct TestRoomCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test-room", abstract: "Plays trials for lab test.", shouldDisplay: false)

    func run() async throws {
        Interrupts.leaveQuietly()
        let context = try Context()
        guard let record = try RoomEntry.inside(context) else {
            throw LabError(.usage, "this is for lab test alone", advice: "Prove a lab with: lab test LAB")
        }
        let lab = try context.lab(of: record)
        let session = try await LiveSession.attach(record, lab: lab, paths: context.paths)
        let plan = TrialPlan.whole(session.lab)
        let trials = Dictionary(plan.trials.map { (TrialName($0), $0) }) { first, _ in first }
        let (lines, continuation) = AsyncStream<Data>.makeStream()
        Thread.detachNewThread {
            ProofLines.read(STDIN_FILENO) { continuation.yield($0) }
            // Whoever asked is gone, and with it the use of what is being played.
            Foundation._exit(ExitStatus.success)
        }
        var player = ProofPlayer(context: context, session: session, say: Self.say)
        for await line in lines {
            do {
                let request = try JSONDecoder().decode(ProofRequest.self, from: line)
                let wanted = try request.trials.map { name in
                    guard let trial = trials[name] else {
                        throw LabError(.failed, "the lab file was changed while it was tested: \(name.name) is gone")
                    }
                    return trial
                }
                Self.say(.results(try await player.play(wanted, request)))
            } catch let stuck as ProofPlayer.Stuck {
                Self.say(.stuck(step: stuck.step, reason: stuck.reason))
            } catch {
                Self.say(.failed(String(describing: error)))
            }
            try Task.checkCancellation()
        }
    }

    private static func say(_ reply: ProofReply) {
        guard let line = try? JSONEncoder().encode(reply) else { return }
        Output.write(line + Data("\n".utf8), to: STDOUT_FILENO)
    }
}
