import Dispatch
import Foundation
import LabFile
import Synchronization

/// SIGINT, SIGTERM and SIGHUP (a terminal that was closed), turned into one call; a second one ends the process at once.
/// Standard output that nobody reads any more makes the same call, without a word.
final class Interrupts: Sendable {
    /// What becomes of what a command has begun when a signal comes.
    enum Aftermath: Sendable {
        /// It is undone.
        case undone
        /// What was done so far stays.
        case kept
        /// It goes on to its end.
        case completed
        /// It is left half-way, and the same command does it again.
        case repeated
        /// Machines that have come back stay; the next resume brings the others.
        case resumed

        fileprivate var words: Localized {
            switch self {
            case .undone: Localized(ko: "시작한 일을 되돌리고 있어요", en: "undoing what was begun")
            case .kept: Localized(ko: "지금까지 한 일은 그대로 남아요", en: "what was done so far stays")
            case .completed:
                Localized(ko: "시작한 일은 먼저 끝까지 마쳐요", en: "what was begun is brought to its end first")
            case .repeated:
                Localized(
                    ko: "시작한 일은 하다 만 채로 두어요. 같은 명령으로 다시 할 수 있어요",
                    en: "what was begun is left half-way, and the same command does it again")
            case .resumed:
                Localized(
                    ko: "이미 돌아온 기계는 그대로 두고, 나머지는 다음 lab resume에 맡겨요",
                    en: "machines that have come back stay, the others are left for the next lab resume")
            }
        }
    }

    private struct Reader {
        var isGone = false
        /// What ends the command.
        var end: (@Sendable () -> Void)?
    }

    private static let aftermath = Mutex(Aftermath.undone)
    private static let reader = Mutex(Reader())
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
                    let what = Self.aftermath.withLock { $0 }.words
                    let words = Localized(
                        ko: "\n멈추는 중이에요. \(what.ko)(바로 나가려면 Ctrl-C를 한 번 더).",
                        en: "\nInterrupted; \(what.en) (Ctrl-C again to leave at once).")
                    Output.error(words[Language(of: ProcessInfo.processInfo.environment)])
                }
                handler()
            }
            source.resume()
            sources.append(source)
        }
        let isUnread = Self.reader.withLock { reader in
            reader.end = handler
            return reader.isGone
        }
        if isUnread { handler() }
    }

    /// Makes a write that nobody reads an error from now on; SIGPIPE would end the process in the middle of its work.
    /// It is caught and not ignored: programs that this one starts would inherit that.
    static func outliveReaders() { signal(SIGPIPE, doNothing) }

    /// Ends the command as a signal does, without a word: nobody reads its standard output any more.
    static func endUnread() {
        let end: (@Sendable () -> Void)? = reader.withLock { reader in
            reader.isGone = true
            return reader.end
        }
        end?()
    }

    /// Whether nobody reads what the command says.
    static var isUnread: Bool { reader.withLock { $0.isGone } }

    /// Says what becomes of what the command does from now on when a signal comes.
    static func leave(_ what: Aftermath) { aftermath.withLock { $0 = what } }

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

/// A handler of signals that have no other effect; execve(2) takes it away.
private func doNothing(_: Int32) {}
