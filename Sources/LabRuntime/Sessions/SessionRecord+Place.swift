public import LabFile
public import LabStore

extension SessionRecord {
    /// The room's first process, if the room was made during this boot of the host.
    public var room: HostProcess? {
        guard let roomProcess, let roomStart, roomBoot == HostProcess.bootID else { return nil }
        return HostProcess(pid: roomProcess, start: roomStart)
    }

    /// Remembers a room, or that there is none.
    mutating func setRoom(_ process: HostProcess?) {
        roomProcess = process?.pid
        roomStart = process?.start
        roomBoot = process == nil ? nil : HostProcess.bootID
    }

    /// The directory of its room's sockets, wherever the environment of the moment would have it.
    func sockets(in paths: LabPaths) -> String { sockets ?? paths.sockets(id) }

    /// Whether its machines are in a libvirt that was there before it, and not in a room.
    public var isElsewhere: Bool { connection != nil }

    /// Whether its libvirt may be asked: its room is alive, or it has none.
    public var isUp: Bool { isElsewhere || room?.isAlive == true }

    /// The name of a machine's domain: the machine's own in a room, one that clashes with nobody's elsewhere.
    func domain(_ machine: String) -> String { isElsewhere ? "lab-\(id)-\(machine)" : machine }

    /// The lab with the addresses that its machines have in this session.
    public func placed(_ lab: Lab) -> Lab {
        subnet.flatMap { Subnet($0) }.map { lab.moved(to: $0) } ?? lab
    }
}
