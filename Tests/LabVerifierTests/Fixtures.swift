import Dispatch
import Foundation
import Glibc
import LabFile
import Synchronization

@testable import LabVerifier

/// A guest whose answers a test makes up; it counts what it is asked.
final class ScriptedGuest: Guest {
    private let asked = Mutex(0)
    private let answer: @Sendable ([String]) async throws -> Observation

    init(_ answer: @escaping @Sendable ([String]) async throws -> Observation) { self.answer = answer }

    var executions: Int { asked.withLock { $0 } }

    func execute(_ argv: [String], as user: String?, input: [UInt8]?, timeout: Int, limit: Int) async throws
        -> Observation
    {
        asked.withLock { $0 += 1 }
        return try await answer(argv)
    }
}

/// A guest that really runs what it is given, on the machine of the test.
func shellGuest() -> ScriptedGuest {
    ScriptedGuest { argv in
        try await withCheckedThrowingContinuation { continuation in
            // A thread of its own: a blocked one of the cooperative pool could hold every test up.
            Thread.detachNewThread { continuation.resume(with: Result { try runHere(argv) }) }
        }
    }
}

/// Runs a program to its end, with its output in files.
private func runHere(_ argv: [String]) throws -> Observation {
    let base = FileManager.default.temporaryDirectory.appending(path: "lab-test-\(UUID().uuidString)")
    let files = ["o", "e"].map { base.appendingPathExtension($0) }
    defer { for file in files { try? FileManager.default.removeItem(at: file) } }
    for file in files { try Data().write(to: file) }
    let process = Process()
    process.executableURL = URL(filePath: argv[0])
    // In the tests all perl is strict; in a machine, loading strict.pm takes too long.
    process.arguments = (argv[0].hasSuffix("/perl") ? ["-Mstrict"] : []) + argv.dropFirst()
    process.standardOutput = try FileHandle(forWritingTo: files[0])
    process.standardError = try FileHandle(forWritingTo: files[1])
    process.standardInput = FileHandle.nullDevice
    let ended = DispatchSemaphore(value: 0)
    process.terminationHandler = { _ in ended.signal() }
    // A thread inherits the pool's blocked signals, and a shell whose SIGCHLD is blocked waits for ever.
    var none = sigset_t()
    sigemptyset(&none)
    pthread_sigmask(SIG_SETMASK, &none, nil)
    try process.run()
    ended.wait()
    return Observation(
        status: Int(process.terminationStatus), output: String(decoding: try Data(contentsOf: files[0]), as: UTF8.self),
        error: String(decoding: try Data(contentsOf: files[1]), as: UTF8.self))
}

/// A bench whose observations a test makes up, or really runs.
struct ScriptedBench: Bench {
    var lab = sampleLab()
    var step = sampleLab().steps[0]
    var opened: Date?
    var answers: [String: String] = [:]
    var rebooted: @Sendable (String) async throws -> Void = { _ in }
    /// Called with the machine, the script and its arguments.
    var observing: @Sendable (String, String, [String]) async throws -> Observation

    /// The same text, whatever is asked.
    init(_ output: String, status: Int = 0, error: String = "") {
        observing = { _, _, _ in Observation(status: status, output: output, error: error) }
    }

    init(_ observing: @escaping @Sendable (String, String, [String]) async throws -> Observation) {
        self.observing = observing
    }

    /// Every script really runs here.
    static var live: ScriptedBench {
        let guest = BatchingGuest(shellGuest(), machine: "here")
        return ScriptedBench { _, script, arguments in try await guest.observe(as: nil, script, arguments) }
    }

    func answer(to question: String) async -> String? { answers[question] }
    func observe(on machine: String, as user: String?, _ script: String, _ arguments: [String]) async throws
        -> Observation
    { try await observing(machine, script, arguments) }
    func perform(on machine: String, as user: String?, _ script: String, _ arguments: [String], timeout: Int)
        async throws -> Observation
    { try await observing(machine, script, arguments) }
    var outside: any Outside { NoOutside() }
    func reboot(_ machine: String) async throws { try await rebooted(machine) }
}

/// An outside that nothing can be seen from.
struct NoOutside: Outside {
    private var blind: Unjudgeable { Unjudgeable(.same("no outside here")) }
    func connect(from machine: String, to address: String, port: Int, seconds: Int, greeting: Bool) async throws
        -> TCPOutcome
    {
        throw blind
    }
    func authenticationMethods(from machine: String, to address: String, port: Int, user: String) async throws
        -> SSHOffer
    { throw blind }
    func passwordAccepted(from machine: String, to address: String, port: Int, user: String, password: String)
        async throws -> Bool
    { throw blind }
    func keyAccepted(from machine: String, to address: String, port: Int, user: String, privateKey: String)
        async throws -> Bool
    { throw blind }
    func run(on machine: String, as user: String, _ words: [String], input: String?, seconds: Int) async throws
        -> Observation
    { throw blind }
}

/// A bench on which nothing can be seen: whatever is looked at is blocked.
let blindBench = ScriptedBench { _, _, _ in throw Unjudgeable(.same("server01 is paused")) }

func sampleLab(_ steps: [Step]? = nil) -> Lab {
    Lab(
        number: 6, name: "ssh", title: .same("SSH"),
        machines: [
            MachineSpec(name: "losttemple", image: "workstation", address: "192.168.122.1", user: "shinjaehun"),
            MachineSpec(name: "server01", image: "server", address: "192.168.122.201", user: "administrator"),
        ],
        steps: steps ?? [Step(id: "one", title: .same("One"), points: 5)], directory: "/nowhere")
}

func fields(_ values: [String: FieldValue]) -> Fields { Fields(values) }
