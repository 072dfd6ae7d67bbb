import CLibvirt
import Foundation
import Synchronization

/// A domain's serial console (`virDomainOpenConsole`), as bytes both ways.
///
/// libvirt's stream is non-blocking; a thread of this object's own moves the bytes, and it alone touches the stream.
public final class Console: Sendable {
    /// What the domain writes, until the console ends. The newest 1,024 pieces are kept for a slow reader.
    public let output: AsyncStream<[UInt8]>
    private let queue = Mutex<(pending: [UInt8], isClosed: Bool)>(([], false))

    init(stream: virStreamPtr, connection: Connection) {
        let (output, continuation) = AsyncStream.makeStream(of: [UInt8].self, bufferingPolicy: .bufferingNewest(1024))
        self.output = output
        let owned = Owned(stream: stream, connection: connection)
        continuation.onTermination = { [weak self] _ in self?.close() }
        let thread = Thread { [self] in
            blockPipeSignal()
            carry(owned.stream, continuation)
            continuation.finish()
            withExtendedLifetime(owned) {}
        }
        thread.name = "console"
        thread.start()
    }

    /// Types bytes.
    public func send(_ bytes: [UInt8]) { queue.withLock { $0.pending += bytes } }

    /// Ends the console when all that was sent has been typed; ``output`` finishes. Dropping ``output`` does the same.
    public func close() { queue.withLock { $0.isClosed = true } }

    private func carry(_ stream: virStreamPtr, _ continuation: AsyncStream<[UInt8]>.Continuation) {
        var buffer = [CChar](repeating: 0, count: 16 * 1024)
        var pause: UInt32 = 1_000
        while true {
            var moved = false
            let count = virStreamRecv(stream, &buffer, buffer.count)
            if count == 0 || count == -1 { break }
            if count > 0 {
                continuation.yield(buffer.prefix(Int(count)).map { UInt8(bitPattern: $0) })
                moved = true
            }
            let (bytes, isClosed) = queue.withLock { ($0.pending, $0.isClosed) }
            if isClosed, bytes.isEmpty { break }
            if !bytes.isEmpty {
                let sent = bytes.withUnsafeBytes { raw in
                    virStreamSend(stream, raw.baseAddress?.assumingMemoryBound(to: CChar.self), raw.count)
                }
                if sent == -1 { break }
                if sent > 0 {
                    queue.withLock { $0.pending.removeFirst(Int(sent)) }
                    moved = true
                }
            }
            // The stream has no descriptor to wait for; a pause of at most 20 ms is below what a typist notices.
            pause = moved ? 1_000 : min(pause * 2, 20_000)
            if !moved { usleep(pause) }
        }
        virStreamAbort(stream)
    }

    /// Proof for `@unchecked Sendable`: made on one thread, handed to the console's thread, used by nobody else.
    private final class Owned: @unchecked Sendable {
        let stream: virStreamPtr
        private let connection: Connection
        init(stream: virStreamPtr, connection: Connection) {
            self.stream = stream
            self.connection = connection
        }
        deinit { virStreamFree(stream) }
    }
}

extension Connection {
    /// Opens a domain's console; libvirt refuses a second viewer.
    public func console(_ name: String) async throws(LibvirtError) -> Console {
        try await withDomain(name) { [self] domain in
            guard let stream = virStreamNew(pointer, UInt32(VIR_STREAM_NONBLOCK.rawValue)) else {
                return .failure(.last("opening the console of \(name)"))
            }
            guard virDomainOpenConsole(domain, nil, stream, UInt32(VIR_DOMAIN_CONSOLE_SAFE.rawValue)) == 0 else {
                let error = LibvirtError.last("opening the console of \(name)")
                virStreamFree(stream)
                return .failure(error)
            }
            return .success(Console(stream: stream, connection: self))
        }
    }
}
