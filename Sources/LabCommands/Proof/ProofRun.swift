import Foundation
import LabAuthoring
import LabFile
import LabRuntime

/// Plays what is left in the queue, in several rooms side by side.
struct ProofRun {
    /// How often a room is given up and another one takes its place before the run is given up.
    static let mostTroubles = 2

    let context: Context
    let lab: Lab
    let queue: ProofQueue
    let accelerator: Accelerator?
    let jobs: Int

    func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 1...jobs { group.addTask { try await work(number) } }
            try await group.waitForAll()
        }
    }

    private func work(_ number: Int) async throws {
        let room = ProofRoom(context: context, lab: lab)
        do {
            try await play(in: room, number)
        } catch {
            // In a task of its own: what was begun is removed although the work was cancelled.
            await Task { try? await room.finish() }.value
            throw error
        }
        try await room.finish()
    }

    private func play(in room: ProofRoom, _ number: Int) async throws {
        let line = ProofLine(prefix: jobs > 1 ? "room \(number): " : "")
        defer { line.clear() }
        var isFresh = true
        var troubles = 0
        var reached = 0
        while await queue.hasWork {
            if try await isBehind(room, reached: reached) { try await room.finish() }
            if await !room.isUp {
                let beginning = await queue.beginning
                let kept = try await latestKept(in: room, upTo: beginning)
                do {
                    try await room.start(at: kept, accelerator: accelerator) { line.show($0) }
                } catch {
                    try Task.checkCancellation()
                    troubles += 1
                    let known = error as? LabError
                    guard troubles <= Self.mostTroubles, known?.code != .usage, known?.code != .labFile else {
                        throw error
                    }
                    line.say("\(known?.message.en ?? "\(error)"). It is tried in a new room.")
                    try await room.finish()
                    continue
                }
                isFresh = beginning == nil
                reached = kept.map { index(of: $0) } ?? 0
            }
            guard let (unit, request) = await queue.next(isFresh: isFresh) else { return }
            isFresh = isFresh && unit.first.kind == .fresh
            if !isFresh { reached = max(reached, index(of: unit.first.step) + 1) }
            let began = ContinuousClock.now
            do {
                let results = try await room.play(request, line: line)
                let seconds = (ContinuousClock.now - began) / .seconds(1)
                line.say(try await queue.take(results, of: unit, seconds: seconds, rooms: jobs))
            } catch let stuck as ProofPlayer.Stuck {
                let said = "the solution of \(stuck.step) does not work on the way: \(stuck.reason)"
                // What worked in another room says that this one was too slow or had bad luck.
                if await queue.isSolved(stuck.step), troubles < Self.mostTroubles {
                    troubles += 1
                    await queue.putBack(unit)
                    line.say("? \(said). It has worked before: it is tried in a new room.")
                    try await room.finish()
                } else {
                    line.say("✘ \(said)")
                    await queue.drop(from: stuck.step)
                }
            } catch let error as LabError {
                try Task.checkCancellation()
                troubles += 1
                await queue.putBack(unit)
                guard troubles <= Self.mostTroubles else { throw error }
                line.say("\(unit.first.step) · \(unit.first.name): \(error.message.en). It is tried in a new room.")
                try await room.finish()
            }
        }
    }

    private func index(of step: String) -> Int { lab.steps.firstIndex { $0.id == step } ?? 0 }

    /// The latest step, up to one and beyond the one of index `reached`, at whose kept moment a room can begin; nil when
    /// there is none.
    private func latestKept(in room: ProofRoom, upTo step: String?, after reached: Int = 0) async throws -> String? {
        guard let step else { return nil }
        for earlier in lab.steps[...index(of: step)].dropFirst(reached + 1).reversed()
        where try await room.isKept(earlier.id, accelerator: accelerator) {
            return earlier.id
        }
        return nil
    }

    /// Whether what is next is at a step beyond the one that the room has `reached`, and a moment on the way is kept.
    private func isBehind(_ room: ProofRoom, reached: Int) async throws -> Bool {
        guard await room.isUp, let next = await queue.beginning, index(of: next) > reached else { return false }
        return try await latestKept(in: room, upTo: next, after: reached) != nil
    }
}

/// A line about what is going on, on standard error: in place on a terminal.
struct ProofLine: Sendable {
    let prefix: String
    private let isTerminal = isatty(STDERR_FILENO) == 1

    init(prefix: String) { self.prefix = prefix }

    /// Shows what is being done now; on a terminal only, until something else is shown.
    func show(_ text: String) {
        guard isTerminal else { return }
        let cut = Columns.truncated(prefix + text, to: max(20, Output.width - 1))
        Output.write("\r\u{1B}[K" + cut, to: STDERR_FILENO)
    }

    /// Shows what is being done now and may take long: also where there is no terminal.
    func tell(_ text: String) {
        if isTerminal { show(text) } else { Output.error("  " + prefix + text) }
    }

    /// Shows an event of a start.
    func show(_ event: StartEvent) {
        switch event {
        case .notice(let text): say(text.en)
        case .doing(let name, let text), .done(let name, let text): show("\(name.en) \(text.en)")
        }
    }

    /// Says something that stays.
    func say(_ text: String) {
        clear()
        Output.error(prefix + text)
    }

    /// Takes away what is shown for the moment.
    func clear() { if isTerminal { Output.write("\r\u{1B}[K", to: STDERR_FILENO) } }
}
