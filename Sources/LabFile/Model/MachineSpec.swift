/// A guest as the lab file describes it.
public struct MachineSpec: Codable, Sendable, Equatable {
    /// The host name, `[a-z][a-z0-9-]*`.
    public var name: String
    /// The name of the image under `images/`.
    public var image: String
    /// The IPv4 address in 192.168.122.0/24, dotted.
    public var address: String
    /// The login that exercises run as.
    public var user: String
    /// That login's password; nil when it has none.
    public var password: String?
    /// Memory in MiB.
    public var memory: Int
    /// Disks beside the one that its system is on, empty at the start; the first is `vdb`, the next `vdc`.
    public var disks: [DiskSpec]

    /// Makes a machine from its parts.
    public init(
        name: String, image: String, address: String, user: String, password: String? = nil, memory: Int = 256,
        disks: [DiskSpec] = []
    ) {
        self.name = name
        self.image = image
        self.address = address
        self.user = user
        self.password = password
        self.memory = memory
        self.disks = disks
    }
}

/// A disk of a machine beside the one that its system is on.
public struct DiskSpec: Codable, Sendable, Equatable {
    /// Its size in MiB.
    public var size: Int

    /// Makes a disk of a size.
    public init(size: Int) { self.size = size }
}
