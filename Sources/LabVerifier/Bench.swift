public import Foundation
public import LabFile

/// What a check may see and touch: the session's facts, its machines through the guest agent, and the network as an
/// outsider sees it. Tests use a fake.
public protocol Bench: Sendable {
    /// The lab, for addresses and users of machines.
    var lab: Lab { get }
    /// The step that is being judged.
    var step: Step { get }
    /// When the step was first found open, by the host's clock; nil when this run is the first to find it so.
    var opened: Date? { get }
    /// The student's last answer to a question of this step, normalised; nil when none was given.
    func answer(to question: String) async -> String?

    /// Runs a read-only script on a machine through the agent, as `user` (nil: root, with HOME of root): `/bin/sh`'s, or
    /// perl's when it begins with `#!perl`.
    ///
    /// Scripts that are asked for at about the same time on one machine go in one agent call; each runs in a process of
    /// its own. Standard output is capped at 256 KiB. Values from students never become part of the text: they go in
    /// `arguments` and are read as `$1`, `$2`, …
    func observe(on machine: String, as user: String?, _ script: String, _ arguments: [String]) async throws
        -> Observation

    /// Runs a script that changes something or takes long, in an agent call of its own; `timeout` in seconds.
    func perform(on machine: String, as user: String?, _ script: String, _ arguments: [String], timeout: Int)
        async throws -> Observation

    /// What an outsider sees on the network.
    var outside: any Outside { get }

    /// How many times slower than under KVM the machines are: what a check waits for is given that much longer.
    var slowness: Double { get }

    /// Reboots a machine cleanly and waits until its agent answers again; throws ``Unjudgeable`` if it does not.
    func reboot(_ machine: String) async throws
}

extension Bench {
    /// Machines of ordinary speed.
    public var slowness: Double { 1 }

    /// A waiting time in whole seconds, made longer for slow machines.
    func patience(_ seconds: Int) -> Int { Int((Double(seconds) * max(1, slowness)).rounded(.up)) }

    /// A time limit of an author's in whole seconds, on machines that are slower: `work` seconds of it are what the
    /// machines do meanwhile; the rest is timers, which are no slower there.
    func limit(_ seconds: Int, work: Int) -> Int {
        seconds - work + Int((Double(work) * min(max(1, slowness), Patience.most)).rounded(.up))
    }
}

/// What a script said.
public struct Observation: Sendable, Equatable {
    /// The exit status.
    public var status: Int
    /// Standard output, as text.
    public var output: String
    /// Standard error, as text, capped at 16 KiB.
    public var error: String

    /// Makes an observation.
    public init(status: Int, output: String, error: String = "") {
        self.status = status
        self.output = output
        self.error = error
    }
}

/// What an outsider sees on the network: probes leave from a machine's own address, through the lab's door on it.
///
/// Every probe has a time limit; a harness failure throws ``Unjudgeable``, a server that the library cannot talk to
/// ``NoCommonAlgorithm``.
public protocol Outside: Sendable {
    /// A new run of the checks begins: what was seen in the last one is looked at again.
    func begin() async

    /// Opens a TCP connection within `seconds` and, where a `greeting` is wanted, reads what the far end says first.
    func connect(from machine: String, to address: String, port: Int, seconds: Int, greeting: Bool) async throws
        -> TCPOutcome

    /// What an SSH server offers to `user`: its host keys are checked by nobody here, only reported.
    func authenticationMethods(from machine: String, to address: String, port: Int, user: String) async throws
        -> SSHOffer

    /// Whether a password is accepted (the connection is closed at once).
    func passwordAccepted(from machine: String, to address: String, port: Int, user: String, password: String)
        async throws -> Bool

    /// Whether a private key (OpenSSH format, no passphrase) is accepted (the connection is closed at once).
    func keyAccepted(from machine: String, to address: String, port: Int, user: String, privateKey: String)
        async throws -> Bool

    /// Runs a command on a machine as `user` through the lab's door, for at most `seconds`.
    func run(on machine: String, as user: String, _ words: [String], input: String?, seconds: Int) async throws
        -> Observation
}

extension Outside {
    /// Nothing is kept from one run to the next.
    public func begin() async {}
}

/// How an attempt to connect ended.
public enum TCPOutcome: Sendable, Equatable {
    /// The port answered; what it said first, which may be empty.
    case open(banner: String)
    /// The far host refused.
    case refused
    /// Nothing came back in time: dropped by a firewall, or nobody has the address.
    case silent
}

/// What an SSH server offers.
public struct SSHOffer: Sendable, Equatable {
    /// Its identification line.
    public var banner: String
    /// The authentication methods offered to the user, sorted.
    public var methods: [String]
    /// The fingerprint of the host key that was used, `SHA256:…`.
    public var fingerprint: String

    /// Makes an offer.
    public init(banner: String, methods: [String], fingerprint: String) {
        self.banner = banner
        self.methods = methods
        self.fingerprint = fingerprint
    }
}
