import Foundation

extension GuestAgent {
    /// A file that is open in the guest.
    struct Handle: Sendable { var number: Int }

    /// Opens a file or FIFO in the guest; the agent makes it non-blocking after the open, so a FIFO needs `r+`.
    func open(_ path: String, mode: String) async throws -> Handle {
        struct Arguments: Encodable {
            var path: String
            var mode: String
        }
        return Handle(number: try await call("guest-file-open", Arguments(path: path, mode: mode)))
    }

    /// Reads at most `count` bytes; nil when a FIFO has none now.
    func read(_ handle: Handle, count: Int = 48 * 1024) async throws -> Data? {
        struct Arguments: Encodable {
            var handle: Int
            var count: Int
        }
        struct Reply: Decodable {
            var data: String
            enum CodingKeys: String, CodingKey { case data = "buf-b64" }
        }
        do {
            let reply = try await call(
                "guest-file-read", Arguments(handle: handle.number, count: count), as: Reply.self)
            return Data(base64Encoded: reply.data) ?? Data()
        } catch let error where Self.wouldBlock(error) {
            return nil
        }
    }

    /// Writes what fits and gives how many bytes that was; 0 when a FIFO is full.
    func write(_ data: Data, to handle: Handle) async throws -> Int {
        struct Arguments: Encodable {
            var handle: Int
            var data: String
            enum CodingKeys: String, CodingKey {
                case handle
                case data = "buf-b64"
            }
        }
        struct Reply: Decodable { var count: Int }
        do {
            let arguments = Arguments(handle: handle.number, data: data.base64EncodedString())
            let reply = try await call("guest-file-write", arguments, as: Reply.self)
            struct Flush: Encodable { var handle: Int }
            struct Nothing: Decodable {}
            _ = try? await call("guest-file-flush", Flush(handle: handle.number), as: Nothing.self)
            return reply.count
        } catch let error where Self.wouldBlock(error) {
            return 0
        }
    }

    /// Closes a file.
    func close(_ handle: Handle) async {
        struct Arguments: Encodable { var handle: Int }
        struct Nothing: Decodable {}
        _ = try? await call("guest-file-close", Arguments(handle: handle.number), as: Nothing.self)
    }

    /// qemu-ga gives strerror's words for EAGAIN and no code of its own.
    private static func wouldBlock(_ error: any Error) -> Bool {
        String(describing: error).contains("Resource temporarily unavailable")
    }
}
