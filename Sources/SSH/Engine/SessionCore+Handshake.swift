import CLibSSH2

extension SessionCore {
    /// Says what to offer; empty lists leave libssh2's own order.
    func prefer(_ algorithms: SSHAlgorithms, _ context: String) throws(SSHError) -> Bool? {
        let choices: [(Int32, [String])] = [
            (LIBSSH2_METHOD_KEX, algorithms.keyExchange), (LIBSSH2_METHOD_HOSTKEY, algorithms.hostKey),
            (LIBSSH2_METHOD_CRYPT_CS, algorithms.cipher), (LIBSSH2_METHOD_CRYPT_SC, algorithms.cipher),
            (LIBSSH2_METHOD_MAC_CS, algorithms.mac), (LIBSSH2_METHOD_MAC_SC, algorithms.mac),
        ]
        for (method, names) in choices where !names.isEmpty {
            let list = names.joined(separator: ",")
            let number = libssh2_session_method_pref(session, method, list)
            guard number == 0 else {
                throw SSHError(
                    .noCommonAlgorithm, number: number, message: "libssh2 knows none of \(list)", context: context)
            }
        }
        return true
    }

    /// Exchanges keys; nil while it would block.
    func handshake(_ context: String) throws(SSHError) -> (HostKey, String)? {
        guard try result(libssh2_session_handshake(session, transport.descriptor), context) != nil else { return nil }
        var length = 0
        var type: Int32 = 0
        guard let key = libssh2_session_hostkey(session, &length, &type),
            let hash = libssh2_hostkey_hash(session, LIBSSH2_HOSTKEY_HASH_SHA256)
        else { throw SSHError(.handshakeFailed, message: "the server showed no host key", context: context) }
        let blob = [UInt8](UnsafeRawBufferPointer(start: key, count: length))
        let digest = [UInt8](UnsafeRawBufferPointer(start: hash, count: 32))
        let banner = libssh2_session_banner_get(session).map { String(cString: $0) } ?? ""
        return (HostKey(blob: blob, hash: digest), banner)
    }
}
