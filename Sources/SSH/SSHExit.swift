/// How a remote command ended.
public enum SSHExit: Sendable, Equatable {
    /// It exited with a status. A server that closes the channel without a word about it reads as status 0: libssh2
    /// does not tell the two apart.
    case status(Int)
    /// A signal ended it; the name has no `SIG` (RFC 4254, section 6.10).
    case signal(String)
}
