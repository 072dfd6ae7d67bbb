import Foundation
import LabFile
import Synchronization

@testable import LabVerifier

/// A bench with recorded replies: by machine and script, then by script alone.
final class SSHBench: Bench {
    let lab: Lab
    let step = Step(id: "step", title: Localized(ko: "", en: ""), points: 1)
    let opened: Date?
    let probes: FakeOutside
    private let replies: Mutex<[String: [Observation]]>
    private let asked = Mutex<[String]>([])

    var outside: any Outside { probes }

    init(opened: Date? = Date(timeIntervalSince1970: 0), outside: FakeOutside = FakeOutside()) {
        lab = Lab(
            number: 6, name: "ssh", title: Localized(ko: "", en: ""),
            machines: [
                MachineSpec(name: "losttemple", image: "workstation", address: "192.168.122.1", user: "shinjaehun"),
                MachineSpec(
                    name: "server01", image: "server", address: "192.168.122.201", user: "administrator",
                    password: "password"),
                MachineSpec(
                    name: "server02", image: "server", address: "192.168.122.202", user: "administrator",
                    password: "password"),
            ], steps: [], directory: "/")
        self.opened = opened
        probes = outside
        replies = Mutex(["*\n" + Reach.limitScript: [Observation(status: 0, output: "")]])
    }

    /// What a script says from now on: one reply after the other, the last one for ever.
    func reply(_ script: String, on machine: String = "*", _ outputs: String..., status: Int = 0) {
        replies.withLock { $0[machine + "\n" + script] = outputs.map { Observation(status: status, output: $0) } }
    }

    /// The first argument or, for a script without any, the machine of each call so far.
    var calls: [String] { asked.withLock { $0 } }

    func answer(to question: String) async -> String? { nil }

    func observe(on machine: String, as user: String?, _ script: String, _ arguments: [String]) async throws
        -> Observation
    {
        try say(machine, script, arguments)
    }

    func perform(on machine: String, as user: String?, _ script: String, _ arguments: [String], timeout: Int)
        async throws -> Observation
    {
        try say(machine, script, arguments)
    }

    func reboot(_ machine: String) async throws { throw Unjudgeable(Localized(ko: "", en: "")) }

    private func say(_ machine: String, _ script: String, _ arguments: [String]) throws -> Observation {
        asked.withLock { $0.append(([machine] + arguments).joined(separator: " ")) }
        return try replies.withLock { replies in
            for key in [machine + "\n" + script, "*\n" + script] {
                guard var list = replies[key], let first = list.first else { continue }
                if list.count > 1 { list.removeFirst() }
                replies[key] = list
                return first
            }
            throw Unjudgeable(Localized(ko: "\(machine) 침묵", en: "\(machine) is silent"))
        }
    }
}

/// The network as recorded.
final class FakeOutside: Outside {
    private let tcp: TCPOutcome
    private let methods: [String]
    private let accepts: Bool

    init(tcp: TCPOutcome = .open(banner: "SSH-2.0-OpenSSH_9.2p1\r\n"), methods: [String] = [], accepts: Bool = false) {
        self.tcp = tcp
        self.methods = methods
        self.accepts = accepts
    }

    func connect(from machine: String, to address: String, port: Int, seconds: Int, greeting: Bool) async throws
        -> TCPOutcome
    { tcp }

    func authenticationMethods(from machine: String, to address: String, port: Int, user: String) async throws
        -> SSHOffer
    {
        guard !methods.isEmpty else { throw Unjudgeable(Localized(ko: "문이 닫혔어요", en: "the door is shut")) }
        return SSHOffer(banner: "SSH-2.0-OpenSSH_9.2p1", methods: methods, fingerprint: "SHA256:x")
    }

    func passwordAccepted(from machine: String, to address: String, port: Int, user: String, password: String)
        async throws -> Bool
    { accepts }

    func keyAccepted(from machine: String, to address: String, port: Int, user: String, privateKey: String)
        async throws -> Bool
    { accepts }

    func run(on machine: String, as user: String, _ words: [String], input: String?, seconds: Int) async throws
        -> Observation
    { Observation(status: 0, output: "") }
}

/// What was recorded on machines of a lab: sshd's journal and the sockets.
enum SSHRecorded {
    static let firstKey = "SHA256:KW8FjoPAQRr3EwcM9kROlaUm9JChMKvwfZXoRouLqfk"
    static let keys =
        firstKey + " ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIGiGQyVGMvIS/+o8ho6HOda4JYQZEwlEkpFDzVpa9wg\n"

    static func text(_ name: String, filePath: String = #filePath) throws -> String {
        let folder = URL(filePath: filePath).deletingLastPathComponent()
        return try String(contentsOf: folder.appending(path: "SSHRecords/\(name)"), encoding: .utf8)
    }

    static func fields(_ values: [String: String], flags: [String: Bool] = [:], lists: [String: [String]] = [:])
        -> Fields
    {
        Fields(
            values.mapValues(FieldValue.string)
                .merging(flags.mapValues(FieldValue.boolean)) { first, _ in first }
                .merging(lists.mapValues { .list($0.map(FieldValue.string)) }) { first, _ in first })
    }
}
