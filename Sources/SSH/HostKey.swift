import Foundation

/// The host key that a server proved to hold.
public struct HostKey: Sendable, Hashable {
    /// The type's name as in the key itself, such as `ssh-ed25519`.
    public let type: String
    /// The public key as it travels (RFC 4253, section 6.6).
    public let blob: [UInt8]
    /// `SHA256:` and the unpadded base64 of the blob's hash, as OpenSSH prints it.
    public let fingerprint: String

    /// Makes a host key from its blob and the SHA-256 hash of it.
    init(blob: [UInt8], hash: [UInt8]) {
        self.blob = blob
        self.type = Self.type(of: blob) ?? "unknown"
        let base64 = Data(hash).base64EncodedString()
        self.fingerprint = "SHA256:" + base64.prefix { $0 != "=" }
    }

    /// The name at the head of a public key blob (a length of four bytes, then the name); nil when it is malformed.
    static func type(of blob: [UInt8]) -> String? {
        guard blob.count > 4 else { return nil }
        let length = blob.prefix(4).reduce(0) { $0 << 8 | Int($1) }
        guard (1...64).contains(length), blob.count >= 4 + length else { return nil }
        return String(validating: blob[4..<(4 + length)], as: UTF8.self)
    }

    /// The blob in a public key line, or in a line of known_hosts; nil when there is none, or when the line is marked: a
    /// revoked key, or an authority's (sshd(8)).
    static func blob(inLine line: String) -> [UInt8]? {
        let words = line.split(whereSeparator: \.isWhitespace).map(String.init)
        guard words.first?.hasPrefix("@") != true else { return nil }
        for (type, base64) in zip(words, words.dropFirst()) {
            guard let data = Data(base64Encoded: base64) else { continue }
            let blob = [UInt8](data)
            if Self.type(of: blob) == type { return blob }
        }
        return nil
    }
}
