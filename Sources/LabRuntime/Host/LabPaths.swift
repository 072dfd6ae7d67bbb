public import Foundation

/// Where things are kept, as the environment says.
public struct LabPaths: Sendable {
    /// Records and sessions: `LAB_HOME`, else `$XDG_STATE_HOME/lab`.
    public var home: String
    /// Built images: `LAB_IMAGES`, else `$XDG_CACHE_HOME/lab/images`.
    public var images: String
    /// Short directories for sockets: `$XDG_RUNTIME_DIR/lab`, else `/tmp/lab-UID`.
    public var run: String
    /// The directory that holds `labs/` and `images/`: `LAB_ROOT`.
    public var root: String
    /// The user's home directory.
    public var userHome: String

    /// Reads an environment; `root` is the checkout or installation that the program belongs to.
    public init(environment: [String: String] = ProcessInfo.processInfo.environment, root: String) {
        let userHome = environment["HOME"] ?? NSHomeDirectory()
        func directory(_ variable: String, _ fallback: String) -> String {
            guard let value = environment[variable], value.hasPrefix("/") else { return userHome + fallback }
            return value
        }
        /// A variable's path, from the working directory when it is a relative one.
        func path(_ variable: String) -> String? {
            guard let value = environment[variable], !value.isEmpty else { return nil }
            return value.hasPrefix("/") ? value : FileManager.default.currentDirectoryPath + "/" + value
        }
        self.userHome = userHome
        self.root = root
        home = path("LAB_HOME") ?? directory("XDG_STATE_HOME", "/.local/state") + "/lab"
        images = path("LAB_IMAGES") ?? directory("XDG_CACHE_HOME", "/.cache") + "/lab/images"
        let user = environment["LAB_UID"] ?? String(getuid())
        if let short = path("LAB_RUN") {
            run = short
        } else if let runtime = environment["XDG_RUNTIME_DIR"], Self.isOwn(runtime) {
            run = runtime + "/lab"
        } else {
            run = "/tmp/lab-" + user
        }
    }

    /// The directory of one session.
    public func session(_ id: String) -> String { home + "/sessions/" + id }

    /// The directory of one session's sockets.
    public func sockets(_ id: String) -> String { run + "/" + id }

    /// What the files of a directory take on their disk, in bytes; each once, however many names it has.
    public static func size(of directory: String) -> Int {
        var bytes = 0
        var seen: Set<UInt64> = []
        for name in FileManager.default.enumerator(atPath: directory)?.compactMap({ $0 as? String }) ?? [] {
            var status = stat()
            guard lstat(directory + "/" + name, &status) == 0, seen.insert(UInt64(status.st_ino)).inserted else {
                continue
            }
            bytes += Int(status.st_blocks) * 512
        }
        return bytes
    }

    /// Whether a path is a directory of the user's own, no link, into which no other user may put something.
    private static func isOwn(_ directory: String) -> Bool {
        var status = stat()
        return lstat(directory, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR && status.st_uid == getuid()
            && status.st_mode & 0o022 == 0
    }

    /// Throws unless a path is a directory of the user's own, no link, into which no other user may put something.
    static func demandOwn(_ directory: String) throws {
        guard isOwn(directory) else {
            throw LabError(
                .host, "the directory \(directory) is not yours alone: others could take over what is put there",
                advice: "See: ls -ld \(directory)      If it is yours: chmod go-w \(directory)"
                    + "      Else set LAB_RUN to a short directory of your own")
        }
    }

    /// Makes a directory and those above it, for its owner alone unless all may read it.
    public static func make(_ directory: String, shared: Bool = false) throws {
        do {
            try FileManager.default.createDirectory(
                atPath: directory, withIntermediateDirectories: true,
                attributes: [.posixPermissions: shared ? 0o755 : 0o700])
        } catch {
            let reason = ((error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError)?.localizedDescription
            throw LabError(
                .host, "the directory \(directory) cannot be made: \(reason ?? error.localizedDescription)",
                advice: "LAB_HOME, LAB_IMAGES and LAB_RUN must be directories of your own that you may write to.")
        }
    }
}
