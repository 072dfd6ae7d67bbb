import LabFile
import Testing

@testable import LabRuntime

@Suite("What a room passes on between its networks")
struct ForwardingTests {
    private func lab(_ machines: MachineSpec..., uplink: Bool = false) -> Lab {
        Lab(
            number: 7, name: "x", title: Localized(ko: "", en: ""), uplink: uplink, machines: machines, steps: [],
            directory: "/")
    }
    private let server = MachineSpec(name: "server01", image: "server", address: "192.168.122.201", user: "a")
    private let device = MachineSpec(
        name: "device01", image: "server", address: "100.64.0.21", user: "a", acceptsInbound: false)

    @Test("A lab whose machines all can be called has one network, and nothing is passed on")
    func plain() {
        #expect(RoomNetwork.all(of: lab(server)) == [.lab])
        #expect(Forwarding(lab(server)).rules == nil)
    }

    @Test("Behind the carrier's NAT connections begin outwards only, from the carrier's addresses, masqueraded")
    func carrier() throws {
        let lab = lab(server, device)
        #expect(RoomNetwork.all(of: lab) == [.lab, .carrier(0)])
        let rules = try #require(Forwarding(lab).rules).split(separator: "\n").map {
            $0.drop { $0 == " " }
        }
        #expect(rules.contains("type filter hook forward priority filter; policy drop"))
        let accepted = rules.filter { $0.hasSuffix("accept") }
        #expect(
            accepted == [
                #"iifname "virbr-lab" oifname "virbr-lab" accept"#,
                #"iifname "virbr-cgn*" oifname "virbr-lab" ip saddr 100.64.0.0/16 accept"#,
                #"iifname "virbr-lab" oifname "virbr-cgn*" ct state established,related accept"#,
            ])
        #expect(rules.contains(#"ip saddr 100.64.0.0/16 oifname "virbr-lab" masquerade"#))
        #expect(!rules.contains { $0.contains("uplink") })
    }

    @Test("With a way out, too, nothing comes in from outside, and the carrier's machines stay uncalled")
    func both() throws {
        let rules = try #require(Forwarding(lab(server, device, uplink: true)).rules)
        for line in rules.split(separator: "\n") where line.contains("accept") {
            let begins = !line.contains("established")
            #expect(!(begins && line.contains(#"iifname "uplink""#)), "\(line)")
            #expect(!(begins && line.contains(#"oifname "virbr-cgn"#)), "\(line)")
        }
        #expect(rules.contains(#"iifname "virbr-lab" oifname "uplink" accept"#))
        #expect(rules.contains(#"iifname "virbr-cgn*" oifname "uplink" ip saddr 100.64.0.0/16 accept"#))
        #expect(rules.contains(#"oifname "uplink" masquerade"#))
    }

    @Test("Each network is marked and has its own bridge and address, one for each machine that nobody calls")
    func networks() {
        var other = device
        (other.name, other.address) = ("device02", "100.64.255.1")
        let networks = RoomNetwork.all(of: lab(server, device, other))
        #expect(networks == [.lab, .carrier(0), .carrier(255)])
        #expect(Set(networks.map(\.name)).count == 3 && Set(networks.map(\.bridge)).count == 3)
        #expect(networks.allSatisfy { $0.bridge.utf8.count <= 15 })
        let xml = networks.map { DomainXML.network($0, session: "7-abc") }
        #expect(xml.allSatisfy { DomainXML.session(in: $0) == "7-abc" && $0.contains(#"<dns enable="no"/>"#) })
        #expect(xml[0].contains(#"name="virbr-lab""#) && xml[0].contains("192.168.122.254"))
        // Machines that wake in another session know the router's card.
        func cards(_ session: String) -> [Substring] {
            networks.compactMap {
                DomainXML.network($0, session: session).firstMatch(of: /mac address="([0-9a-f:]+)"/)?.1
            }
        }
        #expect(cards("7-abc") == cards("7-def") && Set(cards("7-abc")).count == 3)
        #expect(xml[1].contains(#"name="virbr-cgn0""#) && xml[1].contains("100.64.0.254"))
        #expect(xml[2].contains(#"name="virbr-cgn255""#) && xml[2].contains("100.64.255.254"))
    }
}
