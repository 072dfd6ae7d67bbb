import CLibSSH2
import Glibc
import Synchronization

/// The library's start and end, once a process.
enum Library {
    private struct State {
        var sessions: [ObjectIdentifier: Mailbox] = [:]
        /// The process is exiting.
        var isEnding = false
    }

    private static let state = Mutex(State())

    /// What `libssh2_init` returned; the language makes a static once, whoever asks first.
    private static let status: Int32 = {
        let status = libssh2_init(0)
        // OpenSSL frees itself in an exit handler, under the feet of threads that still use it. Handlers run last
        // registered first, so this one comes before it.
        atexit { Library.endSessions() }
        return status
    }()

    /// Notes a session whose thread is about to use libssh2; false when it must not.
    static func enter(_ mailbox: Mailbox) -> Bool {
        guard status == 0 else { return false }
        return state.withLock { state in
            if !state.isEnding { state.sessions[ObjectIdentifier(mailbox)] = mailbox }
            return !state.isEnding
        }
    }

    /// Notes that a session's thread has made its last call.
    static func leave(_ mailbox: Mailbox) {
        state.withLock { $0.sessions[ObjectIdentifier(mailbox)] = nil }
    }

    /// Ends all sessions and waits until their threads are out of libssh2, for three seconds at most.
    private static func endSessions() {
        let sessions = state.withLock { state in
            state.isEnding = true
            return Array(state.sessions.values)
        }
        for session in sessions { session.requestClose() }
        let deadline = ContinuousClock.now + .seconds(3)
        while ContinuousClock.now < deadline, state.withLock({ !$0.sessions.isEmpty }) { usleep(1000) }
    }
}
