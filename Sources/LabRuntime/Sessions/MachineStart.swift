import Foundation
import LabFile
import LabStore
import Libvirt

/// Brings one machine of a session up for the first time: a disk, a definition, a system that runs, and its identity.
struct MachineStart: Sendable {
    let session: LiveSession
    let machine: MachineSpec
    let image: BuiltImage
    /// The image's files where the machine's QEMU finds them; nil: where they were built.
    var files: FarVolumes.Files?
    /// What it starts from.
    let source: Source
    let accelerator: Accelerator
    let progress: Progress

    /// What a machine can start from.
    enum Source {
        /// Its image, by a boot.
        case image
        /// The memory of its image's system, from which it becomes itself.
        case warm(WarmImage)
        /// Itself, as it was at a starting point.
        case point(StartingPoint)

        /// A warm image if there is one, else the image.
        init(_ warm: WarmImage?) { self = warm.map { .warm($0) } ?? .image }
    }

    /// Brings the machine up; gives how long it took to take its name, if it did.
    func run() async throws -> Duration? {
        try await copyDisks()
        return try await bringUp()
    }

    /// Copies the disks that the machine goes on from, if there are any, beside those that it may have. What is there of
    /// an earlier copy is overwritten.
    func copyDisks() async throws {
        do {
            for (name, original) in originals {
                try await Tool.check("cp", ["--reflink=auto", "--sparse=always", original, copy(name)])
                try await Tool.check("chmod", ["600", copy(name)])
            }
        } catch {
            // Half a copy would keep the space that a whole one lacked.
            for name in originals.keys { try? FileManager.default.removeItem(atPath: copy(name)) }
            throw error
        }
    }

    /// The disks whose memory the machine goes on from, by the names of its own; none when it boots.
    private var originals: [String: String] {
        switch source {
        case .image: [:]
        // A memory that was kept knows nothing of further disks.
        case .warm(let warm): machine.disks.isEmpty ? [machine.name: warm.disk] : [:]
        case .point(let point): Dictionary(uniqueKeysWithValues: machine.diskNames.map { ($0, point.disk($0)) })
        }
    }

    /// Brings the machine up when its disks are copied.
    func bringUp() async throws -> Duration? {
        let began = ContinuousClock.now
        var named: Duration?
        if case .point(let point) = source {
            try await goOn(from: point)
        } else {
            named = try await beBorn()
        }
        let ready = Localized(ko: "준비됐어요", en: "ready")
        progress(.done(.same(machine.name), ready.at(machine).taking(since: began)))
        return named
    }

    private func goOn(from point: StartingPoint) async throws {
        let step = point.contents.step
        say(Localized(ko: "\(step) 단계부터 이어 가고 있어요", en: "goes on from \(step)"))
        try await takeDisks(with: point.snapshot)
        try await session.connection.revert(domain, to: point.snapshot)
        let agent = session.agent(machine.name)
        try await agent.wait(seconds: session.bootLimit)
        try await Identity.refresh(agent)
    }

    private func beBorn() async throws -> Duration {
        let warm = try await wake()
        if warm == nil { try await boot() }
        say(Localized(ko: "이름을 받고 있어요", en: "takes its name"))
        let identity = Identity(
            machine: machine, mac: mac, peers: session.lab.machines, uplink: session.lab.uplink,
            files: try await doorKeys() + hostKeys())
        let began = ContinuousClock.now
        do {
            try await identity.give(to: session.agent(machine.name), parked: warm?.parked)
        } catch let error as LabError where error.code == .failed {
            // The program itself failed: one that is parked and fails twice is made again, with its image. That the agent
            // or libvirt did not answer says nothing against it.
            if let warm { WarmStore(images: session.paths.images).distrust(warm) }
            throw error
        }
        let named = ContinuousClock.now - began
        if warm != nil { try await session.connection.deleteSnapshot(WarmImage.snapshot, of: domain) }
        return named
    }

    /// The lab's door: the host's private key and the public key that is let in.
    private func doorKeys() throws -> [Identity.File] {
        let keys = URL(filePath: session.paths.session(session.record.id) + "/keys")
        return [
            Identity.File(
                path: "/etc/lab/authorized_keys", mode: "644",
                contents: try Data(contentsOf: keys.appending(path: "door-client.pub"))),
            Identity.File(
                path: "/etc/lab/ssh_host_ed25519_key", mode: "600",
                contents: try Data(contentsOf: keys.appending(path: "door-host"))),
        ]
    }

    /// Keys of the machine's own SSH server, if it starts with one, made by the host: an emulated machine takes seconds
    /// for them.
    private func hostKeys() async throws -> [Identity.File] {
        guard image.servesSSH else { return [] }
        let scratch = URL(filePath: session.paths.session(session.record.id) + "/keys/\(machine.name)")
        try LabPaths.make(scratch.path)
        defer { try? FileManager.default.removeItem(at: scratch) }
        var files: [Identity.File] = []
        for kind in ["rsa", "ecdsa", "ed25519"] {
            let name = "ssh_host_\(kind)_key"
            let key = scratch.appending(path: name)
            try await Tool.check(
                "ssh-keygen", ["-q", "-t", kind, "-N", "", "-C", "root@\(machine.name)", "-f", key.path])
            let open = try Data(contentsOf: scratch.appending(path: name + ".pub"))
            files.append(Identity.File(path: "/etc/ssh/\(name).pub", mode: "644", contents: open))
            files.append(Identity.File(path: "/etc/ssh/\(name)", mode: "600", contents: try Data(contentsOf: key)))
        }
        return files
    }

    private var mac: String {
        if case .point(let point) = source, let card = point.contents.cards[machine.name] { return card }
        return Identity.mac(session: session.record.id, machine: machine.name)
    }
    private var domain: String { session.domain(machine.name) }
    private var disk: String { path(machine.name) }
    private var furtherNames: [String] { Array(machine.diskNames.dropFirst()) }
    private func path(_ disk: String) -> String {
        "\(session.paths.session(session.record.id))/disks/\(disk).qcow2"
    }

    private func copy(_ disk: String) -> String { path(disk) + ".new" }

    private func define(disk: String, furtherDisks: [String]) async throws {
        let network =
            session.record.isElsewhere
            ? FarNetwork(session: session.record.id, connection: session.connection).name
            : RoomNetwork(of: machine).name
        let spec = DomainSpec(
            session: session.record.id, machine: machine, name: domain, network: network, disk: disk,
            furtherDisks: furtherDisks,
            kernel: files?.kernel ?? image.kernel, initrd: files?.initrd ?? image.initrd, mac: mac,
            accelerator: accelerator)
        try await session.connection.defineDomain(xml: DomainXML.domain(spec))
    }

    /// Lets a clone go on from the memory that its disk, a copy of the warm image's, holds; gives that warm image, or nil
    /// when the machine has to boot.
    private func wake() async throws -> WarmImage? {
        guard case .warm(let warm) = source, !originals.isEmpty else { return nil }
        say(Localized(ko: "깨어나고 있어요", en: "wakes"))
        try await takeDisks(with: WarmImage.snapshot)
        let connection = session.connection
        do {
            try await connection.revert(domain, to: WarmImage.snapshot)
        } catch {
            guard (try? await connection.domains()) != nil else { throw error }
            progress(
                .notice(
                    Localized(
                        ko: "\(machine.name): 남겨 둔 메모리를 쓸 수 없어서 부팅해요 (\(error.message)).",
                        en: "\(machine.name) boots: the memory that was kept could not be used (\(error.message)).")))
            WarmStore(images: session.paths.images).distrust(warm)
            try? await connection.destroyDomain(domain)
            try? await connection.undefineDomain(domain)
            return nil
        }
        try await session.agent(machine.name).wait(seconds: session.bootLimit)
        return warm
    }

    /// Defines the machine with the disks that were copied, and makes libvirt know the memory that they hold.
    private func takeDisks(with name: String) async throws {
        for name in originals.keys { try await Tool.check("mv", ["-f", copy(name), path(name)]) }
        try await define(disk: disk, furtherDisks: furtherNames.map(path))
        let connection = session.connection
        let snapshot = ForeignSnapshot(
            name: name, domainXML: try await connection.domainXML(domain), disks: machine.targets)
        try await connection.adoptSnapshot(snapshot, of: domain)
    }

    private func boot() async throws {
        say(Localized(ko: "부팅하고 있어요", en: "boots"))
        try await define(disk: try await makeDisk(), furtherDisks: try await makeFurtherDisks())
        try await session.connection.startDomain(domain)
        try await session.agent(machine.name).wait(seconds: session.bootLimit)
    }

    /// Makes a disk over the image's and gives its path.
    private func makeDisk() async throws -> String {
        if let volumes = session.volumes, let files {
            return try await volumes.makeDisk(of: machine.name, from: image, over: files.base)
        }
        try? FileManager.default.removeItem(atPath: disk)
        try await Tool.check("qemu-img", ["create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", image.base, disk])
        return disk
    }

    /// Makes the further disks, empty, and gives their paths.
    private func makeFurtherDisks() async throws -> [String] {
        var paths: [String] = []
        for (name, disk) in zip(furtherNames, machine.disks) {
            if let volumes = session.volumes {
                paths.append(try await volumes.makeDisk(name, capacity: disk.size << 20))
                continue
            }
            try? FileManager.default.removeItem(atPath: path(name))
            try await Tool.check("qemu-img", ["create", "-q", "-f", "qcow2", path(name), "\(disk.size)M"])
            try await Tool.check("chmod", ["600", path(name)])
            paths.append(path(name))
        }
        return paths
    }

    private func say(_ what: Localized) { progress(.doing(.same(machine.name), what.at(machine))) }
}
