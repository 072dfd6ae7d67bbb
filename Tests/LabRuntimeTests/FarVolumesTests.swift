import Libvirt
import Testing

@testable import LabRuntime

/// Against libvirt's own test driver, whose pools hold names and nothing else.
@Suite("Volumes and networks of a session elsewhere")
struct FarVolumesTests {
    private static let pool = """
        <pool type='dir'><name>NAME</name><target><path>/nowhere/NAME</path></target></pool>
        """

    @Test("A pool that is not there is refused with those that are; without one the project's own is made")
    func pools() async throws {
        let connection = try await Connection.open("test:///default")
        #expect(try await FarVolumes.choosePool("default-pool", connection: connection).name == "default-pool")
        await #expect(throws: LabError.self) {
            _ = try await FarVolumes.choosePool("nobody's", connection: connection)
        }
        #expect(try await FarVolumes.choosePool(nil, connection: connection).name == "lab")
        #expect(try await FarVolumes.choosePool(nil, connection: connection).name == "lab")
    }

    @Test("A session's disks and halves of uploads go; whole images and what is somebody else's stay")
    func removal() async throws {
        let connection = try await Connection.open("test:///default")
        let name = "volumes-pool"
        try await connection.makeStoragePool(xml: Self.pool.replacing("NAME", with: name))
        let ours = [
            "lab-1-mine-losttemple.qcow2", "lab-image-server-d.1-mine.qcow2", "lab-image-server-d.1-mine.kernel",
        ]
        let others = [
            "lab-1-other-losttemple.qcow2", "lab-image-server-d.1-other.qcow2", "mine.qcow2",
            "lab-image-workstation-d.1-mine.complete", "lab-image-workstation-d.1-mine.qcow2",
        ]
        for volume in ours + others {
            _ = try await connection.createVolume(
                xml: FarVolumes.xml(volume, capacity: 1, format: "raw"), in: name)
        }
        try await FarVolumes(pool: name, session: "1-mine", connection: connection).remove()
        #expect(try await connection.volumes(in: name) == others.sorted())
    }

    @Test("A session's network goes; one of its name that is somebody else's stays")
    func networks() async throws {
        let connection = try await Connection.open("test:///default")
        let network = FarNetwork(session: "1-nets", connection: connection)
        let subnet = try #require(Subnet("192.0.2.0/24"))
        let foreign = network.xml(subnet).replacing("<metadata>\(DomainXML.tag("1-nets"))</metadata>", with: "")
        try await connection.defineNetwork(xml: foreign.replacing(#"<bridge"#, with: #"<bridge name="virbr7""#))
        try await network.remove()
        #expect(try await connection.networks().contains { $0.name == network.name })
        try await connection.undefineNetwork(network.name)
        try await connection.defineNetwork(
            xml: network.xml(subnet).replacing(#"<bridge"#, with: #"<bridge name="virbr7""#))
        try await network.bringUp()
        #expect(try await connection.networks().contains { $0.name == network.name && $0.isActive })
        try await network.remove()
        #expect(try await !connection.networks().contains { $0.name == network.name })
    }
}
