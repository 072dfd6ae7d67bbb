public import LabFile
public import LabStore
public import Libvirt

/// A session whose machines can be reached: its record, its lab, and its machines as libvirt and the guest agents show
/// them.
public struct LiveSession: Sendable {
    /// What is kept of it.
    public let record: SessionRecord
    /// The lab that it is at, with the addresses that its machines really have.
    public let lab: Lab
    /// Where its files are.
    public let paths: LabPaths
    /// The connection to the room's libvirtd, or to the one that it was started on.
    public let connection: Connection

    /// Connects to the libvirtd of a session whose room is alive, or to the libvirt elsewhere that has its machines.
    public static func attach(_ record: SessionRecord, lab: Lab, paths: LabPaths) async throws -> LiveSession {
        SessionLogs.cut(in: paths.session(record.id) + "/log")
        let session = LiveSession(
            record: record, lab: record.placed(lab), paths: paths, connection: try await open(record, paths: paths))
        if record.isElsewhere { try await session.demandOurs() }
        return session
    }

    private static func open(_ record: SessionRecord, paths: LabPaths) async throws -> Connection {
        if let uri = record.connection { return try await LibvirtAddress(uri).open() }
        guard let room = record.room, room.isAlive else {
            throw LabError.roomIsGone(of: record)
        }
        let uri = Room.uri(sockets: record.sockets(in: paths))
        func silent(_ cause: (any Error)?) -> LabError {
            LabError(
                .unreachable,
                Localized(
                    ko: "\(record.lab)번 실습이 도는 방의 libvirtd가 답하지 않아요",
                    en: "the libvirtd of the room of lab \(record.lab) does not answer"),
                advice: record.state == .starting
                    ? nil
                    : Localized(
                        ko: "기계에 새 방을 만들어 주려면: lab stop, 그다음 lab resume",
                        en: "Give its machines a new room: lab stop, then lab resume"),
                cause: cause)
        }
        do {
            guard let connection = try await within(seconds: patience, { try await Connection.open(uri) }) else {
                throw silent(nil)
            }
            return connection
        } catch let error as LibvirtError {
            throw silent(error)
        }
    }

    /// How long a room's libvirtd may take to answer, in seconds.
    private static let patience = 30

    /// The URI that virsh and virt-manager take.
    public var uri: String { record.connection ?? Room.uri(sockets: record.sockets(in: paths)) }

    /// The name of a machine's domain.
    public func domain(_ machine: String) -> String { record.domain(machine) }

    /// What each machine's domain is doing, by the machine's name.
    public func states() async throws -> [String: DomainState] {
        let domains = try await connection.domains()
        var states: [String: DomainState] = [:]
        for machine in lab.machines {
            states[machine.name] = domains.first { $0.name == domain(machine.name) }?.state
        }
        return states
    }

    /// The machines that do not run, in the order of the lab: off, paused, or missing since a `lab reset --machine` that was
    /// interrupted.
    public func notRunning() async throws -> [(machine: String, isMissing: Bool)] {
        let states = try await states()
        return lab.machines.map(\.name).filter { states[$0] != .running }.map { ($0, states[$0] == nil) }
    }

    /// The guest agent of a machine.
    public func agent(_ machine: String) -> GuestAgent {
        GuestAgent(machine: machine, domain: domain(machine), connection: connection)
    }

    /// The address of a machine's card, `52:54:00:…`.
    func card(of machine: String) async throws -> String {
        let xml = try await connection.domainXML(domain(machine))
        guard let match = xml.firstMatch(of: /<mac address='([0-9a-f:]{17})'/) else {
            throw LabError(.failed, "\(machine) has no card")
        }
        return String(match.1)
    }

    /// A machine of the lab; throws with the list when there is none of that name.
    public func machine(_ name: String) throws -> MachineSpec {
        guard let machine = lab.machine(name) else {
            let names = lab.machines.map(\.name).joined(separator: ", ")
            throw LabError(
                .usage,
                Localized(
                    ko: "\(lab.number)번 실습에는 \(name) 기계가 없어요",
                    en: "there is no machine \"\(name)\" in lab \(lab.number)"),
                advice: Localized(ko: "기계: \(names)", en: "Machines: \(names)"))
        }
        return machine
    }

    /// What time limits are multiplied by: what was measured when the machines took their names, within bounds. Limits
    /// have room to spare, so that 5 is enough where emulated machines are 10 to 20 times slower.
    public var slowness: Int {
        let least = record.accelerator == Accelerator.kvm.rawValue ? 1 : 5
        return min(max(least, Int((record.slowness ?? 0).rounded(.up))), 20)
    }

    /// How long a boot may take, in seconds.
    public var bootLimit: Int { 120 * slowness }

    /// Reboots a machine cleanly and waits until its agent answers from the new boot and its services are started.
    public func reboot(_ machine: String) async throws {
        let agent = agent(machine)
        let words = ["/bin/cat", "/proc/sys/kernel/random/boot_id"]
        let before = try await agent.check(words)
        try await agent.power("reboot")
        let backoff = Backoff(seconds: bootLimit)
        while true {
            if await agent.ping(), let now = try? await agent.check(words), now != before { break }
            try await agent.demandOn()
            guard try await backoff.wait() else {
                throw LabError(
                    .unreachable,
                    Localized(
                        ko: "\(machine)이(가) 재부팅한 뒤 \(bootLimit)초 안에 돌아오지 않았어요",
                        en: "\(machine) did not come back from a reboot within \(bootLimit) s"))
            }
        }
        try await agent.setTime()
        // The agent is there before the services are, and a look in between would find them missing. A boot that does not
        // come to its end is not waited for long: what is looked at then is how it is.
        _ = try? await agent.run(["/usr/bin/systemctl", "is-system-running", "--wait"], seconds: 30 * slowness)
        try Task.checkCancellation()
    }
}

extension LabError {
    /// A session is said to run, and its room ended, as by a power failure.
    public static func roomIsGone(of record: SessionRecord) -> LabError {
        LabError(
            .unreachable,
            Localized(
                ko: "\(record.lab)번 실습이 돌고 있지 않아요. 기계들이 돌던 방이 사라졌어요",
                en: "lab \(record.lab) is not running: its room is gone"),
            advice: Localized(
                ko: "이어서 하려면: lab resume      지우려면: lab finish",
                en: "Go on with: lab resume      Remove it with: lab finish"))
    }
}
