import Libvirt
import Testing

/// Against libvirt's own test driver, which needs no daemon.
struct ConnectionTests {
    static let domain = """
        <domain type='test'><name>NAME</name><memory unit='MiB'>64</memory><os><type>hvm</type></os></domain>
        """

    @Test func aDomainIsDefinedStartedAndRemoved() async throws {
        let connection = try await Connection.open("test:///default")
        let name = "made-here"
        try await connection.defineDomain(xml: Self.domain.replacing("NAME", with: name))
        #expect(try await connection.domainState(name) == .shutOff)
        try await connection.startDomain(name)
        #expect(try await connection.domainState(name) == .running)
        try await connection.suspendDomain(name)
        #expect(try await connection.domainState(name) == .paused)
        try await connection.resumeDomain(name)
        #expect(try await connection.domains().contains { $0.name == name && $0.state == .running })
        #expect(try await connection.domainXML(name).contains("<name>\(name)</name>"))
        try await connection.destroyDomain(name)
        #expect(try await connection.domainState(name) == .shutOff)
        // As one that ended by itself just before.
        try await connection.destroyDomain(name)
        try await connection.undefineDomain(name)
        await #expect(throws: LibvirtError.self) { try await connection.destroyDomain(name) }
        #expect(try await !connection.domains().contains { $0.name == name })
    }

    @Test func anErrorKeepsLibvirtsNumbersAndSaysWhatWasTried() async throws {
        let connection = try await Connection.open("test:///default")
        do {
            try await connection.startDomain("nobody")
            Issue.record("a domain that does not exist was started")
        } catch {
            // VIR_ERR_NO_DOMAIN, by the test driver.
            #expect(error.code.rawValue == 42)
            #expect(error.domain != 0)
            #expect(error.description.contains("nobody"))
        }
    }

    @Test func aURIThatLeadsNowhereIsAnError() async throws {
        await #expect(throws: LibvirtError.self) {
            _ = try await Connection.open("qemu:///system?socket=/nonexistent/libvirt-sock")
        }
    }

    @Test func aNetworkIsMade() async throws {
        let connection = try await Connection.open("test:///default")
        try await connection.createNetwork(
            xml:
                "<network><name>made-here</name><bridge name='virbr9'/><ip address='192.0.2.1' netmask='255.255.255.0'/></network>"
        )
        #expect(try await connection.networks().contains { $0.name == "made-here" && $0.isActive })
    }

    @Test func manyCallsGoOnAtOnce() async throws {
        let connection = try await Connection.open("test:///default")
        try await withThrowingTaskGroup(of: DomainState.self) { group in
            for _ in 0..<200 { group.addTask { try await connection.domainState("test") } }
            for try await state in group { #expect(state == .running) }
        }
    }

    @Test func aSnapshotIsTakenPutBackToListedAndForgotten() async throws {
        let connection = try await Connection.open("test:///default")
        let name = "snapped"
        try await connection.defineDomain(xml: Self.domain.replacing("NAME", with: name))
        try await connection.startDomain(name)
        try await connection.createSnapshot(of: name, called: "a & b")
        try await connection.createSnapshot(of: name, called: "c")
        #expect(try await connection.snapshots(of: name) == ["a & b", "c"])
        try await connection.suspendDomain(name)
        try await connection.revert(name, to: "a & b")
        #expect(try await connection.domainState(name) == .running)
        try await connection.revert(name, to: "a & b", goesOn: false)
        #expect(try await connection.domainState(name) == .paused)
        try await connection.deleteSnapshot("a & b", of: name)
        #expect(try await connection.snapshots(of: name) == ["c"])
        await #expect(throws: LibvirtError.self) { try await connection.revert(name, to: "a & b") }
        try await connection.destroyDomain(name)
        try await connection.undefineDomain(name)
    }

    @Test func aSnapshotThatTheDiskHoldsIsTakenOver() async throws {
        let connection = try await Connection.open("test:///default")
        let name = "cloned"
        let xml = Self.domain.replacing("NAME", with: name).replacing(
            "</domain>",
            with: "<devices><disk type='file'><source file='/x'/><target dev='vda'/></disk></devices></domain>")
        try await connection.defineDomain(xml: xml)
        let snapshot = ForeignSnapshot(name: "warm", domainXML: try await connection.domainXML(name), disks: ["vda"])
        try await connection.adoptSnapshot(snapshot, of: name)
        #expect(try await connection.snapshots(of: name) == ["warm"])
        try await connection.revert(name, to: "warm")
        #expect(try await connection.domainState(name) == .running)
        try await connection.destroyDomain(name)
        try await connection.undefineDomain(name)
    }

    @Test func aMemoryIsKeptAndForgotten() async throws {
        let connection = try await Connection.open("test:///default")
        let name = "kept"
        try await connection.defineDomain(xml: Self.domain.replacing("NAME", with: name))
        try await connection.startDomain(name)
        try await connection.saveDomain(name)
        #expect(try await connection.domainState(name) == .shutOff)
        #expect(try await connection.hasSavedMemory(name))
        await #expect(throws: LibvirtError.self) { try await connection.saveDomain(name) }
        try await connection.forgetSavedDomain(name)
        #expect(try await !connection.hasSavedMemory(name))
        try await connection.forgetSavedDomain(name)
        try await connection.startDomain(name)
        try await connection.destroyDomain(name)
        try await connection.undefineDomain(name)
    }
}
