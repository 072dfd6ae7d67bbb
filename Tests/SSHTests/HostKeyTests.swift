import Foundation
import Testing

@testable import SSH

@Suite("Lines with public keys")
struct HostKeyTests {
    @Test("The key of a line is found, and none in a line that is marked")
    func lines() {
        let name = Array("ssh-ed25519".utf8)
        let blob = [0, 0, 0, UInt8(name.count)] + name + [0, 0, 0, 2, 7, 9]
        let line = "ssh-ed25519 " + Data(blob).base64EncodedString()
        #expect(HostKey.blob(inLine: line + " root@server01") == blob)
        #expect(HostKey.blob(inLine: "[server01]:2222 " + line) == blob)
        #expect(HostKey.blob(inLine: "@revoked server01 " + line) == nil)
        #expect(HostKey.blob(inLine: "  @cert-authority * " + line) == nil)
        #expect(HostKey.blob(inLine: "ssh-rsa " + Data(blob).base64EncodedString()) == nil)
    }
}
