import Foundation
import LabAuthoring
import LabFile
import LabRuntime
import LabStore
import LabVerifier
import Synchronization

/// A session of `lab test`'s own, and the process inside its room that plays trials.
actor ProofRoom {
    /// The student whose sessions these are.
    static let student = "lab-test"
    /// What parameters are drawn with: the same everywhere, so that a proof can be repeated elsewhere.
    static let secret = Data("lab test".utf8)

    /// The values of a lab's variables in every proof.
    static func values(of lab: Lab) -> [String: String] {
        Variables(lab: lab, parameters: parameters(of: lab)).values
    }
    /// The values of its parameters alone.
    static func parameters(of lab: Lab) -> [String: String] {
        ParameterDrawing(secret: secret).values(for: lab, student: student)
    }

    private let context: Context
    private let lab: Lab
    private var record: SessionRecord?
    private var lease: Lease?
    private var process: Process?
    private var input: FileHandle?
    private var replies: AsyncStream<ProofReply>.Iterator?

    init(context: Context, lab: Lab) {
        self.context = context
        self.lab = lab
    }

    /// Whether it has a session.
    var isUp: Bool { record != nil }

    /// Starts the session, at a step if a moment of it is kept, and the process inside its room.
    func start(at step: String?, accelerator: Accelerator?, progress: @escaping LabRuntime.Progress) async throws {
        let options = options(at: step, accelerator)
        let start = SessionStart(paths: context.paths, store: context.store, progress: progress)
        var record = try await start.start(lab, student: Self.student, options).record
        self.record = record
        lease = try await SessionLease.take(&record, for: "lab test", in: context, quietly: true)
        try begin(record)
    }

    /// Whether a moment of a step is kept at which a room can begin.
    func isKept(_ step: String, accelerator: Accelerator?) async throws -> Bool {
        let start = SessionStart(paths: context.paths, store: context.store) { _ in }
        return try await start.isKept(lab, options(at: step, accelerator))
    }

    private func options(at step: String?, _ accelerator: Accelerator?) -> SessionStart.Options {
        var options = SessionStart.Options()
        options.accelerator = accelerator
        if let step, step != lab.steps.first?.id { options.at = (step, Self.values(of: lab)) }
        return options
    }

    private func begin(_ record: SessionRecord) throws {
        guard let room = record.room else { throw LabError(.failed, "the room of \(record.id) is gone") }
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = try RoomEntry.words(room) + ["test-room"]
        process.environment = ProcessInfo.processInfo.environment
            .merging(RoomEntry.environment(record, room: room, context: context)) { $1 }
        let (down, up) = (Pipe(), Pipe())
        process.standardInput = down
        process.standardOutput = up
        try process.run()
        self.process = process
        input = down.fileHandleForWriting
        let (stream, continuation) = AsyncStream<ProofReply>.makeStream()
        let descriptor = up.fileHandleForReading.fileDescriptor
        Thread.detachNewThread {
            withExtendedLifetime(up) {
                ProofLines.read(descriptor) { line in
                    if let reply = try? JSONDecoder().decode(ProofReply.self, from: line) { continuation.yield(reply) }
                }
            }
            continuation.finish()
        }
        replies = stream.makeAsyncIterator()
    }

    /// Has trials played; gives the results in their order.
    func play(_ request: ProofRequest, line: ProofLine) async throws -> [TrialResult] {
        guard let input, var replies else { throw LabError(.failed, "the session of lab test has ended") }
        try input.write(contentsOf: JSONEncoder().encode(request) + Data("\n".utf8))
        defer { self.replies = replies }
        while let reply = await replies.next(isolation: self) {
            try Task.checkCancellation()
            switch reply {
            case .doing(let text): line.show(text)
            case .leading(let text): line.tell(text)
            case .results(let results): return results
            case .stuck(let step, let reason): throw ProofPlayer.Stuck(step: step, reason: reason)
            case .failed(let reason): throw LabError(.failed, reason)
            }
        }
        try Task.checkCancellation()
        throw LabError(.failed, "the process inside the room of \(record?.id ?? "the session") ended")
    }

    /// Removes the session and all that it has.
    func finish() async throws {
        if let process, process.isRunning { process.terminate() }
        try? input?.close()
        (input, process, replies) = (nil, nil, nil)
        if let record { try await SessionEnd(paths: context.paths, store: context.store).finish(record) }
        record = nil
        lease = nil
    }

    /// Removes what an earlier run of `lab test` left when it was killed.
    static func clear(_ context: Context) async throws {
        let left = try context.store.sessions().filter { $0.student == student && $0.state != .finished }
        for record in left {
            Output.error("Clearing away what an interrupted lab test left (\(record.id)).")
            try await SessionEnd(paths: context.paths, store: context.store).finish(record)
        }
    }
}

/// Reads lines from a descriptor, on a thread that may block.
enum ProofLines {
    static func read(_ descriptor: Int32, _ take: (Data) -> Void) {
        var rest = Data()
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Foundation.read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            rest.append(contentsOf: buffer[..<count])
            while let end = rest.firstIndex(of: 0x0A) {
                take(Data(rest[rest.startIndex..<end]))
                rest = Data(rest[(end + 1)...])
            }
        }
    }
}
