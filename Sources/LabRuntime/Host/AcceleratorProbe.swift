import Foundation
import Subprocess
import SystemPackage

/// Finds out whether KVM really works, by booting the image's own kernel under it.
///
/// A device that opens proves nothing: in nested or patched environments a stock kernel can stop during decompression.
/// The answer is remembered for this boot of the host, this kernel image, this QEMU and the rights to the device.
public struct AcceleratorProbe: Sendable {
    /// What was found.
    public struct Outcome: Sendable, Codable, Equatable {
        /// Whether a stock kernel ran under KVM as far as looking for its root file system.
        public var kvmWorks: Bool
        /// Why not, for the reader; empty when it works.
        public var reason: String
        /// The command that mends it; nil when there is none.
        public var remedy: String?
        /// What the answer depends on.
        var key: String
    }

    private let paths: LabPaths

    /// Makes a probe that remembers in `paths.home`.
    public init(paths: LabPaths) { self.paths = paths }

    /// The remembered answer, or a new one; takes at most about 5 seconds.
    public func outcome(kernel: String) async throws -> Outcome {
        let version = try await Tool.check("qemu-system-x86_64", ["--version"]).prefix { $0 != "\n" }
        let size = (try? FileManager.default.attributesOfItem(atPath: kernel)[.size] as? Int) ?? 0
        let key = "\(HostProcess.bootID) \(version) \(kernel) \(size) \(Self.device())"
        let memory = paths.home + "/accelerator.json"
        if let data = FileManager.default.contents(atPath: memory),
            let kept = try? JSONDecoder().decode(Outcome.self, from: data), kept.key == key
        {
            return kept
        }
        let obstacle = try await whyNot(kernel: kernel)
        let outcome = Outcome(
            kvmWorks: obstacle == nil, reason: obstacle?.reason ?? "", remedy: obstacle?.remedy, key: key)
        try LabPaths.make(paths.home)
        try JSONEncoder().encode(outcome).write(to: URL(filePath: memory), options: .atomic)
        return outcome
    }

    /// The device as it is now: whoever changes its rights changes its inode.
    private static func device() -> String {
        var status = stat()
        guard stat("/dev/kvm", &status) == 0 else { return "none" }
        return "\(status.st_ctim.tv_sec).\(status.st_ctim.tv_nsec) \(access("/dev/kvm", R_OK | W_OK) == 0)"
    }

    private func whyNot(kernel: String) async throws -> (reason: String, remedy: String?)? {
        guard access("/dev/kvm", F_OK) == 0 else { return ("this host has no /dev/kvm", nil) }
        let remedy = "sudo setfacl -m u:\(NSUserName()):rw /dev/kvm"
        guard access("/dev/kvm", R_OK | W_OK) == 0 else { return ("/dev/kvm may not be opened by you", remedy) }
        // As libvirtd starts QEMU in a room: mapped to root, without the groups that may have opened the device just now.
        let namespace = getuid() == 0 ? [] : ["--user", "--map-root-user", "--map-auto", "--setgid", "0"]
        let words =
            namespace + ["--pid", "--fork", "--kill-child", "timeout", "--signal=KILL", "5", "qemu-system-x86_64"]
            + ["-accel", "kvm", "-cpu", "host", "-M", "q35", "-m", "192", "-nodefaults", "-display", "none"]
            + ["-serial", "stdio", "-no-reboot", "-kernel", kernel]
            + ["-append", "console=ttyS0 panic=-1 root=/dev/none"]
        let outcome = try await Tool.run("unshare", words)
        // The kernel has run all of its own initialisation when it fails to find the root that it was not given.
        if outcome.output.contains("Unable to mount root fs") { return nil }
        if outcome.error.contains("Could not access KVM kernel module: Permission denied") {
            return ("/dev/kvm may be opened by you, but not by machines, which leave your groups behind", remedy)
        }
        let last = outcome.error.split(separator: "\n").last ?? ""
        let said = last.isEmpty ? "" : ": " + (last.hasSuffix(".") ? last.dropLast() : last)
        if said.contains("KVM") || said.contains("kvm") {
            return ("KVM is present, but QEMU cannot use it\(said)", nil)
        }
        return ("KVM is present and opens, but does not run a stock kernel\(said)", nil)
    }
}
