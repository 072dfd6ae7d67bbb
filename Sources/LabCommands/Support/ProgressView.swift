import Foundation
import LabFile
import LabRuntime
import Synchronization

/// Shows the events of a start on standard error: on a terminal a line each that changes in place, elsewhere a plain
/// line an event.
final class ProgressView: Sendable {
    private struct State {
        var lines: [(name: String, text: String, isDone: Bool, began: ContinuousClock.Instant)] = []
        var drawn = 0
        var hasEnded = false
    }

    private let language: Language
    private let state = Mutex(State())
    private let isTerminal = isatty(STDERR_FILENO) == 1
    private let ticker = Mutex<Task<Void, Never>?>(nil)

    /// Begins to show; on a terminal what lasts is counted in seconds.
    init(_ language: Language) {
        self.language = language
        guard isTerminal else { return }
        let task = Task { [weak self] in
            while !Task.isCancelled {
                try? await Task.sleep(for: .seconds(1))
                guard let self else { return }
                state.withLock { draw(&$0) }
            }
        }
        ticker.withLock { $0 = task }
    }

    deinit { ticker.withLock { $0?.cancel() } }

    /// Takes an event.
    func show(_ event: StartEvent) {
        state.withLock { state in
            switch event {
            case .notice(let text):
                erase(&state)
                Output.error(text[language])
            case .doing(let name, let text): update(&state, name[language], text[language], isDone: false)
            case .done(let name, let text): update(&state, name[language], text[language], isDone: true)
            }
            draw(&state)
        }
    }

    /// Ends the moving lines; what was shown stays, and what is written from now on stays below it.
    func end() {
        ticker.withLock { $0?.cancel() }
        state.withLock { $0.hasEnded = true }
    }

    private func update(_ state: inout State, _ name: String, _ text: String, isDone: Bool) {
        if !isTerminal { Output.error("  \(Columns.padded(name, to: 12)) \(text)") }
        if let index = state.lines.firstIndex(where: { $0.name == name }) {
            state.lines[index].text = text
            state.lines[index].isDone = isDone
        } else {
            state.lines.append((name, text, isDone, .now))
        }
    }

    private func erase(_ state: inout State) {
        guard isTerminal, state.drawn > 0 else { return }
        Output.write("\u{1B}[\(state.drawn)A\u{1B}[J", to: STDERR_FILENO)
        state.drawn = 0
    }

    private func draw(_ state: inout State) {
        guard isTerminal, !state.hasEnded else { return }
        erase(&state)
        let width = max(Output.width - 1, 20)
        for line in state.lines {
            let seconds = Int((ContinuousClock.now - line.began) / .seconds(1))
            let counted = line.isDone || seconds < 1 ? "" : language == .ko ? "  \(seconds)초" : "  \(seconds) s"
            let name = Columns.padded(line.name, to: 12)
            Output.error(Columns.truncated("  \(name) \(line.text)\(counted)", to: width))
        }
        state.drawn = state.lines.count
    }
}
