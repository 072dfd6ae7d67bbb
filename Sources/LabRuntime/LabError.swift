public import Foundation
public import LabFile

/// What went wrong above the library modules: what happened, to what, and what to do next.
public struct LabError: Error, Sendable, LocalizedError, CustomStringConvertible {
    /// What kind of trouble it is; decides the exit status.
    public struct Code: Sendable, Hashable {
        private let name: String
        private init(_ name: String) { self.name = name }
        /// The tool itself failed.
        public static let failed = Code("failed")
        /// The request names something that does not exist, or does not fit.
        public static let usage = Code("usage")
        /// A lab file is not right.
        public static let labFile = Code("lab-file")
        /// This host cannot run machines as it is.
        public static let host = Code("host")
        /// A machine or a room did not answer.
        public static let unreachable = Code("unreachable")
        /// A machine is in its rescue console, where nobody but the one who sits there can reach it.
        public static let rescue = Code("rescue")
    }

    /// What kind of trouble it is.
    public var code: Code
    /// What happened, and to what.
    public var message: Localized
    /// What to do next; nil when the message says it.
    public var advice: Localized?
    /// The error underneath; nil when there is none.
    public var cause: (any Error)?

    /// Makes an error that a student can come upon.
    public init(_ code: Code, _ message: Localized, advice: Localized? = nil, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.advice = advice
        self.cause = cause
    }

    /// Makes an error for authors and hosts, which is said in English only.
    public init(_ code: Code, _ message: String, advice: String? = nil, cause: (any Error)? = nil) {
        self.init(code, .same(message), advice: advice.map(Localized.same), cause: cause)
    }

    /// The message, the cause and the advice, a line each.
    public func description(in language: Language) -> String {
        var text = message[language]
        if let cause { text += "\n  " + Localized(ko: "원인: \(cause)", en: "cause: \(cause)")[language] }
        if let advice { text += "\n  \(advice[language].replacing("\n", with: "\n  "))" }
        return text
    }

    /// What ``description(in:)`` says in English.
    public var description: String { description(in: .en) }

    /// The same as ``description``.
    public var errorDescription: String? { description }
}
