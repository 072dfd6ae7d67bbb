import Foundation
import LabFile

/// A libvirt that already runs, by its URI, and how its host is reached.
public struct LibvirtAddress: Sendable, Equatable {
    /// The URI as it was given.
    public var uri: String
    /// The host's name; empty when it is this one.
    public var host: String
    /// The words of ssh(1) and its options that lead to the host; empty when it is this one.
    var ssh: [String]

    /// Whether it is this host's own.
    public var isLocal: Bool { host.isEmpty }

    /// Reads a URI: `qemu:///system` or `qemu+ssh://[USER@]HOST[:PORT]/system`, with the parameters that libvirt takes
    /// (<https://libvirt.org/uri.html>). Others are errors: a user's own libvirt can make no networks, and by TLS or TCP
    /// alone the machines cannot be reached.
    public init(_ uri: String) throws {
        let usage = LabError(
            .usage,
            Localized(
                ko: "\"\(uri)\": 실습을 돌릴 수 있는 libvirt의 주소가 아니에요",
                en: "\"\(uri)\" does not lead to a libvirt that a lab can run on"),
            advice: Localized(
                ko: "이 컴퓨터라면 qemu:///system, 다른 컴퓨터라면 qemu+ssh://사용자@서버/system이에요.",
                en: "Such URIs are qemu:///system on this host and qemu+ssh://USER@HOST/system on another."))
        guard let parts = URLComponents(string: uri), parts.path == "/system" else { throw usage }
        var parameters: [String: String] = [:]
        for item in parts.queryItems ?? [] { parameters[item.name] = item.value ?? "" }
        self.uri = uri
        host = (parts.host ?? "").trimmingCharacters(in: CharacterSet(charactersIn: "[]"))
        switch parts.scheme {
        case "qemu" where host.isEmpty, "qemu+unix" where host.isEmpty:
            ssh = []
        case "qemu+ssh" where !host.isEmpty:
            // The same words as libvirt's own, so that whatever lets it in lets the doors' connections in.
            var words = [parameters["command"] ?? "ssh", "-T", "-e", "none", "-o", "LogLevel=ERROR"]
            if let port = parts.port { words += ["-p", String(port)] }
            if let user = parts.user { words += ["-l", user] }
            if let key = parameters["keyfile"] { words += ["-i", key] }
            if parameters["no_verify"] == "1" { words += ["-o", "StrictHostKeyChecking=no"] }
            if parameters["no_tty"] == "1" { words += ["-o", "BatchMode=yes"] }
            ssh = words
        default: throw usage
        }
    }

    /// The words of ssh(1) that do something on the host: options, and what comes after the host's name.
    func ssh(_ options: [String] = [], _ command: [String] = []) -> [String] { ssh + options + ["--", host] + command }

    /// The addresses and ranges that the host's interfaces and routes have; none when it does not tell.
    func addressesInUse() async -> [Subnet] {
        let question = "ip -4 -o address show; ip -4 route show table all"
        let words = isLocal ? ["sh", "-c", question] : ssh([], [question])
        guard let program = words.first,
            let outcome = try? await Tool.run(program, Array(words.dropFirst()))
        else { return [] }
        return Subnet.named(in: outcome.output)
    }
}
