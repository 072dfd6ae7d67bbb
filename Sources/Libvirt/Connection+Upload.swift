import CLibvirt
import Foundation
import Synchronization

extension Connection {
    /// Sends a file's bytes to a volume (`virStorageVolUpload`) and waits until the host has all of them.
    ///
    /// `progress` gets how many bytes were sent, from a thread of the pool. A task that is cancelled ends the upload with
    /// an error and leaves the volume half written.
    public func upload(
        _ path: String, to volume: String, in pool: String, progress: @escaping @Sendable (Int) -> Void = { _ in }
    ) async throws(LibvirtError) {
        let isCancelled = Mutex(false)
        let upload = Upload(path: path, volume: volume, progress: progress) { isCancelled.withLock { $0 } }
        let result: Result<Void, LibvirtError> = await withTaskCancellationHandler {
            do throws(LibvirtError) {
                return .success(try await withVolume(volume, in: pool) { upload.run(into: $0, of: self.pointer) })
            } catch {
                return .failure(error)
            }
        } onCancel: {
            isCancelled.withLock { $0 = true }
        }
        try result.get()
    }
}

/// One upload, from its stream's beginning to its end, on one thread.
private struct Upload: Sendable {
    let path: String
    let volume: String
    let progress: @Sendable (Int) -> Void
    let isCancelled: @Sendable () -> Bool

    /// Below the most that a message of a stream may hold (`VIR_NET_MESSAGE_LEGACY_PAYLOAD_MAX`).
    private static let piece = 192 * 1024

    func run(into target: virStorageVolPtr, of connection: virConnectPtr) -> Result<Void, LibvirtError> {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return .failure(failure("\(path) cannot be read: \(String(cString: strerror(errno)))")) }
        defer { close(file) }
        guard let stream = virStreamNew(connection, 0) else { return .failure(.last("uploading \(volume)")) }
        defer { virStreamFree(stream) }
        guard virStorageVolUpload(target, stream, 0, 0, 0) == 0 else {
            return .failure(.last("uploading \(volume)"))
        }
        var buffer = [CChar](repeating: 0, count: Self.piece)
        var total = 0
        while true {
            let count = read(file, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            if count < 0 || isCancelled() {
                virStreamAbort(stream)
                return .failure(failure(count < 0 ? "\(path) cannot be read" : "the upload was cancelled"))
            }
            if count == 0 { break }
            var sent = 0
            while sent < count {
                let part = buffer.withUnsafeBufferPointer { bytes in
                    virStreamSend(stream, bytes.baseAddress?.advanced(by: sent), count - sent)
                }
                guard part > 0 else {
                    let error = LibvirtError.last("uploading \(volume)")
                    virStreamAbort(stream)
                    return .failure(error)
                }
                sent += Int(part)
            }
            total += count
            progress(total)
        }
        return virStreamFinish(stream) == 0 ? .success(()) : .failure(.last("uploading \(volume)"))
    }

    private func failure(_ message: String) -> LibvirtError {
        LibvirtError(
            code: LibvirtError.Code(rawValue: 0), domain: 0, level: 0, message: message, context: "uploading \(volume)")
    }
}
