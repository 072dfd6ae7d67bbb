import CLibvirt

/// A connection to a libvirt daemon or driver.
///
/// libvirt's connections may be used by several threads at once. Each call runs on a pool of this module's own
/// threads as one synchronous closure (look up, act, read the thread's error, free); only values come out.
public final class Connection: Sendable {
    /// Proof for `nonisolated(unsafe)`: set once in `init`, used only by libvirt calls, which lock the connection
    /// themselves, and closed in `deinit`, when nobody else holds it.
    nonisolated(unsafe) let pointer: virConnectPtr

    private init(pointer: virConnectPtr) { self.pointer = pointer }

    deinit {
        nonisolated(unsafe) let pointer = pointer
        // Closing says goodbye, for which any thread would do but for the signal.
        CallPool.shared.submit { virConnectClose(pointer) }
    }

    /// Opens a connection to `uri`, such as `qemu:///system` or `test:///default`.
    public static func open(_ uri: String) async throws(LibvirtError) -> Connection {
        EventLoop.start
        return try await CallPool.shared.run { () -> Result<Connection, LibvirtError> in
            guard let pointer = virConnectOpen(uri) else { return .failure(.last("opening \(uri)")) }
            return .success(Connection(pointer: pointer))
        }.get()
    }

    /// Runs one call with this connection's pointer.
    func call<Value: Sendable>(
        _ body: @escaping @Sendable (virConnectPtr) -> Result<Value, LibvirtError>
    ) async throws(LibvirtError) -> Value {
        try await CallPool.shared.run { [self] in body(pointer) }.get()
    }
}
