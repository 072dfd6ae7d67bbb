import Foundation
import Testing

@testable import LabRuntime

@Suite struct GuestScriptTests {
    /// They do not load strict.pm themselves, which takes an emulated machine 45 ms.
    @Test(arguments: [
        GuestPump.text, IdentityScripts.become, IdentityScripts.refresh, GuestPerl.text + GuestPerl.systemd,
    ])
    func whatRunsInAGuestIsStrictPerl(_ text: String) throws {
        let perl = Process()
        perl.executableURL = URL(filePath: "/usr/bin/perl")
        perl.arguments = ["-Mstrict", "-ce", text]
        let said = Pipe()
        perl.standardError = said
        try perl.run()
        let words = String(decoding: said.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        perl.waitUntilExit()
        #expect(perl.terminationStatus == 0, "\(words)")
    }
}
