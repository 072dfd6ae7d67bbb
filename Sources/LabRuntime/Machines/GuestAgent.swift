public import Foundation
import LabFile
import Libvirt

/// The QEMU guest agent of one machine (qemu-ga-ref(7)).
///
/// What it says is the guest's word: replies are capped in the guest and here.
public struct GuestAgent: Sendable {
    /// Sends one JSON command and gives the JSON reply; `seconds` is the time limit.
    public typealias Transport = @Sendable (_ command: String, _ seconds: Int) async throws -> String

    /// The machine's name, for errors.
    public let machine: String
    private let transport: Transport
    /// Whether nothing can answer any more: the machine is off.
    private let isOff: @Sendable () async throws -> Bool
    /// The most that one captured reply may hold, in bytes; qemu-ga itself fails at about 3 MB.
    static let limit = 1 << 20

    /// Makes an agent that talks through `transport` to a machine that may have ended.
    public init(
        machine: String, isOff: @escaping @Sendable () async throws -> Bool = { false },
        transport: @escaping Transport
    ) {
        self.machine = machine
        self.isOff = isOff
        self.transport = transport
    }

    /// The agent of a domain, through libvirt.
    init(machine: String, domain: String, connection: Connection) {
        let isOff: @Sendable () async throws -> Bool = {
            do {
                let state = try await connection.domainState(domain)
                return state == .shutOff || state == .crashed
            } catch {
                throw LabError(
                    .unreachable,
                    Localized(ko: "\(machine)의 상태를 알 수 없어요", en: "what \(machine) is doing is not known"),
                    cause: error)
            }
        }
        self.init(machine: machine, isOff: isOff) { command, seconds in
            let backoff = Backoff(seconds: Self.patience)
            while true {
                do throws(LibvirtError) {
                    return try await connection.agentCommand(domain: domain, command, timeout: seconds)
                } catch {
                    let state = error.code == .operationInvalid ? try? await connection.domainState(domain) : nil
                    // A machine that stands still for a checkpoint goes on in a moment, or has by now.
                    if state == .paused || state == .running, try await backoff.wait() { continue }
                    if state == .halted { throw Self.isHalted(machine) }
                    if let xml = try? await connection.domainXML(domain), DomainXML.isRescue(xml) {
                        throw Rescue.error(machine)
                    }
                    throw LabError(
                        .unreachable,
                        Localized(
                            ko: "\(machine)이(가) 응답하지 않아요: \(error.message)",
                            en: "\(machine) does not answer: \(error.message)"),
                        advice: Self.lookAt(machine))
                }
            }
        }
    }

    private static func isHalted(_ machine: String) -> LabError {
        LabError(
            .unreachable,
            Localized(
                ko: "\(machine)이(가) 디스크를 더 늘릴 수 없어서 멈춰 있어요",
                en: "\(machine) stands still since its disk could not grow"),
            advice: Localized(ko: "자리를 만든 다음: lab resume", en: "Make room, then: lab resume"))
    }

    private static func lookAt(_ machine: String) -> Localized {
        Localized(ko: "이렇게 살펴보세요: lab console \(machine)", en: "Look at it with: lab console \(machine)")
    }

    /// How long a paused machine is waited for, in seconds.
    private static let patience = 8

    /// What a command in the guest said.
    public struct Outcome: Sendable, Equatable {
        /// The exit status; 128 and the signal's number when a signal ended it.
        public var status: Int
        /// Standard output, at most 1 MiB.
        public var output: Data
        /// Standard error, at most 1 MiB.
        public var error: Data

        /// Standard output as text.
        public var text: String { String(decoding: output, as: UTF8.self) }
        /// Standard error as text.
        public var errorText: String { String(decoding: error, as: UTF8.self) }
    }

    private struct Nothing: Codable, Sendable {}
    private struct Request<Arguments: Encodable>: Encodable {
        var execute: String
        var arguments: Arguments
    }
    private struct Reply<Value: Decodable>: Decodable { var `return`: Value }

    /// Sends a command of the agent's and decodes what it returns.
    func call<Arguments: Encodable, Value: Decodable>(
        _ name: String, _ arguments: Arguments, as type: Value.Type = Value.self, seconds: Int = 30
    ) async throws -> Value {
        let command = try JSONEncoder().encode(Request(execute: name, arguments: arguments))
        let reply = try await transport(String(decoding: command, as: UTF8.self), seconds)
        guard reply.utf8.count <= 4 * Self.limit else {
            throw LabError(.unreachable, "\(machine)'s guest agent gave a reply of \(reply.utf8.count) bytes")
        }
        do {
            return try JSONDecoder().decode(Reply<Value>.self, from: Data(reply.utf8)).return
        } catch {
            throw LabError(.unreachable, "\(machine)'s guest agent gave a reply that makes no sense", cause: error)
        }
    }

    /// Whether the agent answers.
    public func ping(seconds: Int = 5) async -> Bool {
        (try? await call("guest-ping", Nothing(), as: Nothing.self, seconds: seconds)) != nil
    }

    /// Moves the guest's clock to the host's when it is more than 0.2 s away.
    ///
    /// Not by `guest-set-time`: that runs `hwclock -w`, which waits for the next second. By how much is asked first, in a
    /// call that starts no process in the guest, and what starts there moves the clock by that, however long it took to start.
    /// An answer that took long (the host is busy) may be wrong by half of that: it is asked again, and the quickest counts.
    public func setTime() async throws {
        var quickest = TimeInterval.infinity
        var ahead: TimeInterval = 0
        for _ in 0..<8 where quickest > 0.3 {
            let began = Date()
            let said = try await call("guest-get-time", Nothing(), as: Int64.self)
            let took = -began.timeIntervalSinceNow
            guard took < quickest else { continue }
            quickest = took
            ahead = Double(said) / 1_000_000_000 - (began.timeIntervalSince1970 + took / 2)
        }
        guard abs(ahead) > 0.2 else { return }
        try await check(["/usr/bin/perl", "-e", Self.moveClock, "--", String(format: "%.6f", -ahead)])
    }

    /// Moves the clock by the seconds of its argument: clock_gettime(2), clock_settime(2).
    private static let moveClock = #"""
        my $time = pack "qq", 0, 0;
        syscall(228, 0, $time) == 0 or die "clock: $!";
        my ($whole, $rest) = unpack "qq", $time;
        $whole += int $ARGV[0];
        $rest += int(($ARGV[0] - int $ARGV[0]) * 1e9);
        if ($rest < 0) { $rest += 1e9; $whole-- }
        if ($rest >= 1e9) { $rest -= 1e9; $whole++ }
        syscall(227, 0, pack "qq", $whole, $rest) == 0 or die "clock: $!";
        """#

    /// Throws when nothing can answer any more.
    func demandOn() async throws {
        guard try await isOff() else { return }
        try Task.checkCancellation()
        throw LabError(
            .unreachable, Localized(ko: "\(machine)이(가) 꺼졌어요", en: "\(machine) has switched itself off"))
    }

    /// Waits until it answers; throws when it has not within `seconds`, or when the machine is off.
    public func wait(seconds: Int) async throws {
        let backoff = Backoff(seconds: seconds)
        while await !ping() {
            try await demandOn()
            guard try await backoff.wait() else {
                throw LabError(
                    .unreachable,
                    Localized(
                        ko: "\(machine)이(가) \(seconds)초 안에 응답하지 않았어요",
                        en: "\(machine) did not answer within \(seconds) s"),
                    advice: Self.lookAt(machine))
            }
        }
    }

    /// Asks the guest to shut down or reboot; the agent gives no reply to it.
    public func power(_ mode: String) async throws {
        struct Arguments: Encodable { var mode: String }
        let command = try JSONEncoder().encode(Request(execute: "guest-shutdown", arguments: Arguments(mode: mode)))
        _ = try? await transport(String(decoding: command, as: UTF8.self), 1)
    }

    struct ExecArguments: Encodable {
        var path: String
        var arg: [String]
        var env: [String]?
        var inputData: String?
        var captureOutput: Bool
        enum CodingKeys: String, CodingKey {
            case path, arg, env
            case inputData = "input-data"
            case captureOutput = "capture-output"
        }
    }
    struct ExecReply: Decodable { var pid: Int }
    struct ExecStatus: Decodable {
        var exited: Bool
        var exitcode: Int?
        var signal: Int?
        var outData: String?
        var errData: String?
        enum CodingKeys: String, CodingKey {
            case exited, exitcode, signal
            case outData = "out-data"
            case errData = "err-data"
        }
        var status: Int { exitcode ?? 128 + (signal ?? 0) }
    }

    /// Begins a command as root and gives its pid in the guest.
    func begin(_ words: [String], input: Data? = nil, capture: Bool) async throws -> Int {
        guard let program = words.first else { throw LabError(.usage, "there is no command to run on \(machine)") }
        let arguments = ExecArguments(
            path: program, arg: Array(words.dropFirst()), inputData: input?.base64EncodedString(),
            captureOutput: capture)
        return try await call("guest-exec", arguments, as: ExecReply.self).pid
    }

    /// Looks at a command that was begun; an ended one can be asked about once.
    func status(of pid: Int) async throws -> ExecStatus {
        struct Arguments: Encodable { var pid: Int }
        return try await call("guest-exec-status", Arguments(pid: pid))
    }

    /// Runs a command as root to its end, within `seconds`; the words are seen by no shell.
    public func run(_ words: [String], input: Data? = nil, seconds: Int = 60) async throws -> Outcome {
        try await end(of: try await begin(words, input: input, capture: true), seconds: seconds)
    }

    /// Waits for the end of a command that was begun.
    private func end(of pid: Int, seconds: Int) async throws -> Outcome {
        let backoff = Backoff(seconds: seconds)
        while true {
            let status = try await status(of: pid)
            if status.exited {
                return Outcome(
                    status: status.status, output: Data(base64Encoded: status.outData ?? "") ?? Data(),
                    error: Data(base64Encoded: status.errData ?? "") ?? Data())
            }
            guard try await backoff.wait() else {
                _ = try? await begin(["/bin/kill", "-KILL", String(pid)], capture: false)
                throw LabError(
                    .unreachable,
                    Localized(
                        ko: "\(machine)에서 실행한 명령이 \(seconds)초 안에 끝나지 않았어요",
                        en: "a command on \(machine) did not end within \(seconds) s"),
                    advice: Localized(
                        ko: "기계가 너무 바쁠지도 몰라요: lab console \(machine)",
                        en: "The machine may be overloaded: lab console \(machine)"))
            }
        }
    }

    /// Runs a command and throws, with what it said, when it fails.
    @discardableResult
    public func check(_ words: [String], input: Data? = nil, seconds: Int = 60) async throws -> String {
        try successful(try await run(words, input: input, seconds: seconds))
    }

    /// Waits for the end of a command that was begun; throws, with what it said, when it fails.
    func check(begun pid: Int, seconds: Int) async throws {
        _ = try successful(try await end(of: pid, seconds: seconds))
    }

    private func successful(_ outcome: Outcome) throws -> String {
        guard outcome.status == 0 else {
            throw LabError(
                .failed, "a command failed on \(machine) (status \(outcome.status)): \(outcome.errorText.suffix(1000))")
        }
        return outcome.text
    }
}
