/// One problem in a lab's files: where it is, what it is, and what would be right.
public struct Diagnostic: Sendable, Equatable {
    /// How bad it is.
    public enum Severity: String, Sendable {
        /// The lab cannot be used.
        case error
        /// The lab can be used, and something in it is doubtful.
        case warning
    }

    /// How bad it is.
    public var severity: Severity
    /// The file's path, as it is shown.
    public var file: String
    /// The line, from 1; nil when it is about the file as a whole.
    public var line: Int?
    /// The column in Unicode scalars, from 1; nil when it is about the file or the line as a whole.
    public var column: Int?
    /// How many Unicode scalars are underlined, at least 1.
    public var length: Int
    /// What is wrong, and what would be right.
    public var message: String
    /// The line of the file, without its end; nil when there is none to show.
    public var source: String?

    /// Describes a problem.
    public init(
        _ severity: Severity, file: String, line: Int? = nil, column: Int? = nil, length: Int = 1, message: String,
        source: String? = nil
    ) {
        self.severity = severity
        self.file = file
        self.line = line
        self.column = column
        self.length = length
        self.message = message
        self.source = source
    }

    /// The text that a reader sees: the position and message, then the line with the place underlined.
    ///
    /// - Parameter colour: whether ANSI colours are used.
    public func rendered(colour: Bool = false) -> String {
        func styled(_ code: String, _ text: String) -> String { colour ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text }
        let place = ([Self.printable(file)] + [line, column].compactMap { $0.map(String.init) }).joined(separator: ":")
        let word = styled(severity == .error ? "1;31" : "1;33", "\(severity.rawValue):")
        let head = "\(styled("1", "\(place):")) \(word) \(Self.printable(message))"
        guard let line, let source else { return head }
        let number = String(repeating: " ", count: max(0, 5 - String(line).count)) + String(line)
        guard let column else {
            let beginning = String(String.UnicodeScalarView(source.unicodeScalars.prefix(110)))
            let rest = source.unicodeScalars.dropFirst(110).isEmpty ? "" : "…"
            return "\(head)\n\(number) | \(Self.printable(beginning))\(rest)"
        }
        let scalars = source.unicodeScalars, count = scalars.count
        let start = min(max(column - 1, 0), count)
        let end = min(start + max(min(length, count), 1), count)
        // A long line is shown from a little before the place.
        let first = start > 90 ? start - 40 : 0
        let last = min(count, max(first + 110, min(end, first + 160)))
        // A line may be as long as the file: only what is shown is copied.
        let window = Array(scalars.dropFirst(first).prefix(last - first))
        func text(_ range: Range<Int>) -> String {
            Self.printable(
                String(String.UnicodeScalarView(window[(range.lowerBound - first)..<(range.upperBound - first)])))
        }
        let shown = (first > 0 ? "…" : "") + text(first..<last) + (last < count ? "…" : "")
        let indent = DisplayWidth.of(text(first..<start)) + (first > 0 ? 1 : 0)
        let width = max(1, DisplayWidth.of(text(start..<max(start, min(end, last)))))
        let caret = "^" + String(repeating: "~", count: width - 1)
        let under = String(repeating: " ", count: indent) + styled("1;32", caret)
        return "\(head)\n\(number) | \(shown)\n      | \(under)"
    }

    /// A file's text must not steer the reader's terminal.
    private static func printable(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.map { scalar in
                    if scalar == "\t" { return " " }
                    return scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value) ? "\u{FFFD}" : scalar
                }))
    }
}

extension Diagnostic: Comparable {
    /// By file, then line, column and message.
    public static func < (left: Diagnostic, right: Diagnostic) -> Bool {
        (left.file, left.line ?? 0, left.column ?? 0, left.message)
            < (right.file, right.line ?? 0, right.column ?? 0, right.message)
    }
}
