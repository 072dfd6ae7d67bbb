import Foundation
import LabFile

/// Which agents the ssh clients of a machine ask, by the process that listens on the socket: sshd's for a forwarded one.
struct ForwardedAgents: Sendable, Equatable {
    private var owners: [Int: Set<Int>] = [:]

    /// Prints `PID OWNER` for each `ssh` with `SSH_AUTH_SOCK` in its environment and each sshd that listens there.
    static let script = #"""
        #!perl
        my @table = map { [split] } split /\n/, text("/proc/net/unix");
        my $holders;
        for my $directory (glob "/proc/[0-9]*") {
            next if (readlink "$directory/exe" // "") ne "/usr/bin/ssh";
            my ($path) = text("$directory/environ") =~ /(?:^|\0)SSH_AUTH_SOCK=([^\0]+)/ or next;
            $holders ||= holders();
            for my $row (grep { ($$_[7] // "") eq $path && $$_[3] eq "00010000" } @table) {
                for my $owner (@{$$holders{$$row[6]} // []}) {
                    print substr($directory, 6), " $owner\n" if (readlink "/proc/$owner/exe" // "") eq "/usr/sbin/sshd";
                }
            }
        }
        """#

    /// Reads the clients of a machine.
    static func read(_ machine: String, on bench: any Bench) async throws -> ForwardedAgents {
        ForwardedAgents(try await bench.observe(on: machine, as: nil, script, []).output)
    }

    /// Reads what the script printed.
    init(_ text: String) {
        for line in text.lines() {
            let words = line.split(separator: " ").compactMap { Int($0) }
            if words.count == 2 { owners[words[0], default: []].insert(words[1]) }
        }
    }

    /// The sshd processes whose forwarded agent a client asks.
    func servers(of client: Int) -> Set<Int> { owners[client] ?? [] }
}
