import Libvirt
import Testing

/// Against libvirt's own test driver, which needs no daemon.
struct StorageTests {
    private static let pool = "<pool type='dir'><name>made-here</name><target><path>/nowhere</path></target></pool>"
    private static func volume(_ name: String) -> String {
        "<volume><name>\(name)</name><capacity unit='bytes'>1024</capacity></volume>"
    }

    @Test func aPoolIsMadeAndItsVolumesAreMadeListedAndRemoved() async throws {
        let connection = try await Connection.open("test:///default")
        try await connection.makeStoragePool(xml: Self.pool)
        let pool = try #require(try await connection.storagePools().first { $0.name == "made-here" })
        #expect(pool.isActive && pool.type == "dir" && pool.available > 0)
        let path = try await connection.createVolume(xml: Self.volume("b"), in: "made-here")
        _ = try await connection.createVolume(xml: Self.volume("a"), in: "made-here")
        #expect(try await connection.volumes(in: "made-here") == ["a", "b"])
        #expect(try await connection.volumePath("b", in: "made-here") == path)
        await #expect(throws: LibvirtError.self) {
            _ = try await connection.createVolume(xml: Self.volume("a"), in: "made-here")
        }
        try await connection.deleteVolume("a", in: "made-here")
        #expect(try await connection.volumes(in: "made-here") == ["b"])
    }

    @Test func aPoolOrVolumeThatIsNotThereIsAnErrorThatNamesIt() async throws {
        let connection = try await Connection.open("test:///default")
        do {
            _ = try await connection.volumePath("nothing", in: "default-pool")
            Issue.record("a volume that does not exist has a path")
        } catch {
            #expect(error.description.contains("nothing"))
        }
        await #expect(throws: LibvirtError.self) { _ = try await connection.volumes(in: "nowhere") }
        await #expect(throws: LibvirtError.self) {
            try await connection.upload("/etc/hostname", to: "nothing", in: "default-pool")
        }
    }

    @Test func aMarkInADomainsMetadataIsReadAndOneWithoutHasNone() async throws {
        let connection = try await Connection.open("test:///default")
        let marked = ConnectionTests.domain.replacing("NAME", with: "marked").replacing(
            "<memory", with: "<metadata><x:mark xmlns:x='https://mark.example/1'>here</x:mark></metadata><memory")
        try await connection.defineDomain(xml: marked)
        let mark = try await connection.domainMetadata("marked", namespace: "https://mark.example/1")
        #expect(mark?.contains(">here<") == true)
        #expect(try await connection.domainMetadata("marked", namespace: "https://mark.example/2") == nil)
        #expect(try await connection.domainMetadata("test", namespace: "https://mark.example/1") == nil)
        try await connection.undefineDomain("marked")
    }
}
