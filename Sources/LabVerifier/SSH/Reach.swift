import Foundation
import LabFile

extension Bench {
    /// Opens a TCP connection from a machine: through its door where it has one, else with `nc` through its agent.
    func connect(from machine: String, to address: String, port: Int, seconds: Int = 5) async throws -> TCPOutcome {
        if hasDoor(machine) {
            return try await outside.connect(from: machine, to: address, port: port, seconds: seconds)
        }
        let seen = try await perform(
            on: machine, as: nil, Reach.script, [address, String(port), String(seconds)], timeout: seconds + 15)
        return try Reach.outcome(seen, from: machine)
    }
}

/// A TCP connection that `nc` opens.
enum Reach {
    /// `$1` address, `$2` port, `$3` seconds.
    static let script = """
        command -v nc >/dev/null || exit 69
        LC_ALL=C timeout "$(($3 + 5))" nc -v -w "$3" "$1" "$2" </dev/null 2>&1 | head -c 2048
        """

    /// Reads what `nc -v` said.
    static func outcome(_ seen: Observation, from machine: String) throws -> TCPOutcome {
        guard seen.status != 69 else {
            throw Unjudgeable(Localized(ko: "\(machine)에 nc가 없어요.", en: "\(machine) has no nc."))
        }
        let lines = seen.output.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
        if lines.first?.contains("succeeded!") == true {
            return .open(banner: lines.count > 1 ? String(lines[1]) : "")
        }
        return seen.output.contains("refused") ? .refused : .silent
    }
}

extension TCPOutcome {
    /// The outcome for the reader.
    var described: Localized {
        switch self {
        case .open(let banner):
            let line = banner.split(whereSeparator: \.isNewline).first.map { ": \(shown($0, limit: 80))" } ?? ""
            return Localized(ko: "연결됨\(line)", en: "it answers\(line)")
        case .refused:
            return Localized(ko: "연결이 거절됨 (듣고 있는 프로그램이 없음)", en: "refused: nothing listens there")
        case .silent:
            return Localized(
                ko: "응답이 없음 (방화벽이 버렸거나 그 주소에 아무도 없음)",
                en: "no answer at all: dropped by a firewall, or nobody has the address")
        }
    }
}
