import Foundation
import Synchronization

/// Data on standard output, everything else on standard error.
enum Output {
    /// Whether standard output is a terminal, and colour is not unwanted (no-color.org).
    static let colour =
        isatty(STDOUT_FILENO) == 1 && ProcessInfo.processInfo.environment["NO_COLOR"] == nil
        && ProcessInfo.processInfo.environment["TERM"] != "dumb"

    /// The terminal's width in columns; 80 where there is none.
    static var width: Int {
        var size = winsize()
        return ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : 80
    }

    /// The styling of standard output.
    static var style: Style { colour ? .ansi : .plain }

    /// Writes a table of data.
    static func table(_ headings: [String], _ rows: [[String]]) {
        for line in Table(headings: headings, rows: rows).lines(style: style) { data(line) }
    }

    /// Writes a line of data.
    static func data(_ text: String) { write(text + "\n", to: STDOUT_FILENO) }

    /// Writes a line that is not data.
    static func error(_ text: String) { write(text + "\n", to: STDERR_FILENO) }

    /// Why standard output could not be written; nil while it could.
    static var loss: String? { lost.withLock { $0 } }

    private static let lost = Mutex<String?>(nil)

    /// Writes bytes as they are; false when nobody reads them any more. On standard output that ends the command.
    @discardableResult
    static func write(_ bytes: Data, to descriptor: Int32) -> Bool {
        bytes.withUnsafeBytes { buffer in
            var rest = buffer[...]
            while !rest.isEmpty {
                let count = Foundation.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                let reason = errno
                if count < 0, reason == EINTR || reason == EAGAIN { continue }
                guard count > 0 else {
                    guard count < 0, reason == EPIPE else {
                        if descriptor == STDOUT_FILENO {
                            lost.withLock { $0 = $0 ?? String(cString: strerror(reason)) }
                        }
                        return true
                    }
                    if descriptor == STDOUT_FILENO { Interrupts.endUnread() }
                    return false
                }
                rest = rest.dropFirst(count)
            }
            return true
        }
    }

    /// Writes text as it is.
    static func write(_ text: String, to descriptor: Int32) { write(Data(text.utf8), to: descriptor) }
}
