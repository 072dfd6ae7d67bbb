/// One call of libssh2 that somebody waits for, tried again until it no longer would block.
struct Operation: Sendable {
    /// What may not overlap with what.
    enum Lane: Sendable, Hashable {
        /// Calls that wait for an answer: logging in, opening a channel, starting a command. Only one may wait at a
        /// time in the whole session: libssh2 fails a call that meets the answer to another.
        case session
        /// Requests on a channel that have no answer, and closing it.
        case request(Int)
        /// Reading one stream of a channel; has no state between tries.
        case read(Int, Int32)
        /// Writing to a channel; has no state between tries, but for what `SessionCore.halfWritten` names.
        case write(Int)
        /// Waiting for the end of a channel; what libssh2 keeps of it is right to go on from.
        case end(Int)

        /// Giving up must make libssh2 forget what it was doing.
        var hasState: Bool {
            switch self {
            case .session, .request: true
            case .read, .write, .end: false
            }
        }
    }

    /// The name of this operation.
    let id: UInt64
    /// Operations of one lane run one after the other.
    let lane: Lane
    /// When to give up.
    let deadline: ContinuousClock.Instant?
    /// What is being done, for errors.
    let context: String
    /// Giving up leaves the session unusable.
    let isVital: Bool
    /// Tries once; true when it is over and whoever waits has been told.
    let attempt: @Sendable (SessionCore) -> Bool
    /// Tries once as ``attempt`` does, when whoever waited was told that it is given up: undoes what comes of it.
    let attemptLate: @Sendable (SessionCore) -> Bool
    /// Tells whoever waits that it failed.
    let fail: @Sendable (SSHError) -> Void

    /// Nobody waits for it any more.
    var isOrphan = false

    /// What is left of an operation when nobody waits for it any more: its answer may still come, for a moment.
    var orphan: Operation {
        Operation(
            id: id, lane: lane, deadline: .now + .seconds(1), context: context, isVital: false, attempt: attemptLate,
            attemptLate: attemptLate, fail: { _ in }, isOrphan: true)
    }
}

extension Operation {
    /// Lets go of a channel that nobody refers to any more.
    static func release(_ channel: Int, id: UInt64) -> Operation {
        let attempt: @Sendable (SessionCore) -> Bool = { $0.free(channel) ?? false }
        return Operation(
            id: id, lane: .request(channel), deadline: .now + .seconds(5), context: "closing a channel",
            isVital: false, attempt: attempt, attemptLate: attempt, fail: { _ in })
    }
}
