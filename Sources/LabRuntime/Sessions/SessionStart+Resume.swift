public import Foundation
public import LabFile
public import LabStore
import Libvirt

/// Coming back: after a stop, a power failure, a full disk or a killed command.
extension SessionStart {
    /// Brings the machines of a session that has no room up again where they were, those whose memory was not kept (with
    /// `fromDisks`: all) from their disks, or all of them from the checkpoint of a step, opened at a moment.
    ///
    /// The session is recorded as running with its new room: a memory is gone from the disk once a machine has gone on
    /// from it, so that what comes after a resume that was interrupted has to ``revive(_:fromDisks:)`` the rest.
    public func resume(
        _ before: SessionRecord, lab: Lab, checkpoint: (step: String, moment: Date)? = nil, fromDisks: Bool = false
    ) async throws -> SessionRecord {
        try await demandKVM(of: before)
        var record = before
        if record.isElsewhere {
            record.state = .running
            try store.save(record)
        } else {
            try await makeRoom(&record, of: lab, then: .running)
        }
        var session: LiveSession?
        do {
            let attached = try await LiveSession.attach(record, lab: lab, paths: paths)
            session = attached
            try await makeNetworks(attached)
            if let checkpoint {
                try await putBack(attached, to: checkpoint)
            } else {
                if !fromDisks { try await reconnect(attached) }
                try await forEachOwn(attached) { try await comeBack($0, in: attached, fromDisks: fromDisks) }
            }
        } catch {
            try await Task { [record, session] in try await giveUp(record, session, before: before) }.value
            throw error
        }
        return record
    }

    /// Throws, before anything of a session is touched or forgotten, when its machines need KVM and may not open it.
    private func demandKVM(of record: SessionRecord) async throws {
        guard !record.isElsewhere, record.accelerator == Accelerator.kvm.rawValue else { return }
        try await AcceleratorProbe.demandDevice()
    }

    /// Gives the room the connections that a stop kept beside the machines' memories, before any machine goes on.
    private func reconnect(_ session: LiveSession) async throws {
        let connections = TrackedConnections(of: session)
        guard connections.arePossible else { return }
        let states = try await session.states()
        guard states.values.allSatisfy({ $0 == .shutOff }) else { return }
        for machine in states.keys where try await session.connection.hasSavedMemory(session.domain(machine)) {
            return notice(lost: await connections.putBack(to: SessionEnd.moment))
        }
    }

    /// Ends the room of a resume that failed, unless a machine is on in it: that one goes on.
    private func giveUp(_ failed: SessionRecord, _ session: LiveSession?, before: SessionRecord) async throws {
        if let session {
            // What the machines of a libvirtd that does not answer any more do is not known.
            let isOn = try? await session.states().values.contains { $0 != .shutOff }
            if isOn ?? true {
                return progress(
                    .notice(
                        Localized(
                            ko: "돌아온 기계는 이어서 돌아요. 나머지는 다시 한 번: lab resume",
                            en: "What came back goes on; for the rest, again: lab resume")))
            }
        }
        if let room = failed.room { try await Room.end(room) }
        var record = failed
        record.setRoom(nil)
        record.state = before.state
        try store.save(record)
    }

    /// Does something about all machines side by side; one that fails does not keep it from the others. Throws the first
    /// error when all have ended.
    private func forEachOwn(
        _ session: LiveSession, _ body: @escaping @Sendable (MachineSpec) async throws -> Void
    ) async throws {
        let errors = await withTaskGroup(of: (any Error)?.self) { group in
            for machine in session.lab.machines {
                group.addTask {
                    do {
                        try await body(machine)
                        return nil
                    } catch let error as LibvirtError {
                        return LabError(.failed, "\(machine.name) could not be started", cause: error)
                    } catch {
                        return error
                    }
                }
            }
            return await group.reduce(into: [any Error]()) { errors, error in
                if let error { errors.append(error) }
            }
        }
        if let first = errors.first { throw first }
    }

    /// Switches on again what is off in a session whose room is up, boots the own system of what is in its rescue console,
    /// and lets go on what is paused, as a machine is whose disk could not grow or whose `lab stop` or `lab reset` was
    /// killed; gives the machines' names. With `fromDisks`, memories that were kept of what is off are forgotten.
    public func revive(_ session: LiveSession, fromDisks: Bool = false) async throws -> [String] {
        let rescued = try await session.inRescue().map(\.name)
        let states = try await session.states().values
        // What runs or stands still has the device open.
        if !rescued.isEmpty || states.contains(where: { ![.running, .paused, .halted].contains($0) }) {
            try await demandKVM(of: session.record)
        }
        try await makeNetworks(session)
        if session.record.state != .running {
            var record = session.record
            record.state = .running
            try store.save(record)
        }
        // A resume that was killed may have made the room and no more.
        if !fromDisks { try await reconnect(session) }
        let away = try await session.notRunning().map(\.machine).filter { !rescued.contains($0) }
        try await forEachOwn(session) { machine in
            if rescued.contains(machine.name) {
                try await Rescue(session: session, progress: progress).leave(machine)
            } else if away.contains(machine.name) {
                do {
                    try await comeBack(machine, in: session, fromDisks: fromDisks)
                } catch is LibvirtError {
                    // The saving that a killed command had begun may have ended only now.
                    try await comeBack(machine, in: session, fromDisks: fromDisks)
                }
            } else if await session.agent(machine.name).ping() {
                // A resume that was killed may have left it with the time of its kept memory.
                try? await Identity.refresh(session.agent(machine.name))
            }
        }
        return rescued + away
    }

    private func comeBack(_ machine: MachineSpec, in session: LiveSession, fromDisks: Bool) async throws {
        let began = ContinuousClock.now
        let domain = session.domain(machine.name)
        progress(.doing(.same(machine.name), Localized(ko: "돌아오고 있어요", en: "comes back").at(machine)))
        let goesOn: Bool
        switch try await session.states()[machine.name] {
        case nil:
            return progress(
                .notice(
                    Localized(
                        ko: "\(machine.name): 새로 만들다가 멈춰서 없어요. 다시: lab reset --machine \(machine.name)",
                        en: "\(machine.name) is not there: making it anew was interrupted. Again: "
                            + "lab reset --machine \(machine.name)")))
        case .running: goesOn = true
        case .paused, .halted:
            // A stop or a reset that was killed leaves machines that stand still, and so does a full disk.
            try await session.connection.resumeDomain(domain)
            goesOn = true
        case .shuttingDown:
            let backoff = Backoff(seconds: 20 * session.slowness)
            while try await session.connection.domainState(domain) == .shuttingDown, try await backoff.wait() {}
            goesOn = try await switchOn(machine, in: session, fromDisks: fromDisks)
        default: goesOn = try await switchOn(machine, in: session, fromDisks: fromDisks)
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
            if goesOn {
                // In a task of its own: a machine that has gone on is not left with the time of before.
                try await Task {
                    try await agent.wait(seconds: 10 * session.slowness)
                    try await Identity.refresh(agent)
                }.value
            } else {
                try await agent.wait(seconds: session.bootLimit)
                try await Identity.refresh(agent)
            }
        } catch let error as LabError where error.code == .unreachable {
            let state = try? await session.connection.domainState(session.domain(machine.name))
            if state == .shutOff || state == .crashed {
                let way = "lab console \(machine.name) --rescue"
                return progress(
                    .notice(
                        Localized(
                            ko: "\(machine.name): 켰지만 다시 꺼졌어요. 까닭을 보려면: \(way)",
                            en: "\(machine.name) was switched on, and has switched itself off again. See why: \(way)")))
            }
            // Its agent may have been stopped, or its system does not boot: who is on its console sees more.
            let isOn = Localized(ko: "\(machine.address)  켜져 있어요", en: "\(machine.address)  is on")
            progress(.done(.same(machine.name), isOn.taking(since: began)))
            let way = "lab console \(machine.name)"
            return progress(
                .notice(
                    Localized(
                        ko: "\(machine.name): \(goesOn ? "이어서 돌지만" : "켰지만") 게스트 에이전트가 응답하지 않아요. \(way)",
                        en:
                            "\(machine.name) \(goesOn ? "goes on" : "was switched on"), but its guest agent does not answer: \(way)"
                    )))
        }
        let ready = Localized(ko: "준비됐어요", en: "ready")
        progress(.done(.same(machine.name), ready.at(machine).taking(since: began)))
    }

    /// Switches a machine on; gives whether it goes on from memory that was kept.
    private func switchOn(_ machine: MachineSpec, in session: LiveSession, fromDisks: Bool) async throws -> Bool {
        let domain = session.domain(machine.name)
        if fromDisks { try await session.connection.forgetSavedDomain(domain) }
        let isKept = try await session.connection.hasSavedMemory(domain)
        do {
            try await session.connection.startDomain(domain)
            return isKept
        } catch {
            guard isKept else { throw error }
            // What stands in its way may pass, as a /dev/kvm that may not be opened does: it is kept until somebody says.
            throw LabError(
                .failed,
                Localized(
                    ko: "\(machine.name): lab stop이 남겨 둔 메모리로 이어서 돌릴 수 없어요",
                    en: "\(machine.name) could not go on from the memory that lab stop kept"),
                advice: Localized(
                    ko: "다시 하려면: lab resume      그때 돌던 것 없이 부팅하려면: lab resume --from disks",
                    en: "Try again: lab resume      Boot it without what ran on it then: lab resume --from disks"),
                cause: error)
        }
    }

    private func putBack(_ session: LiveSession, to checkpoint: (step: String, moment: Date)) async throws {
        let step = checkpoint.step
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
        try await Checkpoint.ofStep(step, in: session).restore(forgetting: store, since: checkpoint.moment)
        progress(.done(.machines, Localized(ko: "되돌렸어요", en: "are back").taking(since: began)))
    }
}
