import CLibvirt
import Foundation

/// libvirt's default event implementation, registered before the first connection is opened and run by one thread
/// for ever.
enum EventLoop {
    /// Registers and starts the loop, once in the life of the process.
    static let start: Void = {
        virSetErrorFunc(nil, ignoreError)
        virEventRegisterDefaultImpl()
        let thread = Thread {
            blockPipeSignal()
            while true { virEventRunDefaultImpl() }
        }
        thread.name = "libvirt events"
        thread.start()
    }()
}

/// A write to a libvirtd that is gone gives an error on this thread from now on; SIGPIPE would end the process.
func blockPipeSignal() {
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGPIPE)
    pthread_sigmask(SIG_BLOCK, &signals, nil)
}

/// Errors are read from the thread that made the call; nothing is printed.
private func ignoreError(_: UnsafeMutableRawPointer?, _: virErrorPtr?) {}
