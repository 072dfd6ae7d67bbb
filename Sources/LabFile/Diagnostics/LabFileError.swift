public import Foundation

/// A lab that cannot be found or read.
public struct LabFileError: LocalizedError, CustomStringConvertible, Sendable {
    /// What kind of failure it is.
    public struct Code: Sendable, Equatable {
        private let name: String
        /// A file or directory cannot be read.
        public static let unreadable = Code(name: "unreadable")
        /// No lab has this number, name or path.
        public static let noSuchLab = Code(name: "noSuchLab")
    }

    /// What kind of failure it is.
    public let code: Code
    /// What happened and what to do.
    public let message: String

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The message.
    public var description: String { message }
    /// The message.
    public var errorDescription: String? { message }
}
