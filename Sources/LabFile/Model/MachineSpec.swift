/// A guest as the lab file describes it.
public struct MachineSpec: Codable, Sendable, Equatable {
    /// The host name, `[a-z][a-z0-9-]*`.
    public var name: String
    /// The name of the image under `images/`.
    public var image: String
    /// The IPv4 address, dotted: in 192.168.122.0/24, or in a 100.64.N.0/24 of its own for one
    /// that nobody can call.
    public var address: String
    /// The login that exercises run as.
    public var user: String
    /// That login's password; nil when it has none.
    public var password: String?
    /// Memory in MiB.
    public var memory: Int
    /// Disks beside the one that its system is on, empty at the start; the first is `vdb`, the next `vdc`.
    public var disks: [DiskSpec]
    /// Whether other machines can call it; one behind a carrier's NAT can only call out.
    public var acceptsInbound: Bool

    /// The room's address on the lab's network, from which machines behind the carrier's NAT are seen to call.
    public static let router = "192.168.122.254"

    /// Where machines of the lab's network see its connections come from.
    public var seenAddress: String { acceptsInbound ? address : Self.router }

    /// Makes a machine from its parts.
    public init(
        name: String, image: String, address: String, user: String, password: String? = nil, memory: Int = 256,
        disks: [DiskSpec] = [], acceptsInbound: Bool = true
    ) {
        self.name = name
        self.image = image
        self.address = address
        self.user = user
        self.password = password
        self.memory = memory
        self.disks = disks
        self.acceptsInbound = acceptsInbound
    }
}

/// A disk of a machine beside the one that its system is on.
public struct DiskSpec: Codable, Sendable, Equatable {
    /// Its size in MiB.
    public var size: Int

    /// Makes a disk of a size.
    public init(size: Int) { self.size = size }
}
