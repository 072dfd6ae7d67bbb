import Foundation
import LabFile
import LabRuntime
import LabStore
import Testing

@testable import LabCommands

@Suite("What a command that waited for another one does with the session")
final class SessionLeaseTests {
    private let home: String
    private let store: LabStore
    private let before: SessionRecord

    init() throws {
        home = NSTemporaryDirectory() + "lab-lease-" + UUID().uuidString
        try LabPaths.make(home)
        store = try LabStore(home: home)
        before = SessionRecord(
            id: "6-a", lab: 6, directory: "/", student: "kim", begun: Date(timeIntervalSince1970: 0), state: .stopped,
            accelerator: "tcg")
        try store.save(before)
    }

    deinit { try? FileManager.default.removeItem(atPath: home) }

    private func now(isInside: Bool = false) throws -> SessionRecord {
        try SessionLease.now(before, states: [.stopped, .running], isInside: isInside, store: store)
    }

    @Test("It works with the record as it is then, and not as it was before the wait")
    func fresh() throws {
        var changed = before
        changed.state = .running
        changed.roomProcess = 42
        changed.roomStart = 1
        changed.roomBoot = HostProcess.bootID
        try store.save(changed)
        #expect(try now() == changed)
        #expect(throws: LabError.self) { try now(isInside: true) }
    }

    @Test("It does nothing to a session that was finished, or that is in no state for it")
    func gone() throws {
        for state in [SessionRecord.State.finished, .stopping] {
            var changed = before
            changed.state = state
            try store.save(changed)
            #expect(throws: LabError.self) { try now() }
        }
        try store.delete(before.id)
        #expect(throws: LabError.self) { try now() }
    }

    @Test(
        "The way on from a state is a command that takes a session in that state",
        arguments: [
            (SessionRecord.State.starting, ["lab start 6", "lab finish"]), (.finishing, ["lab finish"]),
            (.stopping, ["lab resume", "lab finish"]), (.stopped, ["lab resume", "lab finish"]),
        ])
    func wayOn(_ state: SessionRecord.State, _ commands: [String]) throws {
        var changed = before
        changed.state = state
        for text in [changed.wayOn.ko, changed.wayOn.en] {
            #expect(text.matches(of: /lab (start 6|resume|finish)/).map { String($0.output.0) } == commands)
        }
    }
}
