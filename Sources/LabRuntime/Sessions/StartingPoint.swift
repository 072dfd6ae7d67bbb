import Crypto
import Foundation
import LabFile
public import LabStore

/// A moment of a lab that a session can begin at: its machines' disks with the memory in a snapshot, the keys of its
/// door, and what is kept of the steps before it.
///
/// The machines that begin there are the same ones each time, host keys and machine-ids included, since known_hosts and
/// the evidence of the steps before depend on them. So it is kept in the home of the user who made it and never shared.
public struct StartingPoint: Sendable {
    /// What is written beside the disks.
    struct Contents: Codable {
        /// The step that begins there.
        var step: String
        /// The card's address of each machine.
        var cards: [String: String]
        /// The disk of each machine as it was when it was kept.
        var disks: [String: FileStamp]
        /// How far the session was.
        var progress: SessionProgress
        /// How much slower than an ordinary host the machines took their names.
        var slowness: Double?
    }

    /// Where it is.
    let directory: String
    let contents: Contents

    /// The snapshot that the disks hold.
    var snapshot: String { Checkpoint.name(ofStep: contents.step) }
    /// A machine's disk.
    func disk(_ machine: String) -> String { "\(directory)/\(machine).qcow2" }
}

/// What decides whether a starting point fits: the step, the solutions and checks of the steps before it, the student's
/// values, and what the machines' memories depend on.
public struct StartingPointKey: Sendable, Equatable {
    /// The step that begins there.
    public let step: String
    /// The key in 16 hexadecimal digits.
    let digest: String

    /// Makes the key of a step of a lab whose variables have these values.
    init(step: String, lab: Lab, values: [String: String], machines: [WarmKey]) {
        self.step = step
        var hash = SHA256()
        let before = lab.steps.prefix { $0.id != step }.map(\.outcome)
        let ground = [lab.name, String(lab.uplink), String(reflecting: lab.machines)]
        for part in ground + before + [lab.step(step)?.judgement ?? ""] { hash.update(data: Data("\0\(part)".utf8)) }
        for (name, value) in values.sorted(by: { $0.key < $1.key }) {
            hash.update(data: Data("\0\(name)=\(value)".utf8))
        }
        for machine in machines.map(\.digest).sorted() { hash.update(data: Data("\0\(machine)".utf8)) }
        hash.update(data: Data("\0\(step)\03".utf8))
        digest = hash.finalize().prefix(8).map { String(format: "%02x", $0) }.joined()
    }
}

/// The starting points of a home: `points/KEY`, the newest few.
public struct StartingPointStore: Sendable {
    /// How many are kept.
    static let most = 3

    private let root: String
    private let leases: String

    /// The store of a home.
    public init(paths: LabPaths) { (root, leases) = (paths.home + "/points", paths.home + "/leases") }

    /// The starting point of a key, or nil when there is none whose disks are as they were kept.
    func find(_ key: StartingPointKey) -> StartingPoint? {
        let directory = "\(root)/\(key.digest)"
        guard let data = FileManager.default.contents(atPath: directory + "/contents.json"),
            let contents = try? JSONDecoder().decode(StartingPoint.Contents.self, from: data)
        else { return nil }
        let point = StartingPoint(directory: directory, contents: contents)
        for (machine, stamp) in contents.disks where FileStamp(of: point.disk(machine)) != stamp { return nil }
        utimes(directory, nil)
        return point
    }

    /// Forgets a starting point that turned out to be no good.
    func remove(_ point: StartingPoint) { try? FileManager.default.removeItem(atPath: point.directory) }

    /// Keeps the moment when `key`'s step was opened, which a session has a checkpoint of, for sessions to come; gives
    /// its size in bytes. The machines stand still while their disks are copied. The caller holds the session's lease.
    public func keep(_ key: StartingPointKey, of session: LiveSession, progress: SessionProgress) async throws -> Int {
        clearLeft()
        let fresh = "\(root)/\(Self.unfinished)\(key.digest)-\(session.record.id)"
        // A keeping of the same moment that was killed.
        try? FileManager.default.removeItem(atPath: fresh)
        try LabPaths.make(fresh)
        defer { try? FileManager.default.removeItem(atPath: fresh) }
        let from = session.paths.session(session.record.id)
        try await Tool.check("cp", ["-a", from + "/keys", fresh + "/keys"])
        let names = session.lab.machines.flatMap(\.diskNames)
        try await Checkpoint.whileStill(session) {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for name in names {
                    let copy = ["\(from)/disks/\(name).qcow2", "\(fresh)/\(name).qcow2"]
                    group.addTask { try await Tool.check("cp", ["--reflink=auto", "--sparse=always"] + copy) }
                }
                try await group.waitForAll()
            }
        }
        try TrackedConnections(of: session).copy(Checkpoint.name(ofStep: key.step), to: fresh)
        var disks: [String: FileStamp] = [:]
        var cards: [String: String] = [:]
        for name in names { disks[name] = FileStamp(of: "\(fresh)/\(name).qcow2") }
        for machine in session.lab.machines {
            cards[machine.name] = try await session.card(of: machine.name)
        }
        let contents = StartingPoint.Contents(
            step: key.step, cards: cards, disks: disks, progress: progress, slowness: session.record.slowness)
        try JSONEncoder().encode(contents).write(to: URL(filePath: fresh + "/contents.json"))
        let place = "\(root)/\(key.digest)"
        if FileManager.default.fileExists(atPath: place) { try FileManager.default.removeItem(atPath: place) }
        try FileManager.default.moveItem(atPath: fresh, toPath: place)
        forgetOldest()
        return LabPaths.size(of: place)
    }

    /// How the name of what is being kept begins; the key's digest and the session's id follow.
    private static let unfinished = ".new-"

    /// Removes what keepings that were killed left: those of sessions whose lease nobody holds.
    func clearLeft() {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
        where name.hasPrefix(Self.unfinished) {
            // A key has no hyphen in it, an id has.
            let session = name.dropFirst(Self.unfinished.count).drop { $0 != "-" }.dropFirst()
            if !session.isEmpty, Lease.holder(directory: "\(leases)/\(session)") == nil {
                try? FileManager.default.removeItem(atPath: "\(root)/\(name)")
            }
        }
    }

    private func forgetOldest() {
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []).filter { !$0.hasPrefix(".") }
        let byUse = names.sorted {
            (FileStamp(of: "\(root)/\($0)")?.changed ?? 0) > (FileStamp(of: "\(root)/\($1)")?.changed ?? 0)
        }
        for name in byUse.dropFirst(Self.most) { try? FileManager.default.removeItem(atPath: "\(root)/\(name)") }
    }
}
