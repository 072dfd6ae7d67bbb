import Foundation
import LabFile
import Libvirt

/// Makes warm images: boots an image once in a room of its own, waits until it has settled, and keeps its memory.
///
/// The room ends with this process, however that ends; what a killed one left in the home is cleared at the next make.
struct WarmBuilder: Sendable {
    let paths: LabPaths
    let store: WarmStore
    let progress: Progress

    init(paths: LabPaths, progress: @escaping Progress) {
        self.paths = paths
        store = WarmStore(images: paths.images)
        self.progress = progress
    }

    /// The warm image of an image at a size of memory, made if it is not there; nil when it cannot be kept because the
    /// directory of images is read-only.
    func image(_ image: BuiltImage, memory: Int, accelerator: Accelerator) async throws -> WarmImage? {
        let key = try await WarmKey.current(image: image, memory: memory, accelerator: accelerator)
        if let found = try store.find(image.name, key) { return found }
        guard (try? LabPaths.make(store.root, shared: true)) != nil, access(store.root, W_OK) == 0 else { return nil }
        let name = Localized(ko: "메모리 \(image.name)", en: "warm \(image.name)")
        let lock = try await Lease.take(directory: "\(store.root)/.lock-\(image.name)", for: "lab start") { _ in
            progress(
                .doing(
                    name,
                    Localized(ko: "다른 명령이 만들고 있어서 기다려요", en: "waits for another command that makes it")))
        }
        defer { withExtendedLifetime(lock) {} }
        if let found = try store.find(image.name, key) { return found }
        let began = ContinuousClock.now
        progress(
            .doing(
                name,
                Localized(
                    ko: "한 번 부팅해서 남겨 두고 있어요. 다음부터 빨리 시작해요",
                    en: "boots once and is kept, for quick starts from now on")))
        let (work, parked) = try await make(image, key: key)
        let place = store.directory(image.name, key)
        let fresh = "\(store.root)/.new-\(image.name)"
        for stale in [fresh, place] where FileManager.default.fileExists(atPath: stale) {
            try FileManager.default.removeItem(atPath: stale)
        }
        try LabPaths.make(fresh, shared: true)
        try await Tool.check("mv", [work + "/disks/warm.qcow2", fresh + "/warm.qcow2"])
        try await Tool.check("chmod", ["a+r", fresh + "/warm.qcow2"])
        try WarmStore.seal(WarmImage(directory: fresh, parked: parked), over: image)
        try FileManager.default.moveItem(atPath: fresh, toPath: place)
        try FileManager.default.removeItem(atPath: work)
        progress(.done(name, Localized(ko: "남겨 두었어요", en: "kept").taking(since: began)))
        return try store.find(image.name, key)
    }

    /// Boots the image and takes the snapshot; gives the directory that holds `disks/warm.qcow2`, and what is parked.
    private func make(_ image: BuiltImage, key: WarmKey) async throws -> (work: String, parked: Int) {
        let id = "warm-" + String(UInt32.random(in: .min ... .max), radix: 36)
        let work = paths.home + "/warm/" + id
        let lease = try await take(work)
        defer { withExtendedLifetime(lease) {} }
        let room: Room
        let parked: Int
        do {
            room = try await Room.make(
                session: work, sockets: paths.sockets(id), paths: paths, endingWith: work + "/lease")
            parked = try await boot(image, key: key, work: work, uri: room.uri)
        } catch {
            await Task { await self.clear(id) }.value
            throw error
        }
        try await Room.end(room.process)
        try? FileManager.default.removeItem(atPath: paths.sockets(id))
        return (work, parked)
    }

    /// Gives the agent's number of the program that is parked in the memory.
    private func boot(_ image: BuiltImage, key: WarmKey, work: String, uri: String) async throws -> Int {
        let connection = try await Connection.open(uri)
        try await connection.createNetwork(xml: DomainXML.network(.lab, session: "warm"))
        let disk = work + "/disks/warm.qcow2"
        try await Tool.check("qemu-img", ["create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", image.base, disk])
        let machine = MachineSpec(
            name: "warm", image: image.name, address: "192.168.122.253", user: "root", memory: key.memory)
        let spec = DomainSpec(
            session: "warm", machine: machine, name: "warm", disk: disk, kernel: image.kernel, initrd: image.initrd,
            mac: "52:54:00:00:00:01", accelerator: key.accelerator)
        try await connection.defineDomain(xml: DomainXML.domain(spec))
        try await connection.startDomain("warm")
        let agent = GuestAgent(machine: "the warm image's machine", domain: "warm", connection: connection)
        let limit = key.accelerator == .kvm ? 120 : 600
        try await agent.wait(seconds: limit)
        // Whether units failed does not matter; that none is still starting does.
        _ = try await agent.run(["/usr/bin/systemctl", "is-system-running", "--wait"], seconds: limit)
        try await agent.check(["/bin/sh", "-c", IdentityScripts.calm], seconds: limit)
        let parked = try await Identity.park(by: agent)
        try await connection.suspendDomain("warm")
        try await connection.createSnapshot(of: "warm", called: WarmImage.snapshot)
        try await connection.destroyDomain("warm")
        return parked
    }

    /// Takes the lease of a new directory to work in, and removes what makers that were killed left: directories whose
    /// lease nobody holds. One maker at a time: what another one has made, and not taken yet, would look like that.
    private func take(_ work: String) async throws -> Lease {
        let directory = paths.home + "/warm"
        let turn = try await Lease.take(directory: directory, for: "a warm image")
        defer { withExtendedLifetime(turn) {} }
        for id in (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        where id != "lease" && Lease.holder(directory: directory + "/" + id) == nil {
            for left in [directory + "/" + id, paths.sockets(id)] { try? FileManager.default.removeItem(atPath: left) }
        }
        return try await Lease.take(directory: work, for: "a warm image")
    }

    private func clear(_ id: String) async {
        let work = paths.home + "/warm/" + id
        try? await Room.endLeft(in: paths.sockets(id))
        for left in [work, paths.sockets(id)] { try? FileManager.default.removeItem(atPath: left) }
    }
}
