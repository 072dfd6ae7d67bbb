public import Foundation
public import GRDB

/// What is kept of one student's session at one lab; it outlives the room.
public struct SessionRecord: Codable, Sendable, Equatable, FetchableRecord, PersistableRecord {
    /// The table.
    public static let databaseTableName = "session"

    /// The session's name, such as `6-k3f9a2`.
    public var id: String
    /// The lab's number.
    public var lab: Int
    /// The lab's directory, absolute.
    public var directory: String
    /// Who works in it.
    public var student: String
    /// When it was begun.
    public var begun: Date
    /// What was last intended for it.
    public var state: State
    /// `kvm` or `tcg`.
    public var accelerator: String
    /// Host pid of the room's first process; nil when there is no room.
    public var roomProcess: Int?
    /// That process's start time in clock ticks since boot, from `/proc/PID/stat`.
    public var roomStart: Int?
    /// The host's boot id when the room was made.
    public var roomBoot: String?
    /// The directory of the room's sockets; nil in records of before it was kept.
    public var sockets: String?
    /// The URI of the libvirt that has its machines; nil when they are in a room.
    public var connection: String?
    /// The storage pool of its disks there; nil in a room, and before it is chosen.
    public var pool: String?
    /// The subnet of its network there, as `192.168.123.0/24`; nil when it is the lab files' own.
    public var subnet: String?

    /// How many times slower than on an ordinary host with KVM its machines were found to be; nil before that.
    public var slowness: Double?

    /// What tells the secret that its student's parameters are drawn with from others; nil in records of before it was kept.
    public var drawn: String?

    /// What was last intended for a session.
    public enum State: String, Codable, Sendable {
        /// A start was begun and has not ended.
        case starting
        /// Its machines are meant to be up.
        case running
        /// A stop was begun and has not ended.
        case stopping
        /// Its machines are off, their disks are kept.
        case stopped
        /// A finish was begun and has not ended.
        case finishing
        /// Only this record is left.
        case finished
    }

    /// Makes a record of a session that is about to start.
    public init(
        id: String, lab: Int, directory: String, student: String, begun: Date, state: State, accelerator: String
    ) {
        self.id = id
        self.lab = lab
        self.directory = directory
        self.student = student
        self.begun = begun
        self.state = state
        self.accelerator = accelerator
    }
}
