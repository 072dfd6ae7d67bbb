import Crypto
import Foundation
public import LabFile
import Subprocess
import SystemPackage

/// Finds out whether KVM really works, by booting the image's own kernel under it.
///
/// A device that opens proves nothing: in nested or patched environments a stock kernel can stop during decompression.
/// The answer is remembered for this boot of the host, this kernel image, this QEMU and the rights to the device. A no
/// whose cause may pass holds for ten minutes only: another hypervisor may have had the processor, and a kernel that did
/// not get far enough in time on a busy host may have been slow.
public struct AcceleratorProbe: Sendable {
    /// What was found.
    public struct Outcome: Sendable, Codable, Equatable {
        /// Whether a stock kernel ran under KVM as far as looking for its root file system.
        public var kvmWorks: Bool
        /// Why not, for the reader; empty when it works.
        public var reason: Localized
        /// The command that mends it; nil when there is none.
        public var remedy: String?
        /// What the answer depends on.
        var key: String
        /// Until when it holds; nil: as long as the key does.
        var until: Date?

        /// Whether it still answers for what `key` says; `afresh`: a no does not.
        func holds(for key: String, afresh: Bool, at moment: Date) -> Bool {
            self.key == key && until.map { moment < $0 } ?? true && (kvmWorks || !afresh)
        }
    }

    private struct Obstacle {
        var reason: Localized
        var remedy: String?
        /// Whether it may pass without anything that the answer depends on being changed.
        var mayPass = false

        /// Opens the device to the user now, and by a rule of udev's at each boot: an access control list goes with the
        /// device, and a group is of no use to machines.
        static var opening: String {
            let words = "setfacl -m u:\(getuid()):rw /dev/kvm"
            let rule = #"KERNEL=="kvm", RUN+="/usr/bin/\#(words)""#
            return "echo '\(rule)' | sudo tee -a /etc/udev/rules.d/99-lab-kvm.rules; sudo \(words)"
        }

        /// What only the user's groups may open.
        static var closedToMachines: Obstacle {
            Obstacle(
                reason: Localized(
                    ko: "/dev/kvm을 여러분은 열 수 있지만, 그룹 없이 도는 기계는 열 수 없어요",
                    en: "/dev/kvm may be opened by you, but not by machines, which leave your groups behind"),
                remedy: opening, mayPass: true)
        }
    }

    private let paths: LabPaths

    /// Makes a probe that remembers in `paths.home`.
    public init(paths: LabPaths) { self.paths = paths }

    /// The remembered answer, or a new one, before which `trying` is called; takes at most about 5 seconds. With `afresh`
    /// a no that is remembered is asked again.
    public func outcome(kernel: String, afresh: Bool = false, trying: () -> Void = {}) async throws -> Outcome {
        let version = try await Tool.check("qemu-system-x86_64", ["--version"]).prefix { $0 != "\n" }
        let key = "\(HostProcess.bootID) \(version) \(try Self.build(of: kernel)) \(Self.device())"
        let memory = paths.home + "/accelerator.json"
        if let data = FileManager.default.contents(atPath: memory),
            let kept = try? JSONDecoder().decode(Outcome.self, from: data),
            kept.holds(for: key, afresh: afresh, at: Date())
        {
            return kept
        }
        trying()
        let obstacle = try await whyNot(kernel: kernel)
        let outcome = Outcome(
            kvmWorks: obstacle == nil, reason: obstacle?.reason ?? .same(""), remedy: obstacle?.remedy, key: key,
            until: obstacle?.mayPass == true ? Date(timeIntervalSinceNow: 600) : nil)
        try LabPaths.make(paths.home)
        try JSONEncoder().encode(outcome).write(to: URL(filePath: memory), options: .atomic)
        return outcome
    }

    /// What tells one build of a kernel from another, whichever image it lies in: its size, and a digest of its beginning,
    /// where its version with the time of the build stands.
    static func build(of kernel: String) throws -> String {
        let file = try FileHandle(forReadingFrom: URL(filePath: kernel))
        defer { try? file.close() }
        let digest = SHA256.hash(data: try file.read(upToCount: 65_536) ?? Data())
        return "\(try file.seekToEnd()) " + digest.prefix(8).map { String(format: "%02x", $0) }.joined()
    }

    /// The device as it is now: whoever changes its rights changes its inode.
    private static func device() -> String {
        var status = stat()
        guard stat("/dev/kvm", &status) == 0 else { return "none" }
        return "\(status.st_ctim.tv_sec).\(status.st_ctim.tv_nsec) \(access("/dev/kvm", R_OK | W_OK) == 0)"
    }

    /// Whether more wants to run than there are processors (getloadavg(3), the last minute).
    private static var isBusy: Bool {
        var load = 0.0
        return getloadavg(&load, 1) == 1 && load > Double(ProcessInfo.processInfo.activeProcessorCount)
    }

    /// Whether a trial that did not come to the kernel's end and ended with this status may end otherwise later: QEMU
    /// that gave up by itself, or a kernel that the limit ended on a busy host.
    static func mayPass(status: Int, isBusy: Bool) -> Bool { status == 137 ? isBusy : status != 0 }

    /// Throws unless the machines of a session that was begun with KVM may open the device; asked before what a machine
    /// needs to go on is touched.
    static func demandDevice() async throws {
        var obstacle = closed()
        if obstacle == nil, getuid() != 0 {
            let look = ["sh", "-c", "[ -r /dev/kvm ] && [ -w /dev/kvm ] || exit 3"]
            if try await Tool.run("unshare", asMachines + look).status == 3 { obstacle = .closedToMachines }
        }
        guard let obstacle else { return }
        let again = "lab resume"
        throw LabError(
            .host,
            Localized(
                ko: "KVM으로 시작한 실습이어서 KVM 없이는 이어질 수 없어요: \(obstacle.reason.ko)",
                en: "the session was begun with KVM and cannot go on without: \(obstacle.reason.en)"),
            advice: obstacle.remedy.map {
                Localized(ko: "고치는 명령: \($0)      그다음: \(again)", en: "Mend it with: \($0)      Then: \(again)")
            }
                ?? Localized(
                    ko: "KVM을 다시 켠 다음: \(again)      없이 새로 시작하려면: lab finish, lab start",
                    en: "Bring KVM back, then: \(again)      To begin anew without: lab finish, lab start"))
    }

    /// What unshare(1) needs to do as libvirtd does when it starts QEMU in a room: mapped to root, without the groups
    /// that may open the device for the user.
    private static var asMachines: [String] {
        getuid() == 0 ? [] : ["--user", "--map-root-user", "--map-auto", "--setgid", "0"]
    }

    /// Why the device cannot be opened, which takes no image to find out, and the command that mends it; nil when it can.
    public static func closedToUser() -> (reason: Localized, remedy: String?)? {
        closed().map { ($0.reason, $0.remedy) }
    }

    /// Why the user cannot open the device; nil when they can.
    private static func closed() -> Obstacle? {
        guard access("/dev/kvm", F_OK) == 0 else {
            return Obstacle(reason: Localized(ko: "이 컴퓨터에는 /dev/kvm이 없어요", en: "this host has no /dev/kvm"))
        }
        guard access("/dev/kvm", R_OK | W_OK) == 0 else {
            return Obstacle(
                reason: Localized(ko: "/dev/kvm을 열 권한이 없어요", en: "/dev/kvm may not be opened by you"),
                remedy: Obstacle.opening)
        }
        return nil
    }

    private func whyNot(kernel: String) async throws -> Obstacle? {
        if let closed = Self.closed() { return closed }
        let namespace = Self.asMachines
        let words =
            namespace + ["--pid", "--fork", "--kill-child", "timeout", "--signal=KILL", "5", "qemu-system-x86_64"]
            + ["-accel", "kvm", "-cpu", "host", "-M", "q35", "-m", "192", "-nodefaults", "-display", "none"]
            + ["-serial", "stdio", "-no-reboot", "-kernel", kernel]
            + ["-append", "console=ttyS0 panic=-1 root=/dev/none"]
        let outcome = try await Tool.run("unshare", words)
        // The kernel has run all of its own initialisation when it fails to find the root that it was not given.
        if outcome.output.contains("Unable to mount root fs") { return nil }
        if outcome.error.contains("Could not access KVM kernel module: Permission denied") { return .closedToMachines }
        let mayPass = Self.mayPass(status: outcome.status, isBusy: Self.isBusy)
        let last = outcome.error.split(separator: "\n").last ?? ""
        let said = last.isEmpty ? "" : ": " + (last.hasSuffix(".") ? last.dropLast() : last)
        if said.contains("KVM") || said.contains("kvm") {
            return Obstacle(
                reason: Localized(
                    ko: "KVM이 있지만 QEMU가 쓸 수 없어요\(said)", en: "KVM is present, but QEMU cannot use it\(said)"),
                mayPass: mayPass)
        }
        let reason = Localized(
            ko: "KVM이 있고 열리지만, 보통 커널이 돌지 않아요\(said)",
            en: "KVM is present and opens, but does not run a stock kernel\(said)")
        return Obstacle(reason: reason, mayPass: mayPass)
    }
}
