public import LabFile
import Libvirt

/// Boots a machine into a root shell on its serial console, as the rescue console of a hosting provider does, and back
/// into its own system.
///
/// The machine's definition is not touched: the other kernel command line holds until the machine is off. So what libvirt
/// says of a machine that runs is the truth about it, whatever became of the command that brought it there, and a machine
/// that is started again boots its own system.
public struct Rescue: Sendable {
    private let session: LiveSession
    private let progress: Progress

    /// Makes the way in and out for a session's machines, which reports to `progress`.
    public init(session: LiveSession, progress: @escaping Progress = { _ in }) {
        self.session = session
        self.progress = progress
    }

    /// Shuts a machine down and boots it into a root shell; does nothing when it is there. When that fails or is
    /// cancelled, the machine boots its own system.
    public func enter(_ machine: MachineSpec) async throws {
        guard try await !session.isInRescue(machine.name) else { return }
        do {
            try await bootShell(machine)
        } catch {
            // In a task of its own: the machine comes back although what was going on was cancelled.
            await Task {
                try? await waitUntilOff(machine, seconds: 20)
                try? await leave(machine)
            }.value
            throw error
        }
    }

    private func bootShell(_ machine: MachineSpec) async throws {
        let (connection, domain) = (session.connection, session.domain(machine.name))
        progress(.doing(.same(machine.name), Localized(ko: "꺼지고 있어요", en: "shuts down")))
        try await shutDown(machine)
        // Memory that was kept would go on over a disk that has changed.
        try await connection.forgetSavedDomain(domain)
        let shell = Localized(ko: "root 셸로 부팅해요", en: "boots into a root shell")
        progress(.doing(.same(machine.name), shell))
        try await connection.startDomain(as: DomainXML.rescue(try await connection.domainXML(domain)))
        progress(.done(.same(machine.name), shell))
    }

    /// Switches a machine that is in its rescue console, or that ended there, off and boots its own system.
    public func leave(_ machine: MachineSpec) async throws {
        let (connection, domain) = (session.connection, session.domain(machine.name))
        if try await session.isInRescue(machine.name) {
            progress(.doing(.same(machine.name), Localized(ko: "끄고 있어요", en: "is switched off")))
            // What was done last reaches the disk within a second: that is how the root file system is mounted.
            try await Task.sleep(for: .milliseconds(1500))
            // The shell may have ended by itself meanwhile.
            try await connection.destroyDomain(domain)
        }
        // The state is asked for last: a shell that ends between two questions leaves a machine that is off.
        guard try await connection.domainState(domain) == .shutOff else { return }
        progress(
            .doing(.same(machine.name), Localized(ko: "원래 시스템으로 부팅하고 있어요", en: "boots its own system")))
        try await connection.startDomain(domain)
        let agent = session.agent(machine.name)
        try await agent.wait(seconds: session.bootLimit)
        try await Identity.refresh(agent)
        progress(.done(.same(machine.name), Localized(ko: "준비됐어요", en: "ready").at(machine)))
    }

    private func shutDown(_ machine: MachineSpec) async throws {
        let (connection, domain) = (session.connection, session.domain(machine.name))
        if try await connection.domainState(domain) == .running {
            let agent = session.agent(machine.name)
            if await agent.ping(seconds: 5 * session.slowness) {
                try await agent.power("powerdown")
                try await waitUntilOff(machine, seconds: 90)
            } else {
                // A system that is broken may not listen to its button.
                try await connection.shutdownDomain(domain)
                try await waitUntilOff(machine, seconds: 20)
            }
        }
        try await connection.destroyDomain(domain)
    }

    /// Waits for a machine that was told to shut down, so many seconds at most, multiplied by the session's slowness.
    private func waitUntilOff(_ machine: MachineSpec, seconds: Int) async throws {
        let backoff = Backoff(seconds: seconds * session.slowness)
        let domain = session.domain(machine.name)
        while [.running, .shuttingDown].contains(try await session.connection.domainState(domain)) {
            guard try await backoff.wait() else { break }
        }
    }

    /// What is said of a machine in its rescue console to whoever asks its system for something.
    static func error(_ machine: String) -> LabError {
        LabError(
            .rescue,
            Localized(
                ko: "\(machine)이(가) 구조 콘솔에 있어서 원래 시스템이 돌지 않아요",
                en: "\(machine) is in its rescue console, and its own system does not run"),
            advice: Localized(
                ko: "거기로 가려면: lab console \(machine) --rescue      원래 시스템으로 부팅하려면: lab resume",
                en: "Go there: lab console \(machine) --rescue      Boot its own system: lab resume"))
    }
}

extension LiveSession {
    /// Whether a machine runs, and a root shell in place of its system.
    public func isInRescue(_ machine: String) async throws -> Bool {
        guard let state = try await states()[machine], state != .shutOff else { return false }
        return DomainXML.isRescue(try await connection.domainXML(domain(machine)))
    }

    /// The machines that are in their rescue console, in the order of the lab.
    public func inRescue() async throws -> [MachineSpec] {
        var found: [MachineSpec] = []
        for machine in lab.machines where try await isInRescue(machine.name) { found.append(machine) }
        return found
    }
}
