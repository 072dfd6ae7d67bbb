import ArgumentParser
import Foundation
import LabFile
import LabRuntime
import LabStore

/// Which session a command means.
struct SessionOptions: ParsableArguments {
    @Option(name: .long, help: "The student whose session it is (default: LAB_STUDENT, else you).")
    var student: String?

    @Option(name: .customLong("lab"), help: "The lab, by number or name, when several sessions are running.")
    var labName: String?

    /// The one session that is meant, among those in `states`.
    func record(in context: Context, states: Set<SessionRecord.State> = [.running]) throws -> SessionRecord {
        if let id = context.environment["LAB_SESSION"], let record = try context.store.session(id) { return record }
        var open = try context.store.sessions().filter { $0.state != .finished }
        let student = try student.map { try context.student($0) } ?? context.environment["LAB_STUDENT"]
        // What lab test has running is meant when nothing else is there, or when its student is named.
        if student == nil, open.contains(where: { $0.student != ProofRoom.student }) {
            open.removeAll { $0.student == ProofRoom.student }
        }
        let number = try labName.map { try context.catalogue.find($0).number }
        let named = open.filter {
            (student == nil || $0.student == student) && (number == nil || $0.lab == number)
        }
        let fitting = named.filter { states.contains($0.state) }
        if fitting.count == 1, let only = fitting.first { return only }
        let list = open.map { "lab \($0.lab)  \($0.student)  \($0.state.rawValue)" }.joined(separator: "\n")
        if fitting.count > 1 {
            throw LabError(.usage, "several sessions fit; name one with --lab and --student:\n\(list)")
        }
        if let other = named.first, named.count == 1 {
            throw LabError(
                .usage, "lab \(other.lab) of \(other.student) is \(other.state.rawValue)",
                advice: other.state == .running
                    ? "It is running already: lab shell · lab check · lab finish"
                    : "Go on with: lab resume      Remove it with: lab finish")
        }
        if named.isEmpty, !open.isEmpty { throw LabError(.usage, "no such session; there are:\n\(list)") }
        throw LabError(.usage, "no lab is running", advice: "Start one with: lab start 1      What there is: lab list")
    }

    /// The one running session, with its lab, attached to its room's libvirtd.
    func attach(in context: Context) async throws -> LiveSession {
        let record = try record(in: context)
        return try await LiveSession.attach(record, lab: context.lab(of: record), paths: context.paths)
    }
}
