import Foundation
import LabFile

extension Bench {
    /// Opens a TCP connection from a machine: through its door where it has one, else through its agent.
    func connect(from machine: String, to address: String, port: Int, seconds: Int = 5, greeting: Bool = true)
        async throws -> TCPOutcome
    {
        if hasDoor(machine) {
            return try await outside.connect(
                from: machine, to: address, port: port, seconds: seconds, greeting: greeting)
        }
        let arguments = Reach.arguments(
            address, port: port, seconds: patience(seconds), greeting: greeting ? patience(10) : 0)
        let seen = try await perform(on: machine, as: nil, Reach.script, arguments, timeout: seconds + 20)
        return try Reach.outcome(seen, from: machine)
    }
}

/// A TCP connection that a machine opens, by a perl program there (perl-base is essential in Debian).
enum Reach {
    /// `$1` address, `$2` port, `$3` seconds to connect, `$4` seconds for what the far end says first (0: that
    /// is not waited for). Prints `open` and
    /// what was said, `refused` or `silent`.
    static let script = #"""
        exec perl -e '
          use Socket; $| = 1;
          my ($host, $port, $seconds, $greeting) = @ARGV;
          socket(my $peer, PF_INET, SOCK_STREAM, 0) or exit 69;
          $SIG{ALRM} = sub { print "silent\n"; exit };
          alarm $seconds;
          if (!connect($peer, sockaddr_in($port, inet_aton($host)))) { print $!{ECONNREFUSED} ? "refused\n" : "silent\n"; exit }
          print "open\n";
          exit unless $greeting;
          $SIG{ALRM} = sub { exit };
          alarm $greeting;
          my $said; sysread $peer, $said, 1024; print $said' "$1" "$2" "$3" "$4"
        """#

    /// The arguments of ``script``; times in whole seconds.
    static func arguments(_ address: String, port: Int, seconds: Int, greeting: Int) -> [String] {
        [address, String(port), String(seconds), String(greeting)]
    }

    /// Reads what the script said.
    static func outcome(_ seen: Observation, from machine: String) throws -> TCPOutcome {
        let lines = seen.output.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
        switch lines.first {
        case "open": return .open(banner: lines.count > 1 ? String(lines[1]) : "")
        case "refused": return .refused
        case "silent": return .silent
        default:
            throw Unjudgeable(
                Localized(
                    ko: "\(machine)에서 연결을 시험하지 못했어요: \(shown(seen.error))",
                    en: "No connection could be tried from \(machine): \(shown(seen.error))"))
        }
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
