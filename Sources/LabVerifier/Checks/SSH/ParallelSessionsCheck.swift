import Foundation
import LabFile

/// `parallel-sessions`: sessions on several machines began together and overlapped.
struct ParallelSessionsCheck: Check {
    static let spec = CheckSpec(
        "parallel-sessions", mode: .once, basis: .guest, "Sessions on all of them that overlap, begun within 10 s.",
        fields: [
            .init("on", .list(.machine), required: true, "The servers."),
            .init("from", .machine, required: true, "The client."),
            .init("user", .string, "The login; each machine's own unless given."),
            .init("session", .oneOf(["command", "sftp"]), "What they ran."),
            .init("overlap", .integer, "For how many seconds, at least; 0 unless given."),
        ])

    private let machines: [String]
    private let from: String
    private let user: String?
    private let session: String?
    private let overlap: Double

    init(_ fields: Fields) throws {
        machines = fields.strings("on")
        from = try fields.required("from")
        user = fields.string("user")
        session = fields.string("session")
        overlap = Double(fields.integer("overlap") ?? 0)
    }

    func judge(on bench: any Bench) async throws -> Finding {
        let source = try bench.machine(from)
        let kinds = Set(session.flatMap(SSHLogin.Kind.init(rawValue:)).map { [$0] } ?? [.command, .sftp])
        let names = machines.joined(separator: ", ")
        let expected = Localized(
            ko: "\(from)에서 \(names)에 동시에 세션을 열었어요" + (overlap > 0 ? " (\(Int(overlap))초 넘게)" : ""),
            en: "\(from) had sessions on \(names) at the same time" + (overlap > 0 ? ", for \(Int(overlap)) s" : ""))
        var spans: [[ClosedRange<Date>]] = []
        for machine in machines {
            let journal = try await SSHJournal.read(machine, on: bench)
            let login = try user ?? bench.machine(machine).user
            let query = LoginQuery(
                user: login, origin: .init(name: from, addresses: [source.seenAddress]), kinds: kinds)
            let found = query.matches(in: journal).flatMap { Self.spans(of: $0, kinds: kinds) }
            guard !found.isEmpty else {
                let why = query.explain(journal, on: machine)
                return Finding(
                    .fail, machine: machine, expected: expected, observed: why.observed, hint: why.hint,
                    isElsewhere: why.isElsewhere)
            }
            spans.append(found)
        }
        let best = Self.longest(spans)
        let isSo = best.map { $0.seconds >= overlap } ?? false
        let seen: Localized
        if let best {
            let seconds = String(Double(Int(best.seconds * 10)) / 10)
            seen = Localized(
                ko: "\(ClockText.of(best.start))부터 \(seconds)초 동안 모두 열려 있었어요.",
                en: "All were open for \(seconds) s from \(ClockText.of(best.start)).")
        } else {
            seen = Localized(
                ko: "세션은 모두 있지만 동시에 시작하지 않았어요.", en: "Each had its session, but they did not begin together.")
        }
        return Finding(
            isSo ? .pass : .fail, machine: machines.first, expected: expected, observed: seen,
            hint: isSo
                ? nil
                : Localized(
                    ko: "하나씩 차례로 하지 말고 parallel-ssh로 한 번에 실행해 보세요.",
                    en: "Run it on all of them with one parallel-ssh, not one after the other."))
    }

    private static func spans(of login: SSHLogin, kinds: Set<SSHLogin.Kind>) -> [ClosedRange<Date>] {
        login.sessions.filter { kinds.contains($0.kind) }
            .map { $0.began...max($0.began, $0.ended ?? login.ended ?? .now) }
    }

    /// How far apart, in seconds, sessions may begin that one command opened: connecting takes seconds on a slow machine,
    /// and guests' clocks differ. One that was left open earlier is none of them.
    static let together: TimeInterval = 10

    /// The longest time that one span of each machine has in common, all of them begun together.
    static func longest(_ spans: [[ClosedRange<Date>]]) -> (start: Date, seconds: Double)? {
        let starts = spans.flatMap { $0 }.map(\.lowerBound)
        return starts.compactMap { start -> (start: Date, seconds: Double)? in
            var end = Date.distantFuture
            for machine in spans {
                let begun = machine.filter { $0.contains(start) && start.timeIntervalSince($0.lowerBound) <= together }
                guard let latest = begun.map(\.upperBound).max() else { return nil }
                end = min(end, latest)
            }
            return (start, end.timeIntervalSince(start))
        }.max { $0.seconds < $1.seconds }
    }
}
