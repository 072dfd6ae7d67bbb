import Dispatch
import Foundation
import LabFile
import Synchronization

/// SIGINT, SIGTERM and SIGHUP (a terminal that was closed), turned into one call; a second one ends the process at once.
final class Interrupts: Sendable {
    private static let isQuiet = Mutex(false)
    /// Whether SIGHUP is ignored because this program listens to it.
    private static let hearsHangup = Mutex(false)
    private let first = Mutex<ContinuousClock.Instant?>(nil)
    /// Proof for `nonisolated(unsafe)`: filled in `init` before anybody else has this object, only read after that.
    nonisolated(unsafe) private var sources: [any DispatchSourceSignal] = []

    init(_ handler: @escaping @Sendable () -> Void) {
        for number in [SIGINT, SIGTERM, SIGHUP] {
            // What was started by nohup(1) goes on without its terminal.
            if number == SIGHUP, Self.isIgnored(number) { continue }
            signal(number, SIG_IGN)
            if number == SIGHUP { Self.hearsHangup.withLock { $0 = true } }
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { [weak self] in
                guard let self else { return }
                let (before, now) = (first.withLock { $0 }, ContinuousClock.now)
                if let before {
                    // One Ctrl-C can arrive twice, from the terminal and from a parent that passes it on.
                    if now - before > .seconds(1) { Foundation._exit(ExitStatus.interrupted) }
                    return
                }
                first.withLock { $0 = now }
                if !Self.isQuiet.withLock({ $0 }) {
                    let words = Localized(
                        ko: "\n멈추는 중이에요. 시작한 일을 되돌리고 있어요(바로 나가려면 Ctrl-C를 한 번 더).",
                        en: "\nInterrupted; undoing what was begun (Ctrl-C again to leave at once).")
                    Output.error(words[Language(of: ProcessInfo.processInfo.environment)])
                }
                handler()
            }
            source.resume()
            sources.append(source)
        }
    }

    private static func isIgnored(_ number: Int32) -> Bool {
        var action = sigaction()
        sigaction(number, nil, &action)
        return action.__sigaction_handler.sa_handler.map { unsafeBitCast($0, to: Int.self) } == 1
    }

    /// Ends without a word from now on: what runs undoes nothing and is meant to be ended like that.
    static func leaveQuietly() { isQuiet.withLock { $0 = true } }

    /// Does something that a signal ends without a word.
    static func quietly<Result>(_ body: () async throws -> Result) async rethrows -> Result {
        let before = isQuiet.withLock { quiet in
            defer { quiet = true }
            return quiet
        }
        defer { isQuiet.withLock { $0 = before } }
        return try await body()
    }

    /// Lets a program that takes this one's place hear of a closed terminal: it would take the signal for one that
    /// nohup(1) ignores.
    static func forget() { if hearsHangup.withLock({ $0 }) { signal(SIGHUP, SIG_DFL) } }

    /// Whether a signal came.
    var happened: Bool { first.withLock { $0 != nil } }

    /// Stops listening.
    func stop() { for source in sources { source.cancel() } }
}
