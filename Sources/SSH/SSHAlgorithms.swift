/// The algorithms to offer, best first, by the names of the protocol (RFC 4253, section 7.1).
///
/// An empty list leaves libssh2's own order. Names that libssh2 does not know are skipped; when it knows none of a
/// list, the handshake fails with ``SSHError/Code/noCommonAlgorithm``.
public struct SSHAlgorithms: Sendable, Equatable {
    /// Key exchange methods.
    public var keyExchange: [String]
    /// Host key types.
    public var hostKey: [String]
    /// Ciphers, both directions.
    public var cipher: [String]
    /// Message authentication codes, both directions.
    public var mac: [String]

    /// Makes a choice of algorithms; host keys are asked for as ssh-ed25519, ECDSA, then RSA.
    public init(
        keyExchange: [String] = [],
        hostKey: [String] = [
            "ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "ssh-rsa",
        ],
        cipher: [String] = [],
        mac: [String] = []
    ) {
        self.keyExchange = keyExchange
        self.hostKey = hostKey
        self.cipher = cipher
        self.mac = mac
    }
}
