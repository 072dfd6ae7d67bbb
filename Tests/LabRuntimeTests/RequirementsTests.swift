import Testing

@testable import LabRuntime

@Suite("What a host needs, and what mends it")
struct RequirementsTests {
    @Test("Subordinate ids are those above everybody's, and never below 100000")
    func free() {
        #expect(Requirements.freeSubordinate(taken: []) == 100_000)
        #expect(Requirements.freeSubordinate(taken: ["", "kim:1000:10\n"]) == 100_000)
        #expect(Requirements.freeSubordinate(taken: ["kim:100000:65536\n", "kim:100000:65536\n"]) == 165_536)
        #expect(
            Requirements.freeSubordinate(taken: ["kim:100000:65536\nlee:300000:1000\n", "park:231072:65536\n"])
                == 301_000)
        #expect(Requirements.freeSubordinate(taken: ["# none\nkim:x:65536\nkim:100000\n"]) == 100_000)
    }

    @Test("usermod gives them to an account of this host; the user of a directory service gets a line in each file")
    func adding() {
        let accounts = "root:x:0:0:root:/root:/bin/sh\nkim:x:1000:1000::/home/kim:/bin/sh\n"
        let taken = ["lee:100000:65536\n", ""]
        #expect(
            Requirements.addingSubordinates(to: "kim", accounts: accounts, taken: taken)
                == "sudo usermod --add-subuids 165536-231071 --add-subgids 165536-231071 kim")
        #expect(
            Requirements.addingSubordinates(to: "ki", accounts: accounts, taken: taken)
                == "echo 'ki:165536:65536' | sudo tee -a /etc/subuid /etc/subgid")
    }
}
