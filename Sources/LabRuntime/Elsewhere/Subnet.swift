/// A range of IPv4 addresses.
public struct Subnet: Sendable, Hashable, CustomStringConvertible {
    /// The first address as a number; bits behind the prefix are zero.
    var base: UInt32
    /// How many leading bits its addresses share.
    var prefix: Int

    /// The range that an address lies in.
    init(_ address: UInt32, prefix: Int) {
        self.prefix = min(max(prefix, 0), 32)
        base = address & Self.mask(self.prefix)
    }

    /// Reads `192.168.122.0/24`; an address alone is a range of one.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let address = Self.address(first) else { return nil }
        guard parts.count > 1 else {
            self.init(address, prefix: 32)
            return
        }
        guard let prefix = Int(parts[1]), (0...32).contains(prefix) else { return nil }
        self.init(address, prefix: prefix)
    }

    /// The usual form, `192.168.122.0/24`.
    public var description: String { Self.text(base) + "/\(prefix)" }

    /// Whether the two share an address.
    func overlaps(_ other: Subnet) -> Bool {
        let shared = Self.mask(min(prefix, other.prefix))
        return base & shared == other.base & shared
    }

    /// The address of this range whose last byte is `host`.
    func address(_ host: UInt8) -> String { Self.text(base | UInt32(host)) }

    /// The address of this range that has an address's last byte.
    func moved(_ address: String) -> String {
        Self.address(address).map { self.address(UInt8($0 & 0xFF)) } ?? address
    }

    private static func mask(_ prefix: Int) -> UInt32 { prefix == 0 ? 0 : ~UInt32(0) << UInt32(32 - prefix) }

    private static func text(_ address: UInt32) -> String {
        [24, 16, 8, 0].map { String(address >> UInt32($0) & 0xFF) }.joined(separator: ".")
    }

    /// An address in dotted form as a number.
    static func address(_ text: some StringProtocol) -> UInt32? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        let bytes = parts.compactMap { UInt8($0) }
        guard parts.count == 4, bytes.count == 4 else { return nil }
        return bytes.reduce(0) { $0 << 8 | UInt32($1) }
    }
}
