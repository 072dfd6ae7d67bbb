import Foundation
import LabFile

/// A capture file as it is fetched from a machine, in pieces that an agent's reply holds.
enum CaptureFile {
    /// What stands at a path.
    enum Content {
        case missing
        case tooLarge(Int)
        case bytes([UInt8])
    }

    /// No larger file is fetched.
    static let limit = 1_000_000
    private static let piece = 180_000

    /// `$1` user, `$2` path, `$3` first byte (from 0), `$4` how many: prints the size, then the bytes in base64.
    static let script = """
        home=$(getent passwd "$1" | cut -d: -f6); path=$2
        case $path in '~/'*) path=$home/${path#'~/'} ;; /*) ;; *) path=$home/$path ;; esac
        [ -f "$path" ] || exit 4
        stat -L -c %s -- "$path"
        tail -c +"$(($3 + 1))" -- "$path" | head -c "$4" | base64 -w 0
        """

    /// Reads a file of the machine's user.
    static func read(_ path: String, on machine: String, bench: any Bench) async throws -> Content {
        let user = try bench.machine(machine).user
        var bytes: [UInt8] = []
        while true {
            let seen = try await bench.observe(
                on: machine, as: nil, script, [user, path, String(bytes.count), String(piece)])
            if seen.status == 4 { return .missing }
            let lines = seen.output.lines(omittingEmpty: false)
            guard seen.status == 0, let size = lines.first.flatMap({ Int($0) }),
                let part = Data(base64Encoded: lines.count > 1 ? String(lines[1]) : "")
            else {
                throw Unjudgeable(
                    Localized(
                        ko: "\(machine)의 \(path)을(를) 읽을 수 없어요: \(shown(seen.error))",
                        en: "\(path) on \(machine) cannot be read: \(shown(seen.error))"))
            }
            guard size <= limit else { return .tooLarge(size) }
            bytes += part
            if part.count < piece || bytes.count >= limit { return .bytes(bytes) }
        }
    }
}
