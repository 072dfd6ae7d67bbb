import Foundation

/// The results that are kept in a home, a file each: `proofs/LAB/KEY.json`.
public struct ResultStore: Sendable {
    /// How many results of a lab are kept, the newest ones.
    public static let most = 5000

    private let directory: String

    /// The results of a lab in a home.
    public init(home: String, lab: String) { directory = "\(home)/proofs/\(lab)" }

    /// The result of a key, if there is one that can be read.
    public func find(_ key: TrialKey) -> TrialResult? {
        guard let data = FileManager.default.contents(atPath: path(key)) else { return nil }
        return try? JSONDecoder().decode(TrialResult.self, from: data)
    }

    /// Keeps a result; it is there whole or not at all.
    public func keep(_ result: TrialResult, for key: TrialKey) throws {
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        try JSONEncoder().encode(result).write(to: URL(filePath: path(key)), options: .atomic)
    }

    /// Lets the oldest go when there are too many; those of `current` stay.
    public func prune(keeping current: Set<TrialKey> = [], most: Int = Self.most) {
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? [])
            .filter { $0.hasSuffix(".json") }
        guard names.count > most else { return }
        let kept = Set(current.map { $0.digest + ".json" })
        let older = names.filter { !kept.contains($0) }.map { name in
            let values = try? FileManager.default.attributesOfItem(atPath: "\(directory)/\(name)")
            return (name, values?[.modificationDate] as? Date ?? .distantPast)
        }.sorted { $0.1 < $1.1 }
        for (name, _) in older.prefix(names.count - most) {
            try? FileManager.default.removeItem(atPath: "\(directory)/\(name)")
        }
    }

    private func path(_ key: TrialKey) -> String { "\(directory)/\(key.digest).json" }
}
