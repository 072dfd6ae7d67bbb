import Foundation
import LabFile

/// Judges single statements: fills in the variables, makes the check, keeps to its time limit, and turns whatever is
/// thrown into `blocked` with a reason that says whose fault it is.
struct StatementJudge: Sendable {
    let kinds: [String: any Check.Type]
    let fill: Filling
    /// The most that one look may take.
    let limit: Duration
    /// How long a look that was cancelled may take to undo what it did.
    var grace = Duration.zero

    /// Judges a statement, again and again while it does not hold, the time (in seconds) has not passed and `isSettled`
    /// does not say that there is nothing to wait for.
    func judge(
        _ statement: CheckStatement, on bench: any Bench, within seconds: Double,
        isSettled: @escaping @Sendable () -> Bool = { false }
    ) async -> CheckOutcome {
        await outcome(of: statement, within: seconds, isSettled: isSettled) { check in try await check.judge(on: bench)
        }
    }

    /// What `look` finds with the statement's check, in the form of the report.
    func outcome(
        of statement: CheckStatement, within seconds: Double = 0, isSettled: () -> Bool = { false },
        look: @escaping @Sendable (any Check) async throws -> Finding
    ) async -> CheckOutcome {
        let clock = ContinuousClock()
        let start = clock.now
        let end = start + .seconds(seconds)
        var pause = Duration.milliseconds(200)
        while true {
            let result: Result<Finding, any Error>
            do {
                result = .success(try await attempt(statement, look: look))
            } catch {
                result = .failure(error)
            }
            if case .success(let finding) = result, finding.verdict == .pass {
                return outcome(statement, result, clock.now - start)
            }
            let isCutShort = clock.now < end && isSettled()
            if isCutShort || clock.now >= end || Task.isCancelled {
                var outcome = outcome(statement, result, clock.now - start)
                outcome.isCutShort = isCutShort
                return outcome
            }
            try? await Task.sleep(for: min(pause, end - clock.now))
            pause = min(pause * 2, .seconds(2))
        }
    }

    /// The outcome of a statement that was judged earlier or is not judged now.
    func outcome(
        _ statement: CheckStatement, verdict: Verdict?, machine: String? = nil, expected: Localized? = nil,
        observed: Localized, hint: Localized? = nil, took: Duration = .zero, kept: Bool = false
    ) -> CheckOutcome {
        let machine = machine ?? self.machine(of: statement)
        return CheckOutcome(
            kind: statement.kind, machine: machine, verdict: verdict,
            basis: kinds[statement.kind]?.spec.basis ?? .guest,
            expected: statement.expect.map { fill($0) } ?? expected ?? naming(statement, machine: machine),
            observed: observed, hint: hint,
            milliseconds: Int(took.components.seconds) * 1000
                + Int(took.components.attoseconds / 1_000_000_000_000_000),
            kept: kept)
    }

    private func attempt(
        _ statement: CheckStatement, look: @escaping @Sendable (any Check) async throws -> Finding
    ) async throws -> Finding {
        guard let kind = kinds[statement.kind] else { throw UnknownKind(name: statement.kind) }
        let check = try kind.init(Fields(try statement.fields.mapValues { try fill($0) }))
        return try await limited(to: limit, grace: grace) { try await look(check) }
    }

    private func outcome(
        _ statement: CheckStatement, _ result: Result<Finding, any Error>, _ took: Duration
    ) -> CheckOutcome {
        switch result {
        case .success(let finding):
            let authors = statement.hint.map { fill($0) }
            let hint = finding.isElsewhere ? finding.hint ?? authors : authors ?? finding.hint
            return outcome(
                statement, verdict: finding.verdict, machine: finding.machine, expected: finding.expected,
                observed: finding.observed, hint: finding.verdict == .fail ? hint : nil, took: took)
        case .failure(let error):
            return outcome(
                statement, verdict: .blocked, observed: reason(for: error, statement), took: took)
        }
    }

    private func machine(of statement: CheckStatement) -> String? {
        for name in ["on", "to", "listen", "from"] {
            if case .string(let machine)? = statement.fields[name] { return machine }
        }
        return nil
    }

    private func naming(_ statement: CheckStatement, machine: String?) -> Localized {
        let place = machine.map { " (\($0))" } ?? ""
        return Localized(ko: "검사 \(statement.kind)\(place)", en: "the check \(statement.kind)\(place)")
    }

    private func reason(for error: any Error, _ statement: CheckStatement) -> Localized {
        let line = statement.line
        switch error {
        case let error as Unjudgeable: return error.reason
        case let error as GuestUnreachable: return error.reason
        case is TimeLimitReached:
            let machine = machine(of: statement) ?? "lab"
            return Localized(
                ko: "\(limit.components.seconds)초 안에 판정이 끝나지 않았어요. 여러분의 잘못은 아니에요. "
                    + "\(machine)이(가) 느리거나 멈춰 있는지 lab status로 확인하고 다시 해 보세요.",
                en: "It could not be judged within \(limit.components.seconds) s. This is not your mistake. "
                    + "See with lab status whether \(machine) is slow or stuck, and try again.")
        case is MissingField, is UnknownVariable, is UnknownKind:
            return Localized(
                ko: "실습 파일의 잘못이에요(lab.yaml \(line)번째 줄: \(error)). 실습을 만든 사람에게 알려 주세요.",
                en: "The lab file is at fault (lab.yaml line \(line): \(error)). Tell the lab's author.")
        case is CancellationError:
            return Localized(ko: "검사가 중단됐어요.", en: "The check was interrupted.")
        default:
            return Localized(
                ko: "lab 프로그램이 판정하지 못했어요. 여러분의 잘못은 아니에요: \(error)",
                en: "The harness failed to judge; this is not your mistake: \(error)")
        }
    }
}

/// A statement is of a kind that this program does not have.
struct UnknownKind: Error, CustomStringConvertible {
    var name: String
    var description: String { "there is no check called \(name)" }
}
