import Foundation
public import LabFile
public import LabStore
import Libvirt

/// Coming back: after a stop, a power failure, a full disk or a killed command.
extension SessionStart {
    /// Brings the machines of a stopped session up again where they were, those of one whose room is gone from their
    /// disks, or all of them from the checkpoint of the step `checkpoint`.
    public func resume(_ before: SessionRecord, lab: Lab, checkpoint: String? = nil) async throws -> SessionRecord {
        var record = before
        if let room = record.room, room.isAlive { try await Room.end(room) }
        if !record.isElsewhere { try await makeRoom(&record, of: lab) }
        do {
            let session = try await LiveSession.attach(record, lab: lab, paths: paths)
            if record.isElsewhere {
                try await session.bringUpNetwork()
            } else {
                try await makeNetworks(session)
            }
            if let checkpoint {
                try await putBack(session, to: checkpoint)
            } else {
                try await forEachMachine(session) { try await comeBack($0, in: session) }
            }
        } catch {
            if let room = record.room {
                try await Task { try await Room.end(room) }.value
            }
            record.setRoom(nil)
            try store.save(record)
            throw error
        }
        record.state = .running
        try store.save(record)
        return record
    }

    /// Switches on again what is off in a session whose room is up, boots the own system of what is in its rescue console,
    /// and lets go on what is paused, as a machine is whose disk could not grow or whose `lab stop` was killed; gives the machines' names.
    public func revive(_ session: LiveSession) async throws -> [String] {
        try await session.bringUpNetwork()
        var revived: [String] = []
        for machine in try await session.inRescue() {
            try await Rescue(session: session, progress: progress).leave(machine)
            revived.append(machine.name)
        }
        let still = try await session.states().filter { [.shutOff, .crashed, .paused, .halted].contains($0.value) }.map(
            \.key)
        try await forEachMachine(session) { machine in
            guard still.contains(machine.name) else { return }
            do {
                try await revive(machine, in: session)
            } catch is LibvirtError {
                // The saving that a killed command had begun may have ended only now.
                try await revive(machine, in: session)
            }
        }
        if session.record.state != .running {
            var record = session.record
            record.state = .running
            try store.save(record)
        }
        return revived + still
    }

    private func revive(_ machine: MachineSpec, in session: LiveSession) async throws {
        switch try await session.connection.domainState(session.domain(machine.name)) {
        case .shutOff, .crashed, .paused, .halted: try await comeBack(machine, in: session)
        default: break
        }
    }

    private func comeBack(_ machine: MachineSpec, in session: LiveSession) async throws {
        let began = ContinuousClock.now
        let domain = session.domain(machine.name)
        progress(.doing(.same(machine.name), Localized(ko: "돌아오고 있어요", en: "comes back").at(machine)))
        let goesOn: Bool
        switch try await session.connection.domainState(domain) {
        case .running: goesOn = true
        case .paused, .halted:
            // A stop that was killed leaves machines that stand still, and so does a full disk.
            try await session.connection.resumeDomain(domain)
            goesOn = true
        default: goesOn = try await switchOn(machine, in: session)
        }
        try await settle(machine, in: session, goesOn: goesOn, since: began)
    }

    /// Waits for a machine that boots or goes on, and gives it the time and fresh randomness.
    private func settle(
        _ machine: MachineSpec, in session: LiveSession, goesOn: Bool, since began: ContinuousClock.Instant
    ) async throws {
        guard try await !session.isInRescue(machine.name) else {
            let way = "lab console \(machine.name) --rescue"
            return progress(
                .done(
                    .same(machine.name),
                    Localized(ko: "구조 콘솔에서 이어져요: \(way)", en: "goes on in its rescue console: \(way)")))
        }
        let agent = session.agent(machine.name)
        do {
            try await agent.wait(seconds: goesOn ? 10 * session.slowness : session.bootLimit)
            try await Identity.refresh(agent)
        } catch let error as LabError where goesOn && error.code == .unreachable {
            // It runs on as it was, perhaps with its agent stopped by the student.
            let way = "lab console \(machine.name)"
            progress(
                .notice(
                    Localized(
                        ko: "\(machine.name): 이어서 돌지만 게스트 에이전트가 응답하지 않아요. \(way)",
                        en: "\(machine.name) goes on, but its guest agent does not answer: \(way)")))
        }
        let ready = Localized(ko: "준비됐어요", en: "ready")
        progress(.done(.same(machine.name), ready.at(machine).taking(since: began)))
    }

    /// Switches a machine on; gives whether it goes on from memory that was kept.
    private func switchOn(_ machine: MachineSpec, in session: LiveSession) async throws -> Bool {
        let domain = session.domain(machine.name)
        let isKept = try await session.connection.hasSavedMemory(domain)
        do {
            try await session.connection.startDomain(domain)
            return isKept
        } catch {
            guard isKept else { throw error }
            progress(
                .notice(
                    Localized(
                        ko: "\(machine.name): 남겨 둔 메모리를 쓸 수 없어서 부팅해요 (\(error)).",
                        en: "\(machine.name) boots: its memory could not be used (\(error)).")))
            try await session.connection.forgetSavedDomain(domain)
            try await session.connection.startDomain(domain)
            return false
        }
    }

    private func putBack(_ session: LiveSession, to step: String) async throws {
        let began = ContinuousClock.now
        progress(
            .doing(
                .machines,
                Localized(ko: "\(step) 단계가 열린 때로 되돌리고 있어요", en: "are put back to when \(step) was opened")))
        guard try await Checkpoint.steps(of: session).contains(step) else {
            throw LabError(
                .usage,
                Localized(
                    ko: "\(step) 단계가 열린 때로는 되돌릴 수 없어요. 그때의 모습이 남아 있지 않아요",
                    en: "there is no checkpoint of \(step)"),
                advice: Localized(
                    ko: "디스크로 부팅하려면: lab resume --from disks", en: "Boot the disks: lab resume --from disks"))
        }
        try await Checkpoint.ofStep(step, in: session).restore()
        progress(.done(.machines, Localized(ko: "되돌렸어요", en: "are back").taking(since: began)))
    }
}
