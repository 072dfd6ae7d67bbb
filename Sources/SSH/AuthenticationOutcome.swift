/// How the server answered an attempt to log in.
public enum AuthenticationOutcome: Sendable, Equatable {
    /// The session is logged in.
    case accepted
    /// The server said no, or wants more than this method alone.
    case refused
    /// The password is right but must be changed first, which this module does not do.
    case passwordChangeRequired
}

/// What the server lets a user try.
public enum AuthenticationMethods: Sendable, Equatable {
    /// No proof was asked for: the session is logged in now.
    case noneAccepted
    /// The names of the methods, in the server's order (RFC 4252): `publickey`, `password`, …
    case offered([String])
}
