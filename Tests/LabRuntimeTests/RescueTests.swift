import LabFile
import Testing

@testable import LabRuntime

@Suite struct RescueTests {
    private var xml: String {
        DomainXML.domain(
            DomainSpec(
                session: "8-abcdef",
                machine: MachineSpec(name: "server01", image: "server", address: "192.168.122.201", user: "admin"),
                name: "server01", disk: "/disk", kernel: "/kernel", initrd: "/initrd", mac: "52:54:00:00:00:01",
                accelerator: .tcg))
    }

    @Test func onlyTheCommandLineAndTheEndOfTheShellDiffer() {
        let rescue = DomainXML.rescue(xml)
        #expect(!DomainXML.isRescue(xml))
        #expect(DomainXML.isRescue(rescue))
        #expect(rescue.contains(" init=/bin/bash rootflags=sync,commit=1 panic=1</cmdline>"))
        #expect(rescue.contains("<on_reboot>destroy</on_reboot>"))
        let back = rescue.replacing(" init=/bin/bash rootflags=sync,commit=1 panic=1", with: "")
            .replacing("<on_reboot>destroy</on_reboot>", with: "<on_reboot>restart</on_reboot>")
        #expect(back == xml)
    }

    @Test func promptsAreAnsweredInTheirOrderAndEachOnce() {
        let screen = Screen()
        screen.add(Array("server01 LOGIN: ".utf8))
        #expect(screen.passes("login:"))
        #expect(!screen.passes("login:"))
        screen.add(Array("admin\r\nPass".utf8))
        #expect(!screen.passes("password:"))
        screen.add(Array("word: 한\r\n$ ".utf8))
        #expect(screen.passes("password:"))
        #expect(screen.passes("한"))
        #expect(screen.passes("$ "))
        #expect(screen.text.hasSuffix("한\r\n$ "))
    }
}
