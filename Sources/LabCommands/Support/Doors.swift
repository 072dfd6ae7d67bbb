import Foundation
import LabFile
import LabRuntime
import LabStore
import LabVerifier

/// The ways into a session's machines from outside, for a process that is inside its room, if it has one.
enum Doors {
    /// The port of a lab's own sshd, as the images configure it.
    static let port = 22022

    /// The door of a machine; nil when its image has none.
    static func door(of machine: MachineSpec, in session: LiveSession) throws -> Door? {
        guard machine.image == "workstation" else { return nil }
        let keys = session.paths.session(session.record.id) + "/keys/"
        return Door(
            address: machine.address, port: port,
            hostKey: try String(contentsOfFile: keys + "door-host.pub", encoding: .utf8),
            privateKey: try String(contentsOfFile: keys + "door-client", encoding: .utf8), dialer: session.dialer)
    }

    /// What an outsider sees of a session's network.
    static func outside(of session: LiveSession) throws -> any Outside {
        var doors: [String: Door] = [:]
        for machine in session.lab.machines { doors[machine.name] = try door(of: machine, in: session) }
        return DoorProber(doors: doors, slowness: session.slowness)
    }
}
