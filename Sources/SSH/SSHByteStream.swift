/// One stream of a channel as a sequence of pieces. Nothing is read before it is asked for.
///
/// All iterators of a stream share its bytes: each piece goes to one of them.
public struct SSHByteStream: AsyncSequence, Sendable {
    /// A piece of the stream, never empty.
    public typealias Element = [UInt8]
    /// What reading can fail with.
    public typealias Failure = SSHError

    let channel: SSHChannel
    let source: SSHChannel.Source

    /// Makes an iterator.
    public func makeAsyncIterator() -> Iterator { Iterator(channel: channel, source: source) }

    /// Reads a stream piece by piece.
    public struct Iterator: AsyncIteratorProtocol {
        let channel: SSHChannel
        let source: SSHChannel.Source

        /// The next piece; nil at the end.
        public mutating func next() async throws -> [UInt8]? { try await channel.read(from: source) }

        /// The next piece; nil at the end.
        public mutating func next(isolation actor: isolated (any Actor)?) async throws(SSHError) -> [UInt8]? {
            try await channel.read(from: source)
        }
    }
}
