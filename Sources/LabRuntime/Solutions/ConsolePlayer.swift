import Foundation
import LabFile
import Libvirt
import Synchronization

/// Types at a machine's serial console what a dialogue says.
struct ConsolePlayer: Sendable {
    let session: LiveSession
    let machine: String
    /// The longest that the whole dialogue may take, in seconds.
    let limit: Int

    /// How long nothing may come before the first prompt until Enter is pressed again.
    private static let nudge = Duration.seconds(8)

    /// Plays the dialogue, prompts in their order, each once; gives what stood on the console. `typed` hears of each line.
    func play(_ dialogue: [DialogueLine], typed: @Sendable (DialogueLine) -> Void) async throws -> String {
        let console = try await session.connection.console(session.domain(machine))
        let screen = Screen()
        let reading = Task {
            for await bytes in console.output { screen.add(bytes) }
            screen.end()
        }
        defer {
            console.close()
            reading.cancel()
        }
        let end = ContinuousClock.now + .seconds(limit)
        console.send(Self.enter)
        var nudged = ContinuousClock.now
        for (index, line) in dialogue.enumerated() {
            while !screen.passes(line.when) {
                guard ContinuousClock.now < end, !screen.hasEnded else {
                    let last = screen.text.suffix(1500)
                    throw LabError(
                        .failed,
                        Localized(
                            ko: "\(machine)의 콘솔에 \"\(line.when)\"이(가) 나오지 않았어요. 마지막에 있던 것:\n\(last)",
                            en: "\"\(line.when)\" did not come on the console of \(machine); "
                                + "what stood there last:\n\(last)"))
                }
                if index == 0, ContinuousClock.now - nudged > Self.nudge {
                    console.send(Self.enter)
                    nudged = .now
                }
                try await Task.sleep(for: .milliseconds(50))
            }
            guard index < dialogue.count - 1 || !line.say.isEmpty else { break }
            typed(line)
            console.send(Array(line.say.utf8) + Self.enter)
        }
        // What was typed last is on its way when the console closes.
        console.close()
        _ = await reading.value
        return screen.text
    }

    private static let enter: [UInt8] = [0x0D]
}

/// What has stood on a console, and how much of it was answered.
final class Screen: Sendable {
    private struct State {
        var bytes: [UInt8] = []
        var answered = 0
        var hasEnded = false
    }
    private let state = Mutex(State())

    func add(_ bytes: [UInt8]) { state.withLock { $0.bytes += bytes } }
    func end() { state.withLock { $0.hasEnded = true } }
    var hasEnded: Bool { state.withLock { $0.hasEnded } }
    var text: String { state.withLock { String(decoding: $0.bytes, as: UTF8.self) } }

    /// Whether a prompt stands in what was not answered yet, without regard to case; what leads up to it is answered then.
    func passes(_ prompt: String) -> Bool {
        state.withLock { state in
            let new = state.bytes.dropFirst(state.answered).map(Self.small)
            guard let range = new.firstRange(of: Array(prompt.utf8).map(Self.small)) else { return false }
            state.answered += range.upperBound
            return true
        }
    }

    private static func small(_ byte: UInt8) -> UInt8 { (0x41...0x5A).contains(byte) ? byte + 0x20 : byte }
}
