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

    /// Opens a connection to `uri`, such as `qemu:///system` or `test:///default`. One to another host counts as lost
    /// when that has said nothing for 35 s: its calls fail then, and do not wait for TCP to give up. The libvirt of this
    /// host may be silent for as long as it likes.
    public static func open(_ uri: String) async throws(LibvirtError) -> Connection {
        EventLoop.start
        return try await CallPool.shared.run { () -> Result<Connection, LibvirtError> in
            guard let pointer = virConnectOpen(uri) else { return .failure(.last("opening \(uri)")) }
            // It may not be possible (a server without it, a driver without a wire): then it stays as it is.
            if leadsAway(uri) { _ = virConnectSetKeepAlive(pointer, 5, 6) }
            return .success(Connection(pointer: pointer))
        }.get()
    }

    /// Whether a URI names a host, as in `qemu+ssh://HOST/system`.
    private static func leadsAway(_ uri: String) -> Bool { uri.contains("://") && !uri.contains(":///") }

    /// Runs one call with this connection's pointer.
    func call<Value: Sendable>(
        _ body: @escaping @Sendable (virConnectPtr) -> Result<Value, LibvirtError>
    ) async throws(LibvirtError) -> Value {
        try await CallPool.shared.run { [self] in body(pointer) }.get()
    }
}
