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
            let words = Localized(
                ko: "돌고 있는 실습이 없어요. 시작하려면: lab start 1      있는 실습을 보려면: lab list",
                en: "No lab is running. Start one with: lab start 1      What there is: lab list")
            return Output.error(words[context.language])
        }
        show(rows, in: context.language)
        for row in rows {
            for (machine, state) in row.machines.sorted(by: { $0.key < $1.key }) where state == "rescue" {
                let words = Localized(
                    ko: "\(row.lab)번 실습의 \(machine)이(가) 구조 콘솔에 있어요: lab console \(machine) --rescue. "
                        + "거기서 나오거나 lab resume을 하면 원래 시스템으로 부팅해요.",
                    en: "\(machine) of lab \(row.lab) is in its rescue console: lab console \(machine) --rescue. "
                        + "Its own system boots when that is left, or by: lab resume")
                Output.error(words[context.language])
            }
            for (machine, state) in row.machines.sorted(by: { $0.key < $1.key }) where state == "halted" {
                let home = context.paths.home
                let free = try Requirements.free(at: home)
                let words = Localized(
                    ko: "\(row.lab)번 실습의 \(machine)이(가) 디스크를 더 늘릴 수 없어서 멈춰 있어요. \(home)에 \(free) MiB가 "
                        + "남았어요. 자리를 만든 다음: lab resume",
                    en: "\(machine) of lab \(row.lab) stands still since its disk could not grow: "
                        + "\(free) MiB are free at \(home). Make room, then: lab resume")
                Output.error(words[context.language])
            }
        }
    }

    private func show(_ rows: [Row], in language: Language) {
        let elsewhere = Localized(ko: " 다른 곳", en: " elsewhere")[language]
        let lines = rows.map { row -> [String] in
            let machines = row.machines.sorted { $0.key < $1.key }
            return [
                String(row.lab), row.student, Localized.state(row.state)[language],
                "\(row.done)/\(row.steps.map(String.init) ?? "?")",
                row.accelerator + (row.connection == nil ? "" : elsewhere),
                machines.map { "\($0.key) \(Localized.state($0.value)[language])" }.joined(separator: ", "),
                "\(row.bytes >> 20) MiB", String(row.checkpoints.count), row.session,
            ]
        }
        let headings =
            language == .ko
            ? ["실습", "학생", "상태", "끝낸 단계", "실행", "기계", "디스크", "시점", "세션"]
            : ["LAB", "STUDENT", "STATE", "DONE", "RUNS ON", "MACHINES", "DISK", "KEPT", "SESSION"]
        Output.table(headings, lines)
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
                        record, lab: lab.bare(in: record.directory), paths: context.paths, seconds: 30)
                    machines = try await session.states().mapValues { String(describing: $0) }
                    for machine in try await session.inRescue() { machines[machine.name] = "rescue" }
                    checkpoints = try await Checkpoint.steps(of: session).sorted()
                } catch  where !(error is CancellationError) {
                    Output.error((error as? LabError)?.description(in: context.language) ?? String(describing: error))
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
