import CLibSSH2

/// The library's own start, once a process; it is never taken down.
enum Library {
    /// What `libssh2_init` returned; the language makes a static once, whoever asks first.
    static let status = libssh2_init(0)
}
