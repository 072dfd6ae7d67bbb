import Foundation
import Libvirt

/// Finds out whether KVM works on a host that only libvirt reaches, by a guest with no disk that runs the image's own
/// kernel and switches itself off.
struct KVMTrial: Sendable {
    let session: String
    let files: FarVolumes.Files
    let connection: Connection

    /// How long a kernel may take under KVM to switch itself off, in seconds.
    private static let limit = 8

    /// Why KVM cannot be used; nil when it can. Only a clean power-off ends the guest: a processor that gives up resets it.
    func whyNot() async throws -> String? {
        guard await connection.offersKVM() else { return "the host there does not offer KVM" }
        let name = "lab-\(session)-kvm-trial"
        try await connection.defineDomain(xml: xml(name))
        var reason: String?
        do {
            try await connection.startDomain(name)
            reason = try await isOff(name) ? nil : "KVM is offered there, but does not run a stock kernel"
        } catch let error as LibvirtError {
            reason = "KVM is offered there, but does not start a guest (\(Self.line(of: error)))"
        } catch {
            await Task { await clear(name) }.value
            throw error
        }
        await clear(name)
        return reason
    }

    /// The last line of what QEMU said, which is its reason.
    private static func line(of error: LibvirtError) -> String {
        String(error.message.split(whereSeparator: \.isNewline).last ?? "no reason is known").trimmingCharacters(
            in: CharacterSet(charactersIn: ". "))
    }

    private func isOff(_ name: String) async throws -> Bool {
        let backoff = Backoff(seconds: Self.limit)
        while try await connection.domainState(name) != .shutOff {
            guard try await backoff.wait() else { return false }
        }
        return true
    }

    private func clear(_ name: String) async {
        try? await connection.destroyDomain(name)
        try? await connection.undefineDomain(name)
    }

    private func xml(_ name: String) -> String {
        """
        <domain type='kvm'>
          <name>\(name)</name>
          <metadata>\(DomainXML.tag(session))</metadata>
          <memory unit='MiB'>192</memory>
          <vcpu>1</vcpu>
          <os>
            <type arch='x86_64' machine='q35'>hvm</type>
            <kernel>\(DomainXML.escaped(files.kernel))</kernel>
            <initrd>\(DomainXML.escaped(files.initrd))</initrd>
            <cmdline>quiet rdinit=/usr/bin/poweroff</cmdline>
          </os>
          <features><acpi/></features>
          <cpu mode='host-passthrough'/>
          <on_poweroff>destroy</on_poweroff><on_reboot>restart</on_reboot><on_crash>preserve</on_crash>
          <devices><memballoon model='none'/></devices>
        </domain>
        """
    }
}
