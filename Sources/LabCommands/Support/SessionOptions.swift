import ArgumentParser
import Foundation
import LabFile
import LabRuntime
import LabStore

/// Which session a command means.
struct SessionOptions: ParsableArguments {
    @Option(name: .long, help: "The student whose session it is (default: LAB_STUDENT, else whoever's fits).")
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
        let number = try labName.map { try context.entry($0).number }
        let named = open.filter {
            (student == nil || $0.student == student) && (number == nil || $0.lab == number)
        }
        let fitting = named.filter { states.contains($0.state) }
        if fitting.count == 1, let only = fitting.first { return only }
        let list = Localized(
            ko: open.map { "\($0.lab)번 실습  \($0.student)  \(Localized.state($0.state.rawValue).ko)" }
                .joined(separator: "\n"),
            en: open.map { "lab \($0.lab)  \($0.student)  \($0.state.rawValue)" }.joined(separator: "\n"))
        if fitting.count > 1 {
            throw LabError(
                .usage,
                Localized(
                    ko: "맞는 실습이 여럿이에요. --lab과 --student로 하나를 골라 주세요:\n\(list.ko)",
                    en: "several sessions fit; name one with --lab and --student:\n\(list.en)"))
        }
        if let other = named.first, named.count == 1 {
            let state = Localized.state(other.state.rawValue)
            throw LabError(
                .usage,
                Localized(
                    ko: "\(other.lab)번 실습(\(other.student))의 지금 상태: \(state.ko)",
                    en: "lab \(other.lab) of \(other.student) is \(state.en)"),
                advice: other.wayOn)
        }
        if named.isEmpty, !open.isEmpty {
            throw LabError(
                .usage,
                Localized(
                    ko: "그런 실습은 없어요. 있는 것:\n\(list.ko)", en: "no such session; there are:\n\(list.en)"))
        }
        throw LabError(
            .usage, Localized(ko: "돌고 있는 실습이 없어요", en: "no lab is running"),
            advice: Localized(
                ko: "시작하려면: lab start 1      있는 실습을 보려면: lab list",
                en: "Start one with: lab start 1      What there is: lab list"))
    }

    /// The one running session, with its lab, attached to its room's libvirtd.
    func attach(in context: Context) async throws -> LiveSession {
        let record = try record(in: context)
        return try await LiveSession.attach(record, lab: context.lab(of: record), paths: context.paths)
    }
}
