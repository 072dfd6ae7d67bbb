import Foundation
import LabFile

/// The bench of one step in one run.
struct StepBench: Bench {
    let lab: Lab
    let step: Step
    let opened: Date?
    let answers: [String: String]
    let machines: [String: BatchingGuest]
    let host: any VerifierHost
    let slowness: Double

    var outside: any Outside { host.outside }

    func answer(to question: String) async -> String? { answers[question] }

    func observe(on machine: String, as user: String?, _ script: String, _ arguments: [String]) async throws
        -> Observation
    {
        try await guest(machine).observe(as: user, script, arguments)
    }

    func perform(on machine: String, as user: String?, _ script: String, _ arguments: [String], timeout: Int)
        async throws -> Observation
    {
        try await guest(machine).perform(as: user, script, arguments, timeout: patience(timeout))
    }

    func reboot(_ machine: String) async throws { try await host.reboot(machine) }

    private func guest(_ machine: String) throws -> BatchingGuest {
        guard let guest = machines[machine] else {
            throw Unjudgeable(
                Localized(
                    ko: "\(machine) 기계가 이 실습에 없거나 켜져 있지 않아요. lab status로 확인해 보세요.",
                    en: "\(machine) is not in this session or is not running. See lab status."))
        }
        return guest
    }
}
