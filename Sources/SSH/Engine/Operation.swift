/// One call of libssh2 that somebody waits for, tried again until it no longer would block.
struct Operation: Sendable {
    /// What may not overlap with what.
    enum Lane: Sendable, Hashable {
        /// Calls whose state libssh2 keeps in the session: logging in, opening a channel.
        case session
        /// Requests on a channel, whose state libssh2 keeps in the channel.
        case request(Int)
        /// Reading one stream of a channel; has no state between tries.
        case read(Int, Int32)
        /// Writing to a channel; has no state between tries.
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
    /// Tells whoever waits that it failed.
    let fail: @Sendable (SSHError) -> Void
}
