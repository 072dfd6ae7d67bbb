import Foundation
import LabFile
import LabStore
import Testing

@testable import LabRuntime

@Suite("Labs in a libvirt that already runs")
struct ElsewhereTests {
    @Test("The lab files' own subnet is taken when it is free, else the nearest that is")
    func choice() throws {
        #expect(Subnet.free(among: []).first == Subnet("192.168.122.0/24"))
        let taken = ["192.168.122.1/24", "192.168.123.128/25", "192.168.124.7"].compactMap { Subnet($0) }
        #expect(taken.count == 3)
        #expect(Subnet.free(among: taken).first == Subnet("192.168.125.0/24"))
        let wide = try #require(Subnet("192.168.0.0/16"))
        #expect(Subnet.free(among: [wide]).first == Subnet("10.122.0.0/24"))
        let everything = ["192.168.0.0/16", "10.0.0.0/8", "172.16.0.0/12"].compactMap { Subnet($0) }
        #expect(Subnet.free(among: everything).isEmpty)
        let ways = ["0.0.0.0/0", "0.0.0.0/1", "128.0.0.0/1"].compactMap { Subnet($0) }
        #expect(Subnet.free(among: ways).first == Subnet("192.168.122.0/24"))
    }

    @Test("What is taken is read from ip's output and from networks, and other words are not")
    func taken() {
        let output = """
            2: eth0    inet 10.1.2.3/24 brd 10.1.2.255 scope global eth0\\       valid_lft forever
            default via 10.1.2.1 dev eth0
            192.168.122.0/24 dev virbr0 proto kernel scope link src 192.168.122.1
            broadcast 10.1.2.255 dev eth0 table local 1.2.3 300.1.1.1 10.0.0.0/40
            """
        let named = Set(Subnet.named(in: output).map(\.description))
        #expect(named.contains("10.1.2.0/24") && named.contains("192.168.122.0/24"))
        #expect(!named.contains { $0.hasPrefix("300") || $0.hasSuffix("/40") })
        let xml = """
            <network><name>x</name><ip address='192.168.130.1' netmask='255.255.254.0'><dhcp/></ip>
            <ip family='ipv6' address='2001:db8::1' prefix='64'/><ip prefix="20" address="10.9.1.1"/>
            <route address='172.30.0.0' prefix='16' gateway='192.168.130.2'/></network>
            """
        #expect(
            Subnet.ofNetwork(xml: xml).map(\.description) == ["192.168.130.0/23", "10.9.0.0/20", "172.30.0.0/16"])
    }

    @Test("Machines keep the host part of their addresses, and a lab is moved once")
    func moved() throws {
        let lab = Lab(
            number: 9, name: "x", title: Localized(ko: "x", en: "x"),
            machines: [MachineSpec(name: "a", image: "server", address: "192.168.122.201", user: "u")], steps: [],
            directory: "/")
        let subnet = try #require(Subnet("192.168.125.0/24"))
        #expect(lab.moved(to: subnet).machines.map(\.address) == ["192.168.125.201"])
        #expect(lab.moved(to: subnet).moved(to: subnet) == lab.moved(to: subnet))
        var record = SessionRecord(
            id: "9-abcdef", lab: 9, directory: "/", student: "kim", begun: Date(), state: .running, accelerator: "tcg")
        #expect(record.placed(lab) == lab && record.domain("a") == "a")
        record.connection = "qemu:///system"
        record.subnet = "192.168.125.0/24"
        #expect(record.placed(lab).machines.map(\.address) == ["192.168.125.201"])
        #expect(record.domain("a") == "lab-9-abcdef-a")
    }

    @Test("A URI says how its host is reached; one that no lab can run on is refused")
    func addresses() throws {
        #expect(try LibvirtAddress("qemu:///system?socket=/run/x/libvirt-sock").isLocal)
        let far = try LibvirtAddress("qemu+ssh://kim@far.example:2222/system?keyfile=/k&no_verify=1&no_tty=1")
        #expect(!far.isLocal && far.host == "far.example")
        #expect(
            far.ssh(["-W", "192.168.122.1:22022"]) == [
                "ssh", "-T", "-e", "none", "-o", "LogLevel=ERROR", "-p", "2222", "-l", "kim", "-i", "/k",
                "-o", "StrictHostKeyChecking=no", "-o", "BatchMode=yes", "-W", "192.168.122.1:22022", "--",
                "far.example",
            ])
        for wrong in [
            "qemu:///session", "qemu+tls://far/system", "qemu://far/system", "qemu+ssh:///system", "xen:///", "",
        ] {
            #expect(throws: LabError.self, "\(wrong)") { try LibvirtAddress(wrong) }
        }
    }

    @Test("A mark is found in an object's XML and in what libvirt gives of it, and nobody else's is")
    func marks() {
        #expect(DomainXML.session(in: "<network><metadata>\(DomainXML.tag("1-ab"))</metadata></network>") == "1-ab")
        #expect(DomainXML.session(in: "<metadata><lab:session xmlns:lab='https://else'>1-ab</lab:session>") == nil)
        #expect(DomainXML.session(inMark: "<session>1-ab</session>\n") == "1-ab")
        #expect(DomainXML.session(inMark: "<other>1-ab</other>") == nil)
    }

    @Test("A disk's virtual size is read, and what is no qcow2 is refused")
    func capacity() throws {
        let path = NSTemporaryDirectory() + "lab-qcow2-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: path) }
        let head: [UInt8] = [0x51, 0x46, 0x49, 0xFB, 0, 0, 0, 3] + Array(repeating: 0, count: 16)
        try Data(head + [0, 0, 0, 0, 0xC0, 0, 0, 0]).write(to: URL(filePath: path))
        #expect(try FarVolumes.capacity(ofQCOW2: path) == 3 << 30)
        try Data(repeating: 7, count: 32).write(to: URL(filePath: path))
        #expect(throws: LabError.self) { try FarVolumes.capacity(ofQCOW2: path) }
    }
}
