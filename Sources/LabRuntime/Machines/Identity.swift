import Crypto
import Foundation
import LabFile

/// What a machine is given so that it becomes itself.
struct Identity: Sendable {
    /// The machine as the lab file describes it.
    var machine: MachineSpec
    /// Its card's address, `52:54:00:…`.
    var mac: String
    /// All machines of the lab, for `/etc/hosts`.
    var peers: [MachineSpec]
    /// Whether it has a way out of the room.
    var uplink: Bool
    /// Files that are its own: keys. One whose directory a machine does not have is left out.
    var files: [File]

    /// A file of a machine's own.
    struct File: Sendable {
        var path: String
        /// Permissions as chmod(1) takes them, octal.
        var mode: String
        var contents: Data
    }

    /// Where the program waits for its input that is parked in a warm image's memory.
    private static let fifo = "/run/lab-identity"

    /// Parks the program in a machine whose memory is about to be kept; gives its number, by which the agent knows it.
    static func park(by agent: GuestAgent) async throws -> Int {
        let pid = try await agent.begin(program + [fifo], capture: true)
        let waits = #"until [ -p $0 ] && grep -q "^State:.S" /proc/$1/status; do sleep 0.1; done"#
        try await agent.check(["/bin/sh", "-c", waits, fifo, String(pid)])
        return pid
    }

    /// Makes the machine itself, by the program that is parked in its memory or by one command of its agent; then its clock
    /// is the host's.
    func give(to agent: GuestAgent, parked: Int?) async throws {
        if let parked {
            let handle = try await agent.open(Self.fifo, mode: "r+")
            let input = input()
            // A FIFO takes 64 KiB at once (pipe(7)), several times as much as this.
            let taken = try await agent.write(input, to: handle)
            await agent.close(handle)
            guard taken == input.count else {
                throw LabError(
                    .unreachable, "\(machine.name) took \(taken) of \(input.count) bytes of what it is to be")
            }
            try await agent.check(begun: parked, seconds: Self.limit)
        } else {
            try await agent.check(Self.program, input: input(), seconds: Self.limit)
        }
        try await agent.setTime()
    }

    private static let program = ["/usr/bin/perl", "-e", IdentityScripts.become]
    /// The most that it may take, in seconds.
    private static let limit = 300

    private func input() -> Data {
        let hosts = peers.map { "\($0.address) \($0.name)" }.joined(separator: "\n")
        let fields = [
            Self.seed, Self.now, machine.name, machine.address, machine.user, machine.password ?? "", hosts, mac,
            gateway, uplink ? Uplink.nameserver : "",
        ]
        var input = Data()
        for field in fields { input += Data("\(field.utf8.count)\n\(field)".utf8) }
        for file in files {
            input += Data("\(file.mode) \(file.contents.count) \(file.path)\n".utf8) + file.contents
        }
        return input + Data("end\n".utf8)
    }

    /// Its router: a machine behind the carrier's NAT reaches others by it, one of the lab's network what is outside.
    private var gateway: String {
        let network = RoomNetwork(of: machine)
        return network != .lab || uplink ? network.router : ""
    }

    /// Gives a machine that stood still or was put back fresh randomness and the time of now.
    static func refresh(_ agent: GuestAgent) async throws {
        try await agent.check(
            ["/usr/bin/perl", "-e", IdentityScripts.refresh, now], input: Data("\(seed)\n".utf8))
        try await agent.setTime()
    }

    /// A card's address: locally administered in QEMU's range, the same for a machine of a session at every start.
    static func mac(session: String, machine: String) -> String {
        let digest = SHA256.hash(data: Data("\(session)/\(machine)".utf8))
        return "52:54:00:" + digest.prefix(3).map { String(format: "%02x", $0) }.joined(separator: ":")
    }

    /// 64 random bytes of the host's, hexadecimal.
    private static var seed: String {
        (0..<64).map { _ in String(format: "%02x", UInt8.random(in: .min ... .max)) }.joined()
    }

    /// The host's clock, seconds since 1970 with nine decimals.
    private static var now: String { String(format: "%.9f", Date().timeIntervalSince1970) }
}
