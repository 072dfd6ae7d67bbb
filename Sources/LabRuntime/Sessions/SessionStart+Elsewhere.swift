import Foundation
public import LabFile
import LabStore
import Libvirt

extension SessionStart {
    /// Starts a new session in a libvirt that already runs, and gives its record: the images as volumes of a storage pool
    /// (`pool`; nil chooses), a network of its own on a free subnet, machines that boot.
    public func start(
        _ lab: Lab, student: String, accelerator wanted: Accelerator?, at address: LibvirtAddress, pool: String?
    ) async throws -> Started {
        if lab.uplink {
            throw LabError(
                .usage,
                Localized(
                    ko: "\(lab.number)번 실습의 기계에는 바깥으로 나가는 길이 필요한데, 이 컴퓨터에서 돌릴 때만 있어요",
                    en: "the machines of lab \(lab.number) need a way out, which they have in a room only"),
                advice: Self.startHere)
        }
        if let machine = lab.machines.first(where: { !$0.acceptsInbound }) {
            throw LabError(
                .usage,
                Localized(
                    ko: "\(lab.number)번 실습의 \(machine.name)은(는) 통신사의 NAT 뒤에 있는데, 이 컴퓨터에서 돌릴 때만 있어요",
                    en: "\(machine.name) of lab \(lab.number) is behind a carrier's NAT (inbound: none), "
                        + "which there is in a room only"),
                advice: Self.startHere)
        }
        let images = try await builtImages(of: lab)
        guard let first = lab.machines.first?.image else {
            throw LabError(.labFile, "lab \(lab.number) has no machines")
        }
        progress(.doing(.same("libvirt"), .same(address.uri)))
        let connection = try await address.open()
        try await demandMemory(of: lab, at: address, connection)
        var record = SessionRecord(
            id: Self.newID(lab: lab.number), lab: lab.number, directory: lab.directory, student: student,
            begun: Date(), state: .starting, accelerator: Accelerator.tcg.rawValue)
        record.drawn = drawn
        record.connection = address.uri
        record.pool = try await FarVolumes.choosePool(pool, connection: connection).name
        try store.save(record)
        do {
            let volumes = FarVolumes(pool: record.pool ?? "", session: record.id, connection: connection)
            let files = try await bring(images, into: volumes)
            let place = Localized(
                ko: "\(address.uri), 풀 \(volumes.pool)", en: "\(address.uri), pool \(volumes.pool)")
            progress(.done(.same("libvirt"), place))
            let trial = files[first].map { KVMTrial(session: record.id, files: $0, connection: connection) }
            let accelerator = try await self.accelerator(wanted, trial: trial)
            record.accelerator = accelerator.rawValue
            let subnet = try await FarNetwork(session: record.id, connection: connection).make(at: address)
            record.subnet = subnet.description
            try store.save(record)
            progress(.done(Localized(ko: "네트워크", en: "network"), .same(subnet.description)))
            try LabPaths.make(paths.session(record.id) + "/keys")
            try await makeKeys(of: record, from: nil)
            let session = LiveSession(
                record: record, lab: lab.moved(to: subnet), paths: paths, connection: connection)
            record.slowness = try await bringUp(session) { machine in
                images[machine.image].map { image in
                    MachineStart(
                        session: session, machine: machine, image: image, files: files[machine.image], source: .image,
                        accelerator: accelerator, progress: progress)
                }
            }
        } catch {
            try await undo(record, because: error)
            throw error
        }
        record.state = .running
        try store.save(record)
        return Started(record: record, isAtPoint: false)
    }

    private static let startHere = Localized(
        ko: "--connect 없이 시작하세요.", en: "Start it without --connect.")

    /// Brings images to a storage pool, one after the other, and waits for another command of this home that does so.
    func bring(_ images: [String: BuiltImage], into volumes: FarVolumes) async throws -> [String: FarVolumes.Files] {
        let lock = try await Lease.take(directory: paths.home + "/uploads", for: "an upload of images") { _ in
            progress(
                .doing(
                    .same("libvirt"),
                    Localized(ko: "다른 명령이 이미지를 올리고 있어서 기다려요", en: "waits for another upload of images")))
        }
        defer { withExtendedLifetime(lock) {} }
        var files: [String: FarVolumes.Files] = [:]
        for (name, image) in images.sorted(by: { $0.key < $1.key }) {
            let percent = Percent()
            do {
                files[name] = try await volumes.bring(image) { sent, total in
                    guard let now = percent.advance(sent, of: total) else { return }
                    let size = "\(total >> 20) MiB"
                    progress(
                        .doing(
                            .image(name),
                            Localized(ko: "올리고 있어요, \(size)의 \(now) %", en: "uploads, \(now) % of \(size)")))
                    if now == 100 { progress(.done(.image(name), Localized(ko: "올렸어요", en: "is there"))) }
                }
            } catch let error as LibvirtError {
                try Task.checkCancellation()
                throw LabError(
                    .host, "the image \(name) could not be brought to the storage pool \(volumes.pool) there",
                    advice: "Name another pool: --pool", cause: error)
            }
        }
        return files
    }

    private func demandMemory(of lab: Lab, at address: LibvirtAddress, _ connection: Connection) async throws {
        let needed = lab.machines.map { $0.memory + 150 }.reduce(0, +)
        guard let available = try? await connection.availableMemory(), available < needed else { return }
        throw LabError(
            .host, "the host of \(address.uri) has \(available) MiB of memory left; lab \(lab.number) needs \(needed)",
            advice: "Finish other labs there: lab status")
    }

    private func accelerator(_ wanted: Accelerator?, trial: KVMTrial?) async throws -> Accelerator {
        guard wanted != .tcg, let trial else { return .tcg }
        progress(.doing(.kvm, .isTried))
        let reason = try await trial.whyNot()
        progress(.done(.kvm, .works(reason == nil)))
        if let reason {
            guard wanted == nil else {
                throw LabError(
                    .host,
                    Localized(ko: "거기서는 KVM이 동작하지 않아요: \(reason)", en: "KVM does not work there: \(reason)"),
                    advice: Localized(
                        ko: "이렇게 시작하세요: --accelerator tcg", en: "Start with: --accelerator tcg"))
            }
            progress(
                .notice(
                    Localized(
                        ko: "기계를 에뮬레이션으로 돌려서 느려요: \(reason)",
                        en: "The machines are emulated and slower: \(reason).")))
        }
        return reason == nil ? .kvm : .tcg
    }
}
