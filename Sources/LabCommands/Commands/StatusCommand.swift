import ArgumentParser
import Foundation
import LabFile
import LabRuntime
import LabStore
import Libvirt

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "The sessions, their machines, how far they are, and what they take.",
        discussion: """
            DISK is what a session's files take; KEPT the moments that lab reset can go back to.

            Examples:
              lab status
              lab status --json
            """)

    @Flag(help: "Finished sessions too.")
    var all = false

    @Flag(help: "As JSON.")
    var json = false

    private struct Row: Encodable {
        var accelerator: String
        var bytes: Int
        var checkpoints: [String]
        var connection: String?
        var done: Int
        var lab: Int
        var machines: [String: String]
        var session: String
        var started: Date
        var state: String
        var steps: Int?
        var student: String
    }

    func run() async throws {
        let context = try Context()
        var rows: [Row] = []
        for record in try context.store.sessions() where all || record.state != .finished {
            rows.append(try await row(record, context: context))
        }
        if json { return try JSONOutput.write(rows) }
        guard !rows.isEmpty else {
            return Output.error("No lab is running. Start one with: lab start 1      What there is: lab list")
        }
        let lines = rows.map { row in
            [
                String(row.lab), row.student, row.state, "\(row.done)/\(row.steps.map(String.init) ?? "?")",
                row.accelerator + (row.connection == nil ? "" : " elsewhere"),
                row.machines.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", "),
                "\(row.bytes >> 20) MiB", String(row.checkpoints.count), row.session,
            ]
        }
        Output.table(
            ["LAB", "STUDENT", "STATE", "DONE", "RUNS ON", "MACHINES", "DISK", "KEPT", "SESSION"], lines)
        for row in rows {
            for (machine, state) in row.machines.sorted(by: { $0.key < $1.key }) where state == "rescue" {
                Output.error(
                    "\(machine) of lab \(row.lab) is in its rescue console: lab console \(machine) --rescue. "
                        + "Its own system boots when that is left, or by: lab resume")
            }
            for (machine, state) in row.machines.sorted(by: { $0.key < $1.key }) where state == "halted" {
                Output.error(
                    "\(machine) of lab \(row.lab) stands still since its disk could not grow: "
                        + "\(try Requirements.free(at: context.paths.home)) MiB are free at \(context.paths.home). "
                        + "Make room, then: lab resume")
            }
        }
    }

    private func row(_ record: SessionRecord, context: Context) async throws -> Row {
        let lab = try? context.outline(record.directory)
        let steps = try context.store.steps(of: record.id)
        var state = record.state.rawValue
        var machines: [String: String] = [:]
        var checkpoints: [String] = []
        if record.state == .running {
            if let lab, record.isUp {
                do {
                    let session = try await LiveSession.attach(
                        record, lab: lab.bare(in: record.directory), paths: context.paths)
                    machines = try await session.states().mapValues { String(describing: $0) }
                    for machine in try await session.inRescue() { machines[machine.name] = "rescue" }
                    checkpoints = try await Checkpoint.steps(of: session).sorted()
                } catch  where !(error is CancellationError) {
                    Output.error(String(describing: error))
                    state = "unreachable"
                }
            } else {
                state = "lost (lab resume)"
            }
        }
        return Row(
            accelerator: record.accelerator,
            bytes: record.state == .finished ? 0 : LabPaths.size(of: context.paths.session(record.id)),
            checkpoints: checkpoints, connection: record.connection,
            done: steps.values.filter { $0.passed != nil }.count, lab: record.lab, machines: machines,
            session: record.id, started: record.begun, state: state, steps: lab?.steps,
            student: record.student)
    }
}

struct URICommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "uri", abstract: "The libvirt URI of a session, for virsh and virt-manager.",
        discussion: "Example:\n  virsh -c \"$(lab uri)\" list")

    @OptionGroup var session: SessionOptions

    func run() async throws {
        let context = try Context()
        Output.data(try await session.attach(in: context).uri)
    }
}
