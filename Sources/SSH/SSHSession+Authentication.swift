import CLibSSH2
import Foundation

extension SSHSession {
    /// Asks what `user` may try. This is itself a try, by the method `none`, and the server logs it as one.
    public func authenticationMethods(user: String, timeout: Duration = .seconds(20)) async throws(SSHError)
        -> AuthenticationMethods
    {
        let context = "asking for the methods of \(user)"
        return try await engine.perform(.session, context, deadline: .now + timeout, isVital: true) {
            core throws(SSHError) in
            if let list = libssh2_userauth_list(core.session, user, UInt32(user.utf8.count)) {
                return .offered(String(cString: list).split(separator: ",").map(String.init))
            }
            if libssh2_userauth_authenticated(core.session) != 0 { return .noneAccepted }
            let number = libssh2_session_last_errno(core.session)
            if number == LIBSSH2_ERROR_EAGAIN { return nil }
            throw core.failure(number, context)
        }
    }

    /// Tries a password, by the method `password`.
    public func authenticate(user: String, password: String, timeout: Duration = .seconds(30)) async throws(SSHError)
        -> AuthenticationOutcome
    {
        try await authenticate("logging in as \(user) by password", timeout) { core in
            libssh2_userauth_password_ex(
                core.session, user, UInt32(user.utf8.count), password, UInt32(password.utf8.count), nil)
        }
    }

    /// Tries a password, by the method `keyboard-interactive`: it answers each prompt that does not echo.
    public func authenticate(user: String, interactivePassword password: String, timeout: Duration = .seconds(30))
        async throws(SSHError) -> AuthenticationOutcome
    {
        try await authenticate("logging in as \(user) by keyboard-interactive", timeout) { core in
            core.transport.secret = Array(password.utf8)
            let number = libssh2_userauth_keyboard_interactive_ex(
                core.session, user, UInt32(user.utf8.count), promptCallback)
            core.transport.secret = []
            return number
        }
    }

    /// Tries a private key.
    ///
    /// - Parameters:
    ///   - user: The user to log in as.
    ///   - privateKey: The text of the key's file, in OpenSSH's or in PEM format. libssh2 1.10 signs with Ed25519 and
    ///     ECDSA keys in a way that current servers take, but with RSA keys only by SHA-1, which they refuse.
    ///   - passphrase: What the key is encrypted with, if it is.
    ///   - timeout: The time for all of it.
    public func authenticate(
        user: String, privateKey: String, passphrase: String? = nil, timeout: Duration = .seconds(30)
    ) async throws(SSHError) -> AuthenticationOutcome {
        let context = "logging in as \(user) by public key"
        return try await engine.perform(.session, context, deadline: .now + timeout, isVital: true) {
            core throws(SSHError) in
            let queued = core.transport.queued
            let received = core.transport.received
            let number = libssh2_userauth_publickey_frommemory(
                core.session, user, user.utf8.count, nil, 0, privateKey, privateKey.utf8.count, passphrase)
            do throws(SSHError) {
                return try core.outcome(number, context)
            } catch
                where core.transport.queued == queued && core.transport.received == received
                && !core.transport.ended && !core.transport.aborting
            {
                // It failed before a word with the server, so the key is at fault.
                throw SSHError(.invalidKey, number: number, message: error.message, context: context)
            }
        }
    }

    /// Whether the server would accept a key, by showing it the public half alone (RFC 4252, section 7). Nothing is
    /// signed and nobody is logged in.
    ///
    /// - Parameters:
    ///   - user: The user it would log in.
    ///   - publicKey: A public key line, `ssh-ed25519 AAAA… comment`.
    ///   - timeout: The time for all of it.
    public func wouldAccept(user: String, publicKey: String, timeout: Duration = .seconds(30)) async throws(SSHError)
        -> Bool
    {
        let context = "showing a public key for \(user)"
        guard let blob = HostKey.blob(inLine: publicKey) else {
            throw SSHError(.invalidKey, message: "this is no public key line", context: context)
        }
        return try await engine.perform(.session, context, deadline: .now + timeout, isVital: true) {
            core throws(SSHError) in
            var asked = false
            let number = withUnsafeMutablePointer(to: &asked) { flag in
                var abstract: UnsafeMutableRawPointer? = UnsafeMutableRawPointer(flag)
                return libssh2_userauth_publickey(core.session, user, blob, blob.count, refuseToSign, &abstract)
            }
            if asked { return true }
            return try core.outcome(number, context).map { $0 == .accepted }
        }
    }

    private func authenticate(
        _ context: String, _ timeout: Duration, call: @escaping @Sendable (SessionCore) -> Int32
    ) async throws(SSHError) -> AuthenticationOutcome {
        try await engine.perform(.session, context, deadline: .now + timeout, isVital: true) { core throws(SSHError) in
            try core.outcome(call(core), context)
        }
    }
}

extension SessionCore {
    /// What a number from a call that logs in means; nil when it would block.
    func outcome(_ number: Int32, _ context: String) throws(SSHError) -> AuthenticationOutcome? {
        switch number {
        case 0: return .accepted
        case LIBSSH2_ERROR_EAGAIN: return nil
        case LIBSSH2_ERROR_AUTHENTICATION_FAILED, LIBSSH2_ERROR_PUBLICKEY_UNVERIFIED:
            // libssh2 gives these numbers also when no answer came, or none that it could read.
            let error = failure(number, context)
            if transport.ended || error.message.hasPrefix("Waiting for") { throw error }
            return .refused
        case LIBSSH2_ERROR_PASSWORD_EXPIRED: return .passwordChangeRequired
        default: throw failure(number, context)
        }
    }
}
