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
    /// Whether its card reaches the network's end alone, and no other machine on the same network.
    var isIsolated = false
    /// Its disk, an absolute path.
    var disk: String
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
    /// end's card keeps its address, so that machines that went on with memories of it find it after a resume.
    static func network(_ network: RoomNetwork, session: String) -> String {
        """
        <network>
          <name>\(network.name)</name>
          <metadata>\(tag(session))</metadata>
          <forward mode="open"/>
          <bridge name="\(network.bridge)" stp="off" delay="0"/>
          <mac address="\(Identity.mac(session: session, machine: network == .lab ? "/room" : "/\(network.name)"))"/>
          <dns enable="no"/>
          <ip address="\(network.router)" netmask="255.255.255.0"/>
        </network>
        """
    }

    /// A guest: direct kernel boot, one virtio disk, one card, a serial console and the guest agent's channel.
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
              <features><acpi/></features>
              <cpu mode='\(spec.accelerator == .kvm ? "host-passthrough" : "maximum")'/>
              <clock offset='utc'/>
              <on_poweroff>destroy</on_poweroff><on_reboot>restart</on_reboot><on_crash>preserve</on_crash>
              <devices>
                <controller type='pci' index='0' model='pcie-root'/>\(ports)
                <disk type='file' device='disk'>
                  <driver name='qemu' type='qcow2' error_policy='stop' discard='unmap'/>
                  <source file='\(escaped(spec.disk))'/><target dev='vda' bus='virtio'/>
                </disk>
                <interface type='network'>
                  <mac address='\(spec.mac)'/><source network='\(spec.network)'/><model type='virtio'/>
                  \(spec.isIsolated ? "<port isolated='yes'/>" : "")
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

    /// Text made safe for an element or an attribute.
    static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing("'", with: "&apos;")
    }
}
