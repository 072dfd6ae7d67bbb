import Dispatch
import Foundation

/// This process's terminal in raw mode, given back by ``restore()``.
struct RawTerminal {
    /// A terminal's size in characters.
    struct Size: Sendable, Equatable {
        var columns: Int
        var rows: Int
    }

    private var before = termios()
    private let isTerminal: Bool

    /// Switches to raw mode where standard input is a terminal.
    init() {
        isTerminal = tcgetattr(STDIN_FILENO, &before) == 0
        guard isTerminal else { return }
        var raw = before
        cfmakeraw(&raw)
        tcsetattr(STDIN_FILENO, TCSADRAIN, &raw)
    }

    /// Gives the terminal back as it was.
    func restore() {
        guard isTerminal else { return }
        var mode = before
        tcsetattr(STDIN_FILENO, TCSADRAIN, &mode)
    }

    /// The size now; 80 by 24 where there is no terminal.
    static func size() -> Size {
        var size = winsize()
        guard ioctl(STDIN_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else {
            return Size(columns: 80, rows: 24)
        }
        return Size(columns: Int(size.ws_col), rows: Int(size.ws_row))
    }

    /// The size, each time it changes.
    static func resizes() -> AsyncStream<Size> {
        AsyncStream(bufferingPolicy: .bufferingNewest(1)) { continuation in
            // Proof for `nonisolated(unsafe)`: a dispatch source may be cancelled from any thread.
            nonisolated(unsafe) let source = DispatchSource.makeSignalSource(signal: SIGWINCH, queue: .global())
            source.setEventHandler { continuation.yield(size()) }
            continuation.onTermination = { _ in source.cancel() }
            source.resume()
        }
    }

    /// What is typed, read on a thread of its own so that it never blocks the cooperative pool.
    static func input() -> AsyncStream<[UInt8]> {
        AsyncStream { continuation in
            let thread = Thread {
                var buffer = [UInt8](repeating: 0, count: 4096)
                while true {
                    let count = read(STDIN_FILENO, &buffer, buffer.count)
                    if count < 0, errno == EINTR { continue }
                    guard count > 0 else { break }
                    continuation.yield(Array(buffer.prefix(count)))
                }
                continuation.finish()
            }
            thread.start()
        }
    }
}
