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

    /// Throws when something listens on a port of a machine and its firewall refuses who connects often (`ufw limit`, six
    /// connections in 30 s): probes count there, too, and may be why it does not answer.
    func demandNoLimit(on machine: String, port: Int) async throws {
        guard try await !look(on: machine, Reach.limitScript, [String(port)]).output.isEmpty else { return }
        throw Unjudgeable(
            Localized(
                ko: "\(machine)의 방화벽이 \(port)번 포트에 자주 들어오는 연결을 막고 있어서(ufw limit, 30초에 6번) "
                    + "검사의 연결까지 막혔을 수 있어요. 30초쯤 기다렸다가 다시 해 보세요.",
                en:
                    "The firewall of \(machine) refuses who connects to port \(port) often (ufw limit: six times in 30 s), "
                    + "and may have held back the checks' own connections. Wait half a minute, and try again."))
    }
}

/// A TCP connection that a machine opens, by a perl program there (perl-base is essential in Debian).
enum Reach {
    /// Arguments: address, port, seconds to connect, seconds for what the far end says first (0: that is not waited
    /// for). Prints `open` and what was said, `refused`, `silent`, or `unanswered`.
    ///
    /// Silence takes as long to prove as the slowest machine may take to answer. Where the far kernel echoes (RFC 792)
    /// within a second, three times in a row, while three requests to connect (sent after 0, 1 and 3 s: RFC 6298) went
    /// unanswered, it is proved earlier: `unanswered`.
    static let script = #"""
        exec perl -e '
          use Socket; use Time::HiRes "time"; $| = 1;
          my ($host, $port, $seconds, $greeting) = @ARGV;
          my $address = inet_aton($host);
          socket(my $peer, PF_INET, SOCK_STREAM, 0) or exit 69;
          fcntl $peer, 4, 2048;
          my $began = time;
          # An error that comes at once (no route) is not kept for SO_ERROR; 115 says that the connection is under way.
          if (!connect($peer, sockaddr_in($port, $address)) && $! != 115) {
            print $! == 111 ? "refused\n" : "silent\n"; exit;
          }
          my $echoes = socket my $echo, PF_INET, SOCK_DGRAM, 1;
          my ($number, $quick, %sent) = (0, 0);
          until (time - $began >= $seconds) {
            if ($echoes && time - $began >= $number) {
              $sent{++$number} = time;
              send $echo, pack("CCnnn", 8, 0, 0, 0, $number), 0, sockaddr_in(0, $address);
            }
            my ($said, $open) = ("", "");
            vec($said, fileno $echo, 1) = 1 if $echoes;
            vec($open, fileno $peer, 1) = 1;
            select $said, $open, undef, 0.2;
            if (vec $open, fileno $peer, 1) {
              my $error = unpack "i", getsockopt $peer, SOL_SOCKET, SO_ERROR;
              if ($error) { print $error == 111 ? "refused\n" : "silent\n"; exit }
              print "open\n";
              exit unless $greeting;
              fcntl $peer, 4, 0;
              $SIG{ALRM} = sub { exit };
              alarm $greeting;
              my $greeted; sysread $peer, $greeted, 1024; print $greeted;
              exit;
            }
            if ($echoes && vec $said, fileno $echo, 1) {
              recv $echo, my $answer, 64, 0;
              my ($kind, $which) = unpack "Cxxxxxn", $answer;
              $quick = $kind == 0 && $sent{$which} && time - $sent{$which} < 1 ? $quick + 1 : 0;
            }
            if ($quick >= 3 && time - $began >= 5) { print "unanswered\n"; exit }
          }
          print "silent\n"' "$1" "$2" "$3" "$4"
        """#

    /// Prints the rules that count the connections to a port, the first argument, where something listens on it.
    static let limitScript = #"""
        [ -n "$(ss -Htln "sport = :$1")" ] || exit 0
        iptables -S ufw-user-input 2>/dev/null |
            grep -E -- "--dports? ([0-9:]+,)*$1[ ,].*-j ufw-user-limit( |\$)"
        exit 0
        """#

    /// The arguments of ``script``; times in whole seconds.
    static func arguments(_ address: String, port: Int, seconds: Int, greeting: Int) -> [String] {
        [address, String(port), String(seconds), String(greeting)]
    }

    /// Whether the silence that the script said is proved already, since the far kernel answered otherwise meanwhile.
    static func isProved(_ seen: Observation) -> Bool { seen.output.hasPrefix("unanswered") }

    /// Reads what the script said.
    static func outcome(_ seen: Observation, from machine: String) throws -> TCPOutcome {
        let lines = seen.output.lines(maxSplits: 1, omittingEmpty: false)
        switch lines.first {
        case "open": return .open(banner: lines.count > 1 ? String(lines[1]) : "")
        case "refused": return .refused
        case "silent", "unanswered": return .silent
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
            let line = banner.lines(droppingReturn: true).first.map { ": \(shown($0, limit: 80))" } ?? ""
            return Localized(ko: "연결됨\(line)", en: "it answers\(line)")
        case .refused:
            return Localized(ko: "연결이 거절됨 (그 포트에서 기다리는 프로그램이 없음)", en: "refused: nothing listens there")
        case .silent:
            return Localized(
                ko: "응답이 없음 (방화벽이 버렸거나 그 주소에 아무도 없음)",
                en: "no answer at all: dropped by a firewall, or nobody has the address")
        }
    }
}
