/// What to do with the host key of a server. There is no default: the caller says what it knows.
public enum HostKeyPolicy: Sendable, Equatable {
    /// The connection fails with ``SSHError/Code/hostKeyMismatch`` unless the server holds this very key: a
    /// fingerprint (`SHA256:…`), a public key line (`ssh-ed25519 AAAA… comment`) or a line of known_hosts.
    case expect(String)
    /// The key is reported in ``SSHSession/hostKey`` and checked by nobody: for probes that look at a server and
    /// trust it with nothing. Never send a password that matters over such a session.
    case report

    /// Fails unless the policy lets this key pass.
    func check(_ key: HostKey, context: String) throws(SSHError) {
        guard case .expect(let text) = self else { return }
        let matches: Bool
        if text.hasPrefix("SHA256:") {
            matches = text.prefix { !$0.isWhitespace && $0 != "=" } == key.fingerprint
        } else if let blob = HostKey.blob(inLine: text) {
            matches = blob == key.blob
        } else {
            throw SSHError(
                .invalidKey, message: "the expected host key is neither a SHA256 fingerprint nor a public key line",
                context: context)
        }
        guard matches else {
            throw SSHError(
                .hostKeyMismatch, message: "the host key is \(key.fingerprint) (\(key.type)), not the expected one",
                context: context)
        }
    }
}
