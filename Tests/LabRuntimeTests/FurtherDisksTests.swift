import LabFile
import Testing

@testable import LabRuntime

@Suite struct FurtherDisksTests {
    private func machine(_ sizes: Int...) -> MachineSpec {
        MachineSpec(
            name: "server01", image: "server", address: "192.168.122.201", user: "admin",
            disks: sizes.map { DiskSpec(size: $0) })
    }
    private func xml(_ machine: MachineSpec, _ further: [String]) -> String {
        DomainXML.domain(
            DomainSpec(
                session: "8-abcdef", machine: machine, name: "server01", disk: "/d/server01.qcow2",
                furtherDisks: further,
                kernel: "/kernel", initrd: "/initrd", mac: "52:54:00:00:00:01", accelerator: .tcg))
    }

    @Test func eachHasATargetAndAName() {
        #expect(machine().targets == ["vda"])
        #expect(machine().diskNames == ["server01"])
        #expect(machine(200, 2048).targets == ["vda", "vdb", "vdc"])
        #expect(machine(200, 2048).diskNames == ["server01", "server01.vdb", "server01.vdc"])
    }

    @Test func theDomainHasThemInTheirOrder() {
        let text = xml(machine(200, 2048), ["/d/one", "/d/two"])
        let found = text.matches(of: /<source file='([^']*)'\/><target dev='([^']*)'/).map { "\($0.1) \($0.2)" }
        #expect(found == ["/d/server01.qcow2 vda", "/d/one vdb", "/d/two vdc"])
        #expect(xml(machine(), []).matches(of: #/<disk /#).count == 1)
    }
}
