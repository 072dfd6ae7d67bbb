import Foundation
import Subprocess
import SystemPackage

/// Finds out whether KVM really works, by booting the image's own kernel under it.
///
/// A device that opens proves nothing: in nested or patched environments a stock kernel can stop during decompression.
/// The answer is remembered for this boot of the host, this kernel image and this QEMU.
public struct AcceleratorProbe: Sendable {
    /// What was found.
    public struct Outcome: Sendable, Codable, Equatable {
        /// Whether a stock kernel ran under KVM as far as looking for its root file system.
        public var kvmWorks: Bool
        /// Why not, for the reader; empty when it works.
        public var reason: String
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
        let device = access("/dev/kvm", R_OK | W_OK) == 0 ? "open" : "closed"
        let key = "\(HostProcess.bootID) \(version) \(kernel) \(size) \(device)"
        let memory = paths.home + "/accelerator.json"
        if let data = FileManager.default.contents(atPath: memory),
            let kept = try? JSONDecoder().decode(Outcome.self, from: data), kept.key == key
        {
            return kept
        }
        let reason = try await whyNot(kernel: kernel)
        let outcome = Outcome(kvmWorks: reason == nil, reason: reason ?? "", key: key)
        try LabPaths.make(paths.home)
        try JSONEncoder().encode(outcome).write(to: URL(filePath: memory), options: .atomic)
        return outcome
    }

    private func whyNot(kernel: String) async throws -> String? {
        guard access("/dev/kvm", F_OK) == 0 else { return "this host has no /dev/kvm" }
        guard access("/dev/kvm", R_OK | W_OK) == 0 else {
            return "/dev/kvm may not be opened by you; mend it with: sudo setfacl -m u:\(NSUserName()):rw /dev/kvm"
        }
        // In a user namespace like the room's, since group memberships do not reach into it.
        let namespace = getuid() == 0 ? [] : ["--user", "--map-root-user", "--map-auto"]
        let words =
            namespace + ["--pid", "--fork", "--kill-child", "timeout", "--signal=KILL", "5", "qemu-system-x86_64"]
            + ["-accel", "kvm", "-cpu", "host", "-M", "q35", "-m", "192", "-nodefaults", "-display", "none"]
            + ["-serial", "stdio", "-no-reboot", "-kernel", kernel]
            + ["-append", "console=ttyS0 panic=-1 root=/dev/none"]
        let outcome = try await Tool.run("unshare", words)
        // The kernel has run all of its own initialisation when it fails to find the root that it was not given.
        if outcome.output.contains("Unable to mount root fs") { return nil }
        let last = outcome.error.split(separator: "\n").last ?? ""
        let said = last.isEmpty ? "" : ": " + (last.hasSuffix(".") ? last.dropLast() : last)
        if said.contains("KVM") || said.contains("kvm") { return "KVM is present, but QEMU cannot use it\(said)" }
        return "KVM is present and opens, but does not run a stock kernel\(said)"
    }
}
