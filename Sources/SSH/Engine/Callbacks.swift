import CLibSSH2
import Glibc

// What libssh2 calls. Each runs inside a call into libssh2, so on the session's thread; `abstract` is the session's
// pointer to its transport, which outlives it.

typealias Abstract = UnsafeMutablePointer<UnsafeMutableRawPointer?>

private func transport(_ abstract: Abstract?) -> Transport? {
    abstract?.pointee.map { Unmanaged<Transport>.fromOpaque($0).takeUnretainedValue() }
}

func allocateCallback(_ count: Int, _ abstract: Abstract?) -> UnsafeMutableRawPointer? {
    transport(abstract)?.allocate(count)
}

func reallocateCallback(_ pointer: UnsafeMutableRawPointer?, _ count: Int, _ abstract: Abstract?)
    -> UnsafeMutableRawPointer?
{
    transport(abstract)?.reallocate(pointer, count)
}

func freeCallback(_ pointer: UnsafeMutableRawPointer?, _ abstract: Abstract?) {
    transport(abstract)?.release(pointer)
}

typealias ReceiveCallback = @convention(c) (Int32, UnsafeMutableRawPointer?, Int, Int32, Abstract?) -> Int
typealias SendCallback = @convention(c) (Int32, UnsafeRawPointer?, Int, Int32, Abstract?) -> Int

func receiveCallback(
    _ descriptor: Int32, _ buffer: UnsafeMutableRawPointer?, _ length: Int, _ flags: Int32, _ abstract: Abstract?
) -> Int {
    guard let buffer, let transport = transport(abstract) else { return -Int(EINVAL) }
    return transport.receive(buffer, length)
}

func sendCallback(
    _ descriptor: Int32, _ buffer: UnsafeRawPointer?, _ length: Int, _ flags: Int32, _ abstract: Abstract?
) -> Int {
    guard let transport = transport(abstract) else { return -Int(EINVAL) }
    return transport.send(UnsafeRawBufferPointer(start: buffer, count: length))
}

/// Answers prompts that do not echo with the transport's secret, all others with nothing.
func promptCallback(
    _ name: UnsafePointer<CChar>?, _ nameLength: Int32, _ instruction: UnsafePointer<CChar>?,
    _ instructionLength: Int32, _ count: Int32, _ prompts: UnsafePointer<LIBSSH2_USERAUTH_KBDINT_PROMPT>?,
    _ responses: UnsafeMutablePointer<LIBSSH2_USERAUTH_KBDINT_RESPONSE>?, _ abstract: Abstract?
) {
    guard let prompts, let responses, let transport = transport(abstract) else { return }
    for index in 0..<Int(count) where prompts[index].echo == 0 {
        let secret = transport.secret
        guard let text = transport.allocate(secret.count + 1) else { return }
        secret.withUnsafeBytes { text.copyMemory(from: $0.baseAddress ?? UnsafeRawPointer(text), byteCount: $0.count) }
        text.storeBytes(of: 0, toByteOffset: secret.count, as: UInt8.self)
        responses[index].text = text.assumingMemoryBound(to: CChar.self)
        responses[index].length = UInt32(secret.count)
    }
}

/// Is asked to sign only when the server has said that it would accept the key: notes that and does not sign.
func refuseToSign(
    _ session: OpaquePointer?, _ signature: UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>?,
    _ signatureLength: UnsafeMutablePointer<Int>?, _ data: UnsafePointer<UInt8>?, _ dataLength: Int,
    _ abstract: Abstract?
) -> Int32 {
    abstract?.pointee?.storeBytes(of: true, as: Bool.self)
    return -1
}

typealias DisconnectCallback =
    @convention(c) (
        OpaquePointer?, Int32, UnsafePointer<CChar>?, Int32, UnsafePointer<CChar>?, Int32, Abstract?
    ) -> Void

/// Notes the server's goodbye; its text is its own, so only printable ASCII of it is kept, and not much.
func disconnectCallback(
    _ session: OpaquePointer?, _ reason: Int32, _ message: UnsafePointer<CChar>?, _ length: Int32,
    _ language: UnsafePointer<CChar>?, _ languageLength: Int32, _ abstract: Abstract?
) {
    let bytes = UnsafeRawBufferPointer(start: message, count: message == nil ? 0 : max(0, min(Int(length), 200)))
    let text = String(decoding: bytes.filter { (32..<127).contains($0) }, as: UTF8.self)
    transport(abstract)?.end(farewell: "the server ended the connection (reason \(reason)): \(text)")
}
