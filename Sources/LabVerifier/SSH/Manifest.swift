import Foundation
import LabFile

/// The files at a path of a machine: content, mode and times.
struct Manifest: Sendable, Equatable {
    /// One file.
    struct File: Sendable, Equatable {
        /// The path below the directory; empty for a single file.
        var name: String
        /// Octal.
        var mode: String
        /// When its content last changed, in whole seconds.
        var modified: Int
        /// When the file was last written or changed here; unlike ``modified``, nobody can set it (inode(7)).
        var changed: Date
        /// SHA-256 of the content.
        var digest: String
    }

    /// Whether the path is a directory.
    var isDirectory: Bool
    /// The files, by name.
    var files: [File]

    /// `$1` user, `$2` path; a relative path starts at the user's home.
    static let script = """
        home=$(getent passwd "$1" | cut -d: -f6); path=$2
        case $path in '~/'*) path=$home/${path#'~/'} ;; /*) ;; *) path=$home/$path ;; esac
        one() {
          printf '%s %s %s\\n' "$(stat -L -c '%a %Y %Z' -- "$1")" "$(sha256sum <"$1" | cut -d' ' -f1)" "$2"
        }
        if [ -d "$path" ]; then
          echo directory
          cd -- "$path" || exit 4
          find . -type f -size -20480k | LC_ALL=C sort | head -n 300 | while IFS= read -r name; do
            one "$name" "${name#./}"
          done
        elif [ -f "$path" ]; then
          echo file; one "$path" ''
        else
          exit 4
        fi | head -c 100000
        """

    /// Reads what stands at a path; nil when nothing does.
    static func read(_ path: String, on machine: String, user: String, bench: any Bench) async throws -> Manifest? {
        Manifest(try await bench.observe(on: machine, as: nil, script, [user, path]).output)
    }

    /// Reads what the script printed; nil when there was no such file.
    init?(_ text: String) {
        let lines = text.split(separator: "\n")
        guard let kind = lines.first else { return nil }
        isDirectory = kind == "directory"
        files = lines.dropFirst().compactMap { line in
            let words = line.split(separator: " ", maxSplits: 4, omittingEmptySubsequences: false).map(String.init)
            guard words.count == 5, let modified = Int(words[1]), let changed = Double(words[2]) else { return nil }
            return File(
                name: words[4], mode: words[0], modified: modified, changed: Date(timeIntervalSince1970: changed),
                digest: words[3])
        }
    }
}
