import Crypto
import Foundation
public import LabFile
public import LabStore
import Libvirt
import Synchronization

/// Brings a session up: room, or a network and volumes elsewhere; machines, identities.
///
/// What is intended is recorded before each thing is made, so that a later command can finish or undo what a killed
/// one left; a start that fails or is interrupted undoes itself.
public struct SessionStart: Sendable {
    let paths: LabPaths
    let store: LabStore
    let progress: Progress
    let drawn: String?

    /// Makes a start that reports to `progress`; `drawn` is kept in the records of sessions that it begins
    /// (``SessionRecord/drawn``).
    public init(paths: LabPaths, store: LabStore, drawn: String? = nil, progress: @escaping Progress) {
        self.drawn = drawn
        self.paths = paths
        self.store = store
        self.progress = progress
    }

    /// Makes what the first start of a lab would make: its images and what its machines wake from.
    public func prepare(_ lab: Lab, accelerator wanted: Accelerator? = nil) async throws {
        let images = try await builtImages(of: lab)
        guard let kernel = images.values.first?.kernel else { return }
        let accelerator = try await accelerator(wanted, kernel: kernel)
        _ = try await warmImages(of: lab, images: images, accelerator: accelerator)
    }

    /// How long three machines take at most to take their names on an ordinary host with KVM.
    static let ordinaryNaming = Duration.milliseconds(150)

    /// How a session is to start.
    public struct Options: Sendable {
        /// How guests execute; nil chooses what works.
        public var accelerator: Accelerator?
        /// Whether the machines boot although they could be woken from kept memories.
        public var cold = false
        /// The step at whose starting point it begins, if there is one, with the values of the student's variables.
        public var at: (step: String, values: [String: String])?

        /// Chooses nothing.
        public init() {}
    }

    /// What came of a start.
    public struct Started: Sendable {
        /// The session.
        public var record: SessionRecord
        /// Whether it goes on from the starting point that was asked for.
        public var isAtPoint: Bool
    }

    /// What a lab's machines take together at most while they start: memory and disk, in MiB.
    static func needs(_ lab: Lab) -> (memory: Int, disk: Int) {
        (
            lab.machines.map { $0.memory + 150 }.reduce(0, +),
            600 * lab.machines.count + lab.machines.flatMap(\.disks).map(\.size).reduce(0, +)
        )
    }

    /// Starts a new session.
    public func start(_ lab: Lab, student: String, _ options: Options = Options()) async throws -> Started {
        let needs = Self.needs(lab)
        try await Requirements.demand(
            memory: needs.memory, disk: needs.disk, paths: paths, forwarding: Forwarding(lab))
        let images = try await builtImages(of: lab)
        guard let first = lab.machines.first, let image = images[first.image] else {
            throw LabError(.labFile, "lab \(lab.number) has no machines")
        }
        let accelerator = try await accelerator(options.accelerator, kernel: image.kernel)
        let point = try await point(of: lab, options, images: images, accelerator: accelerator)
        let warm =
            options.cold || point != nil ? [:] : try await warmImages(of: lab, images: images, accelerator: accelerator)
        var record = SessionRecord(
            id: Self.newID(lab: lab.number), lab: lab.number, directory: lab.directory, student: student,
            begun: Date(), state: .starting, accelerator: accelerator.rawValue)
        record.drawn = drawn
        try store.save(record)
        do {
            try await makeRoom(&record, of: lab, then: .starting)
            let session = try await LiveSession.attach(record, lab: lab, paths: paths)
            try await makeNetworks(session)
            try await makeKeys(of: record, from: point)
            if let point {
                let connections = TrackedConnections(of: session)
                try connections.adopt(point.snapshot, from: point.directory)
                notice(lost: await connections.putBack(to: point.snapshot))
            }
            let slowness = try await bringUp(session) { machine in
                images[machine.image].map { image in
                    MachineStart(
                        session: session, machine: machine, image: image,
                        source: point.map { .point($0) } ?? .init(warm[WarmNeed(machine)]), accelerator: accelerator,
                        progress: progress)
                }
            }
            record.slowness = slowness ?? point?.contents.slowness
            if let point { try store.adopt(point.contents.progress, for: record.id) }
        } catch {
            try await undo(record, because: error)
            guard let point, !Task.isCancelled else { throw error }
            let step = point.contents.step
            progress(
                .notice(
                    Localized(
                        ko: "\(step) 단계에서 남겨 둔 것을 쓸 수 없어서 다시 만들어요 (\(error)).",
                        en: "What was kept of \(step) could not be used (\(error)); it is made again.")))
            StartingPointStore(paths: paths).remove(point)
            return try await start(lab, student: student, options)
        }
        record.state = .running
        try store.save(record)
        Capabilities(home: paths.home).keep(from: paths.session(record.id))
        return Started(record: record, isAtPoint: point != nil)
    }

    /// The key of the starting point of a step on this host.
    public func key(_ step: String, of session: LiveSession, values: [String: String]) async throws -> StartingPointKey
    {
        try await Self.key(
            step, of: session.lab, values: values, images: try await builtImages(of: session.lab),
            accelerator: Accelerator(rawValue: session.record.accelerator) ?? .tcg)
    }

    /// Whether the moment at which a start with these options would begin is kept.
    public func isKept(_ lab: Lab, _ options: Options) async throws -> Bool {
        let images = try await builtImages(of: lab)
        guard let kernel = lab.machines.first.flatMap({ images[$0.image] })?.kernel else { return false }
        let accelerator = try await accelerator(options.accelerator, kernel: kernel)
        return try await point(of: lab, options, images: images, accelerator: accelerator) != nil
    }

    private func point(
        of lab: Lab, _ options: Options, images: [String: BuiltImage], accelerator: Accelerator
    ) async throws -> StartingPoint? {
        guard let at = options.at else { return nil }
        let key = try await Self.key(at.step, of: lab, values: at.values, images: images, accelerator: accelerator)
        return StartingPointStore(paths: paths).find(key)
    }

    private static func key(
        _ step: String, of lab: Lab, values: [String: String], images: [String: BuiltImage], accelerator: Accelerator
    ) async throws -> StartingPointKey {
        var machines: [WarmKey] = []
        for need in Set(lab.machines.map(WarmNeed.init)) {
            guard let image = images[need.image] else { continue }
            machines.append(try await WarmKey.current(image: image, memory: need.memory, accelerator: accelerator))
        }
        return StartingPointKey(step: step, lab: lab, values: values, machines: machines)
    }

    /// Takes back a start that failed, without being cancelled itself: the tree that was cancelled must not stop the
    /// clean-up. When that fails, too, `error` is told as well, and the record stays for the next start to clear.
    func undo(_ failed: SessionRecord, because error: any Error) async throws {
        do {
            try await Task { try await SessionEnd(paths: paths, store: store).remove(failed) }.value
            try store.delete(failed.id)
        } catch let second {
            throw LabError(
                (error as? LabError)?.code ?? .failed,
                "the start failed, and what it had made could not be taken away: \(second)",
                advice: "Try to take it away with: lab finish", cause: error)
        }
    }

    /// Makes one machine of a running session anew, as it was after the start. The session's checkpoints go: they hold
    /// the machine that is no more.
    public func renew(_ machine: MachineSpec, of session: LiveSession) async throws {
        guard let image = try await builtImages(of: session.lab)[machine.image],
            let accelerator = Accelerator(rawValue: session.record.accelerator)
        else { throw LabError(.failed, "\(machine.name) has no image") }
        let images = [machine.image: image]
        var files: FarVolumes.Files?
        if let volumes = session.volumes { files = try await bring(images, into: volumes)[machine.image] }
        let warm =
            session.record.isElsewhere
            ? [:] : try await warmImages(of: session.lab, images: images, accelerator: accelerator)
        let fresh = MachineStart(
            session: session, machine: machine, image: image, files: files, source: .init(warm[WarmNeed(machine)]),
            accelerator: accelerator, progress: progress)
        // What fails for want of space fails before anything is taken away.
        try await fresh.copyDisks()
        do {
            for step in try await Checkpoint.steps(of: session) {
                try await Checkpoint.ofStep(step, in: session).remove()
            }
            // One that is missing was taken away by a command that was interrupted.
            if try await session.states()[machine.name] != nil {
                let domain = session.domain(machine.name)
                try await session.connection.destroyDomain(domain)
                try await session.connection.undefineDomain(domain)
            }
            _ = try await fresh.bringUp()
        } catch {
            progress(
                .notice(
                    Localized(
                        ko: "\(machine.name): 다 만들어지지 않았어요. 다시 만들려면: lab reset --machine \(machine.name)",
                        en: "\(machine.name) is not whole. Make it anew with: lab reset --machine \(machine.name)")))
            throw error
        }
    }

    /// Makes a session's room and records it, with the session's `state` from then on.
    func makeRoom(_ record: inout SessionRecord, of lab: Lab, then state: SessionRecord.State) async throws {
        let began = ContinuousClock.now
        progress(.doing(.room, Localized(ko: "만들고 있어요", en: "is made")))
        let sockets = paths.sockets(record.id)
        if record.sockets != sockets {
            try await Room.endLeft(in: record.sockets(in: paths))
            record.sockets = sockets
            try store.save(record)
        }
        let room = try await Room.make(
            session: paths.session(record.id), sockets: sockets, paths: paths, forwarding: Forwarding(lab))
        record.setRoom(room.process)
        record.state = state
        try store.save(record)
        let ready =
            lab.uplink
            ? Localized(ko: "준비됐어요. 바깥으로 나가는 길도 있어요", en: "ready, with a way out")
            : Localized(ko: "준비됐어요", en: "ready")
        progress(.done(.room, ready.taking(since: began)))
    }

    /// Makes the networks that a session's room does not have yet, or starts the one elsewhere.
    func makeNetworks(_ session: LiveSession) async throws {
        if session.record.isElsewhere { return try await session.bringUpNetwork() }
        let made = try await session.connection.networks().map(\.name)
        for network in RoomNetwork.all(of: session.lab) where !made.contains(network.name) {
            try await session.connection.createNetwork(xml: DomainXML.network(network, session: session.record.id))
        }
    }

    /// Brings all machines up at once; gives how many times longer than on an ordinary host the slowest took for its
    /// name, nil when none took one.
    func bringUp(
        _ session: LiveSession, _ start: @escaping @Sendable (MachineSpec) -> MachineStart?
    ) async throws -> Double? {
        let slowest = Mutex<Double?>(nil)
        try await forEachMachine(session) { machine in
            guard let named = try await start(machine)?.run() else { return }
            slowest.withLock { $0 = max($0 ?? 0, named / Self.ordinaryNaming) }
        }
        return slowest.withLock { $0 }
    }

    func forEachMachine(
        _ session: LiveSession, _ body: @escaping @Sendable (MachineSpec) async throws -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for machine in session.lab.machines {
                group.addTask {
                    do {
                        try await body(machine)
                    } catch let error as LibvirtError {
                        throw LabError(.failed, "\(machine.name) could not be started", cause: error)
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    /// Says why connections between machines do not go on, if there is a reason.
    func notice(lost reason: String?) {
        if let reason { progress(.notice(.connectionsAreLost(reason))) }
    }

    func builtImages(of lab: Lab) async throws -> [String: BuiltImage] {
        let store = ImageStore(root: paths.images)
        var images: [String: BuiltImage] = [:]
        for name in Set(lab.machines.map(\.image)).sorted() {
            let recipe = try ImageRecipe.load(directory: "\(paths.root)/images/\(name)")
            if let image = try store.find(recipe) {
                images[name] = image
            } else {
                let began = ContinuousClock.now
                images[name] = try await ImageBuilder.build(recipe, into: store) { phase in
                    progress(.doing(.image(name), phase))
                }
                progress(.done(.image(name), Localized(ko: "만들었어요", en: "built").taking(since: began)))
            }
        }
        return images
    }

    /// What the warm images of a lab differ in.
    private struct WarmNeed: Hashable {
        var image: String
        var memory: Int
        init(_ machine: MachineSpec) { (image, memory) = (machine.image, machine.memory) }
    }

    private func warmImages(of lab: Lab, images: [String: BuiltImage], accelerator: Accelerator) async throws
        -> [WarmNeed: WarmImage]
    {
        let builder = WarmBuilder(paths: paths, progress: progress)
        return try await withThrowingTaskGroup(of: (WarmNeed, WarmImage?).self) { group in
            for need in Set(lab.machines.filter(\.disks.isEmpty).map(WarmNeed.init)) {
                guard let image = images[need.image] else { continue }
                group.addTask {
                    do {
                        return (need, try await builder.image(image, memory: need.memory, accelerator: accelerator))
                    } catch {
                        try Task.checkCancellation()
                        progress(
                            .notice(
                                Localized(
                                    ko: "\(need.image) 이미지의 기계는 부팅해요. 메모리를 남겨 둘 수 없었어요 (\(error)).",
                                    en: "Machines of \(need.image) boot: their memory could not be kept (\(error)).")))
                        return (need, nil)
                    }
                }
            }
            var warm: [WarmNeed: WarmImage] = [:]
            for try await (need, image) in group { warm[need] = image }
            return warm
        }
    }

    private func accelerator(_ wanted: Accelerator?, kernel: String) async throws -> Accelerator {
        if wanted == .tcg { return .tcg }
        var began: ContinuousClock.Instant?
        let outcome = try await AcceleratorProbe(paths: paths).outcome(kernel: kernel) {
            began = .now
            progress(.doing(.kvm, .isTried))
        }
        if let began { progress(.done(.kvm, .works(outcome.kvmWorks).taking(since: began))) }
        if outcome.kvmWorks { return .kvm }
        if wanted == .kvm {
            let other = "--accelerator tcg"
            throw LabError(
                .host,
                Localized(
                    ko: "여기서는 KVM이 동작하지 않아요: \(outcome.reason.ko)",
                    en: "KVM does not work here: \(outcome.reason.en)"),
                advice: outcome.remedy.map {
                    Localized(
                        ko: "고치는 명령: \($0)      고치지 않고 시작하려면: \(other)",
                        en: "Mend it with: \($0)      Or start with: \(other)")
                } ?? Localized(ko: "이렇게 시작하세요: \(other)", en: "Start with: \(other)"))
        }
        let remedy =
            outcome.remedy.map { Localized(ko: ". 고치려면: \($0)", en: "; mend it with: \($0)") } ?? Localized.same(".")
        progress(
            .notice(
                Localized(
                    ko: "기계를 에뮬레이션으로 돌려서 느려요: \(outcome.reason.ko)\(remedy.ko)",
                    en: "The machines are emulated and slower: \(outcome.reason.en)\(remedy.en)")))
        return .tcg
    }

    /// The keys of the lab's own door: the host's key of the workstation's sshd and the client's key of the harness.
    func makeKeys(of record: SessionRecord, from point: StartingPoint?) async throws {
        let keys = paths.session(record.id) + "/keys"
        if let point {
            try await Tool.check("cp", ["-a", point.directory + "/keys/.", keys])
            return
        }
        for name in ["door-host", "door-client"] {
            let path = "\(keys)/\(name)"
            try await Tool.check("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "lab", "-f", path])
        }
    }

    static func newID(lab: Int) -> String {
        let letters = Array("abcdefghijkmnpqrstuvwxyz23456789")
        return "\(lab)-" + String((0..<6).map { _ in letters[Int.random(in: 0..<letters.count)] })
    }
}
