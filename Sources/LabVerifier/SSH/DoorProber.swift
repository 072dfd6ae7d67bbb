import Foundation
import LabFile
public import LabRuntime
public import SSH

/// A lab's own sshd on a machine: where it is, which key it must hold, and the key that it lets in.
public struct Door: Sendable {
    /// The address that it listens on.
    public var address: String
    /// Its TCP port.
    public var port: Int
    /// The public key line that it must hold.
    public var hostKey: String
    /// The private key of the harness, OpenSSH format.
    public var privateKey: String
    /// How it is reached from this process.
    public var dialer: any Dialer

    /// Describes a door.
    public init(
        address: String, port: Int, hostKey: String, privateKey: String, dialer: any Dialer = DirectDialer()
    ) {
        self.address = address
        self.port = port
        self.hostKey = hostKey
        self.privateKey = privateKey
        self.dialer = dialer
    }

    /// Logs in at the door as `user`.
    public func session(as user: String, seconds: Int) async throws -> SSHSession {
        let session = try await dialer.connect(
            to: address, port: port, hostKey: .expect(hostKey), seconds: seconds)
        guard try await session.authenticate(user: user, privateKey: privateKey) == .accepted else {
            await session.close()
            throw SSHError(.failed, message: "the door does not let \(user) in", context: "logging in at \(address)")
        }
        return session
    }
}

/// What an outsider sees on a session's network: probes leave from a machine's own address, through its door.
///
/// There is one login at each (door, user) and one look at the methods of each (server, user) in a run; a login by
/// which something did not get through is made anew. SSH probes leave from a source port below 1024, by which the
/// server's log tells them from the student's logins.
public actor DoorProber: Outside {
    private let doors: [String: Door]
    private let slowness: Int
    private var sessions: [String: Task<SSHSession, any Error>] = [:]
    private var offers: [String: (answer: Task<SSHOffer, any Error>, asked: ContinuousClock.Instant)] = [:]
    private var slots: Int
    private var waiting: [CheckedContinuation<Void, Never>] = []

    /// Probes through doors, by machine; `slowness` multiplies time limits.
    public init(doors: [String: Door], slowness: Int) {
        self.doors = doors
        self.slowness = slowness
        // A slow machine that is asked too much at once would miss time limits because of the harness alone.
        slots = slowness > 1 ? 3 : 8
    }

    /// Waits for one of the few places for probes; its time limits begin then.
    private func enter() async {
        if slots > 0 { slots -= 1 } else { await withCheckedContinuation { waiting.append($0) } }
    }

    private func leave() {
        if waiting.isEmpty { slots += 1 } else { waiting.removeFirst().resume() }
    }

    /// See ``Outside/begin()``: methods are asked for anew, logins at doors are kept.
    public func begin() async { offers = [:] }

    /// See ``Outside/connect(from:to:port:seconds:greeting:)``.
    ///
    /// A program on the machine connects: a forwarded connection that gets no answer would keep all others of its login
    /// waiting.
    public func connect(from machine: String, to address: String, port: Int, seconds: Int, greeting: Bool) async throws
        -> TCPOutcome
    {
        await enter()
        defer { leave() }
        let seen = try await reach(from: machine, to: address, port: port, seconds: seconds, greeting: greeting)
        let outcome = try Reach.outcome(seen, from: machine)
        guard outcome == .silent, !Reach.isProved(seen), let door = doors[machine] else { return outcome }
        // The control: a machine that cannot reach its own door in the same time is slow, and proves nothing.
        let control = try await reach(
            from: machine, to: door.address, port: door.port, seconds: seconds, greeting: false)
        guard case .open = try Reach.outcome(control, from: machine) else {
            throw Unjudgeable(
                Localized(
                    ko: "\(machine)이(가) 너무 느려서 거기서 다른 기계로 연결해 보지 못했어요. 여러분의 잘못으로 치지 않아요.",
                    en: "\(machine) is too slow to probe from; this is not counted against you."))
        }
        return outcome
    }

    private func reach(from machine: String, to address: String, port: Int, seconds: Int, greeting: Bool) async throws
        -> Observation
    {
        let arguments = Reach.arguments(
            address, port: port, seconds: seconds * slowness, greeting: greeting ? 10 * slowness : 0)
        let words = ["/bin/sh", "-c", Reach.script, "lab"] + arguments
        let limit = (seconds + 30) * slowness
        do {
            return try await say(words, on: machine, as: "root", input: nil, seconds: limit)
        } catch {
            // The login may be gone: one more try, with a new one.
            return try await say(words, on: machine, as: "root", input: nil, seconds: limit)
        }
    }

    private func forget(_ machine: String, _ user: String) { sessions["\(machine) \(user)"] = nil }

    /// See ``Outside/authenticationMethods(from:to:port:user:)``.
    public func authenticationMethods(from machine: String, to address: String, port: Int, user: String) async throws
        -> SSHOffer
    {
        let key = "\(machine) \(address) \(port) \(user)"
        // Checks of one moment share an answer; one that asks again after a pause gets a new one.
        if let known = offers[key], ContinuousClock.now - known.asked < .seconds(slowness) {
            return try await known.answer.value
        }
        let look = Task { try await self.look(from: machine, to: address, port: port, user: user) }
        offers[key] = (look, .now)
        do {
            return try await look.value
        } catch {
            offers[key] = nil
            throw error
        }
    }

    private func look(from machine: String, to address: String, port: Int, user: String) async throws -> SSHOffer {
        await enter()
        defer { leave() }
        let probe = try await probe(from: machine, to: address, port: port)
        do {
            let methods = try await probe.authenticationMethods(user: user, timeout: patience)
            await probe.close()
            let names: [String]
            switch methods {
            case .noneAccepted: names = ["none"]
            case .offered(let list): names = list.prefix(20).map { shown($0, limit: 40) }.sorted()
            }
            return SSHOffer(banner: probe.banner, methods: names, fingerprint: probe.hostKey.fingerprint)
        } catch {
            await probe.close()
            throw unjudgeable(error, machine)
        }
    }

    /// See ``Outside/passwordAccepted(from:to:port:user:password:)``.
    public func passwordAccepted(from machine: String, to address: String, port: Int, user: String, password: String)
        async throws -> Bool
    {
        await enter()
        defer { leave() }
        let probe = try await probe(from: machine, to: address, port: port)
        do {
            let accepted = try await tryPassword(password, of: user, on: probe)
            await probe.close()
            return accepted
        } catch {
            await probe.close()
            throw unjudgeable(error, machine)
        }
    }

    /// How long one question to a server may take: libssh2 itself waits for 60 s.
    private var patience: Duration { .seconds(min(max(30, 20 * slowness), 55)) }

    private func tryPassword(_ password: String, of user: String, on probe: SSHSession) async throws(SSHError)
        -> Bool
    {
        guard case .offered(let methods) = try await probe.authenticationMethods(user: user, timeout: patience) else {
            return true
        }
        if methods.contains("password") {
            let outcome = try await probe.authenticate(user: user, password: password, timeout: patience)
            if outcome != .refused { return true }
        }
        guard methods.contains("keyboard-interactive") else { return false }
        return try await probe.authenticate(user: user, interactivePassword: password, timeout: patience) != .refused
    }

    /// See ``Outside/keyAccepted(from:to:port:user:privateKey:)``.
    public func keyAccepted(from machine: String, to address: String, port: Int, user: String, privateKey: String)
        async throws -> Bool
    {
        await enter()
        defer { leave() }
        let probe = try await probe(from: machine, to: address, port: port)
        do {
            let outcome = try await probe.authenticate(user: user, privateKey: privateKey, timeout: patience)
            await probe.close()
            return outcome == .accepted
        } catch {
            await probe.close()
            throw unjudgeable(error, machine)
        }
    }

    /// See ``Outside/run(on:as:_:input:seconds:)``.
    public func run(on machine: String, as user: String, _ words: [String], input: String?, seconds: Int) async throws
        -> Observation
    {
        await enter()
        defer { leave() }
        return try await say(words, on: machine, as: user, input: input, seconds: seconds)
    }

    private func say(_ words: [String], on machine: String, as user: String, input: String?, seconds: Int) async throws
        -> Observation
    {
        let session = try await session(on: machine, as: user)
        let command = words.map(Self.quoted).joined(separator: " ")
        do {
            let result = try await session.run(
                command, input: Array((input ?? "").utf8), limit: 1 << 18, timeout: .seconds(seconds))
            return Observation(
                status: result.status ?? 255, output: String(decoding: result.output, as: UTF8.self),
                error: String(decoding: result.errors.prefix(BatchDriver.errorLimit), as: UTF8.self))
        } catch {
            throw unjudgeable(error, machine, user)
        }
    }

    private func session(on machine: String, as user: String) async throws -> SSHSession {
        guard let door = doors[machine] else {
            throw Unjudgeable(
                Localized(
                    ko: "\(machine)에는 lab이 들어가서 시험해 볼 통로가 없어요.",
                    en: "\(machine) has no door to look through from outside."))
        }
        let key = "\(machine) \(user)"
        let seconds = 20 * slowness
        let login = sessions[key] ?? Task { try await door.session(as: user, seconds: seconds) }
        sessions[key] = login
        do {
            return try await login.value
        } catch {
            throw unjudgeable(error, machine, user)
        }
    }

    /// A session with a server, carried by `nc` on the machine so that the source port can be chosen.
    private func probe(from machine: String, to address: String, port: Int) async throws -> SSHSession {
        var tries = 0
        while true {
            tries += 1
            let door = try await session(on: machine, as: "root")
            let source = Int.random(in: 600...999)
            do {
                let channel = try await door.exec(
                    "exec nc -w \(max(30, 20 * slowness)) -p \(source) \(Self.quoted(address)) \(port)",
                    timeout: patience)
                let descriptor = try await channel.bridge()
                return try await SSHSession.connect(
                    descriptor: descriptor, hostKey: .report, timeout: .seconds(15 * slowness))
            } catch {
                // The source port may be in use, or, when another one does no better, the login gone: tried again before the
                // server is blamed.
                if error.code == .noCommonAlgorithm { throw NoCommonAlgorithm() }
                guard tries < 3, error.code != .timedOut, error.code != .cancelled else {
                    throw unjudgeable(error, machine)
                }
                if tries > 1 { forget(machine, "root") }
            }
        }
    }

    /// What is said of an error, which forgets the login that it came by.
    ///
    /// A machine that was put back no longer knows a login of before and is silent: whatever came next would wait for
    /// it in vain.
    private func unjudgeable(_ error: any Error, _ machine: String, _ user: String = "root") -> Unjudgeable {
        forget(machine, user)
        let why = shown("\(error)", limit: 300)
        return Unjudgeable(
            Localized(
                ko: "\(machine)에서 다른 기계로 연결해 보지 못했어요. 여러분의 잘못으로 치지 않아요: \(why)",
                en: "The probe from \(machine) did not get through; this is not counted against you: \(why)"))
    }

    /// A word for a remote shell.
    private static func quoted(_ word: String) -> String { "'" + word.replacing("'", with: #"'\''"#) + "'" }
}
