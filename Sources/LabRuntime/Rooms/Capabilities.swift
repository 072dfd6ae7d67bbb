import Foundation

/// What a libvirtd found out of QEMU's abilities, kept for the next room: finding it out takes about a second.
///
/// libvirtd itself decides whether a file fits: it compares QEMU, the kernel and its own version.
struct Capabilities {
    private static let place = "/cache/qemu/capabilities"
    private let kept: String

    /// What is kept in a home.
    init(home: String) { kept = home + "/capabilities" }

    /// Gives a room that is about to be made what is kept, if anything is.
    func lend(to session: String) async throws {
        guard FileManager.default.fileExists(atPath: kept) else { return }
        try LabPaths.make(session + "/cache/qemu")
        let outcome = try await Tool.run("cp", ["-rT", kept, session + Self.place])
        // A room without it is slower, not worse.
        if outcome.status != 0 { try? FileManager.default.removeItem(atPath: session + Self.place) }
    }

    /// Keeps what the libvirtd of a room has found out, unless it is kept already.
    func keep(from session: String) {
        let found = session + Self.place
        let manager = FileManager.default
        guard manager.fileExists(atPath: found), !manager.contentsEqual(atPath: found, andPath: kept) else { return }
        let fresh = kept + "-" + URL(filePath: session).lastPathComponent
        do {
            try manager.copyItem(atPath: found, toPath: fresh)
            try? manager.removeItem(atPath: kept)
            try manager.moveItem(atPath: fresh, toPath: kept)
        } catch {
            // Another start keeps its own just now.
            try? manager.removeItem(atPath: fresh)
        }
    }
}
