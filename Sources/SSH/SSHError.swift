public import Foundation

/// What went wrong with an SSH connection, one of its channels, or a key.
///
/// A refused login is no error: see ``AuthenticationOutcome``.
public struct SSHError: Error, Sendable, Equatable, LocalizedError, CustomStringConvertible {
    /// The kind of error.
    public let code: Code
    /// The `LIBSSH2_ERROR_…` number (negative), or 0 when libssh2 was not the one that failed.
    public let number: Int32
    /// The system's `errno`, or 0 when no system call failed.
    public let systemError: Int32
    /// What happened, in the words of libssh2 or of this module.
    public let message: String
    /// What was being done, with the name it was done to: "connecting to 127.0.0.1 port 22".
    public let context: String

    /// Makes an error.
    public init(_ code: Code, number: Int32 = 0, systemError: Int32 = 0, message: String, context: String) {
        self.code = code
        self.number = number
        self.systemError = systemError
        self.message = message
        self.context = context
    }

    /// The sentence for a reader, with libssh2's number where there is one.
    public var description: String {
        "\(context): \(message)" + (number == 0 ? "" : " (libssh2 \(number))")
    }

    /// The same as ``description``.
    public var errorDescription: String? { description }
}

extension SSHError {
    /// A kind of error; compare it with the static members.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// The member's name.
        public let description: String

        private init(_ name: String) { description = name }

        /// The name of the host is not known.
        public static let unknownHost = Code("unknownHost")
        /// The host refused the TCP connection.
        public static let connectionRefused = Code("connectionRefused")
        /// The host or its network cannot be reached, or another system call failed while connecting.
        public static let unreachable = Code("unreachable")
        /// The deadline passed.
        public static let timedOut = Code("timedOut")
        /// The task was cancelled.
        public static let cancelled = Code("cancelled")
        /// The session was closed on this side, or is unusable since an earlier error.
        public static let closed = Code("closed")
        /// The far end closed the connection, or it broke.
        public static let disconnected = Code("disconnected")
        /// Both sides have no algorithm in common for some part of the key exchange.
        public static let noCommonAlgorithm = Code("noCommonAlgorithm")
        /// The key exchange failed, or the host's signature was wrong.
        public static let handshakeFailed = Code("handshakeFailed")
        /// The host key is not the expected one.
        public static let hostKeyMismatch = Code("hostKeyMismatch")
        /// A key that the caller gave cannot be read.
        public static let invalidKey = Code("invalidKey")
        /// The server refused to open a channel; libssh2's message has its reason.
        public static let channelRefused = Code("channelRefused")
        /// The server refused a request on an open channel (a PTY, a command, a variable).
        public static let requestDenied = Code("requestDenied")
        /// The channel is closed, or its end was already sent.
        public static let channelClosed = Code("channelClosed")
        /// The far end made this side hold more than its limit of memory.
        public static let limitExceeded = Code("limitExceeded")
        /// The far end broke the protocol.
        public static let protocolViolation = Code("protocolViolation")
        /// Anything else; the number and the message tell.
        public static let failed = Code("failed")
    }
}
