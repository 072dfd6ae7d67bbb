public import LabFile

/// One machine as the engine reaches it: commands that run inside it, as root or as one of its users.
public protocol Guest: Sendable {
    /// Runs a program with its arguments (no shell sees them) and waits for its end.
    ///
    /// `user` nil is root in whatever directory and environment the agent has; `input` is given on standard input;
    /// `timeout` is in seconds and kills; `limit` is the most that is kept of standard output, in bytes. Throws ``GuestUnreachable`` when the machine did not answer.
    func execute(_ argv: [String], as user: String?, input: [UInt8]?, timeout: Int, limit: Int) async throws
        -> Observation
}

/// A machine did not do what it was asked: it is off, paused, or its agent does not answer.
public struct GuestUnreachable: Error, Sendable, Equatable {
    /// What stood in the way, for the reader: which machine, what is wrong with it, what to do.
    public var reason: Localized

    /// Makes an error from its reason.
    public init(_ reason: Localized) { self.reason = reason }
}
