import LabFile

/// What a machine's domain is made from.
struct DomainSpec: Sendable {
    /// The session that it belongs to; kept in the domain's metadata.
    var session: String
    /// The machine as the lab file describes it.
    var machine: MachineSpec
    /// The domain's name.
    var name: String
    /// The name of the network that its card is on.
    var network = RoomNetwork.lab.name
    /// Its disk, an absolute path.
    var disk: String
    /// Its further disks in their order, absolute paths.
    var furtherDisks: [String] = []
    /// The kernel that it boots, an absolute path.
    var kernel: String
    /// The initial file system, an absolute path.
    var initrd: String
    /// The card's address, `52:54:00:…`.
    var mac: String
    /// How it runs.
    var accelerator: Accelerator
    /// Words added to the kernel's command line, such as `init=/bin/bash`.
    var extraWords: [String] = []
}

/// The XML of the things that a session defines in libvirt.
enum DomainXML {
    /// The namespace of the metadata that marks what is ours.
    static let namespace = "https://lab.example/xmlns/session/1"

    /// The mark of what is a session's, in the metadata of what libvirt holds.
    static func tag(_ session: String) -> String {
        #"<lab:session xmlns:lab="\#(namespace)">\#(session)</lab:session>"#
    }

    /// The session whose mark stands in an object's XML; nil when there is none.
    static func session(in xml: String) -> String? {
        guard xml.contains(namespace) else { return nil }
        return xml.firstMatch(of: /<lab:session[^>]*>([^<]*)<\/lab:session>/).map { String($0.1) }
    }

    /// The session that a mark names which libvirt gave for the namespace; it leaves the namespace out.
    static func session(inMark element: String) -> String? {
        element.firstMatch(of: /^\s*<(?:lab:)?session[^>]*>([^<]*)<\//).map { String($0.1) }
    }

    /// A network of the room: bridged, with the host's end at .254; no firewall rules, no dnsmasq, no spanning tree. The
    /// end's card has the same address in every room, so that machines that went on with memories of it find it, after a
    /// resume and in a session that begins at a kept moment.
    static func network(_ network: RoomNetwork, session: String) -> String {
        """
        <network>
          <name>\(network.name)</name>
          <metadata>\(tag(session))</metadata>
          <forward mode="open"/>
          <bridge name="\(network.bridge)" stp="off" delay="0"/>
          <mac address="\(Identity.mac(session: "/room", machine: network.name))"/>
          <dns enable="no"/>
          <ip address="\(network.router)" netmask="255.255.255.0"/>
        </network>
        """
    }

    /// A guest: direct kernel boot, virtio disks, one card, a serial console and the guest agent's channel.
    static func domain(_ spec: DomainSpec) -> String {
        let words = ["root=/dev/vda", "rw", "console=ttyS0", "quiet", "mitigations=off", "net.ifnames=0"]
        let ports = (1...6).map { "<controller type='pci' index='\($0)' model='pcie-root-port'/>" }.joined()
        return """
            <domain type='\(spec.accelerator == .kvm ? "kvm" : "qemu")'>
              <name>\(spec.name)</name>
              <metadata>\(tag(spec.session))</metadata>
              <memory unit='MiB'>\(spec.machine.memory)</memory>
              <vcpu>1</vcpu>
              <os>
                <type arch='x86_64' machine='q35'>hvm</type>
                <kernel>\(escaped(spec.kernel))</kernel>
                <initrd>\(escaped(spec.initrd))</initrd>
                <cmdline>\((words + spec.extraWords).joined(separator: " "))</cmdline>
              </os>
              <features><acpi/>\(spec.accelerator == .tcg ? translation : "")</features>
              <cpu mode='\(spec.accelerator == .kvm ? "host-passthrough" : "maximum")'/>
              <clock offset='utc'/>
              <on_poweroff>destroy</on_poweroff><on_reboot>restart</on_reboot><on_crash>preserve</on_crash>
              <devices>
                <controller type='pci' index='0' model='pcie-root'/>\(ports)
            \(zip([spec.disk] + spec.furtherDisks, spec.machine.targets).map(disk).joined(separator: "\n"))
                <interface type='network'>
                  <mac address='\(spec.mac)'/><source network='\(spec.network)'/><model type='virtio'/>
                </interface>
                <serial type='pty'><target port='0'/></serial>
                <console type='pty'><target type='serial' port='0'/></console>
                <channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>
                <rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>
                <memballoon model='none'/>
              </devices>
            </domain>
            """
    }

    /// How much of a guest's translated code QEMU keeps. Its own limit is 1 GiB, which every machine takes in time.
    private static let translation = "<tcg><tb-cache unit='MiB'>256</tb-cache></tcg>"

    private static func disk(_ path: String, _ target: String) -> String {
        """
            <disk type='file' device='disk'>
              <driver name='qemu' type='qcow2' error_policy='stop' discard='unmap'/>
              <source file='\(escaped(path))'/><target dev='\(target)' bus='virtio'/>
            </disk>
        """
    }

    /// What a machine's kernel is told so that a shell takes the place of its system. Its disk is written to at once, so
    /// that the machine may be switched off at any moment; when the shell ends, so does the machine.
    private static let rescueWords = "init=/bin/bash rootflags=sync,commit=1 panic=1"

    /// The XML of a domain that boots into a root shell on the serial console, made of that of one that is off.
    static func rescue(_ xml: String) -> String {
        xml.replacing("</cmdline>", with: " \(rescueWords)</cmdline>")
            .replacing("<on_reboot>restart</on_reboot>", with: "<on_reboot>destroy</on_reboot>")
    }

    /// Whether a domain with this XML boots, or was booted, into a root shell.
    static func isRescue(_ xml: String) -> Bool { xml.contains(" \(rescueWords)</cmdline>") }

    /// Text made safe for an element or an attribute.
    static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing("'", with: "&apos;")
    }
}

extension MachineSpec {
    /// The names of its disks, the system's first: `vda`, `vdb` and so on.
    var targets: [String] { zip("abcdefghij", 0...disks.count).map { "vd\($0.0)" } }

    /// What its disks are called among a session's; a machine's name has no dot.
    var diskNames: [String] { [name] + targets.dropFirst().map { "\(name).\($0)" } }
}
