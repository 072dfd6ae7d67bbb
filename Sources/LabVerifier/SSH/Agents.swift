import Foundation
import LabFile

/// The `ssh-agent` processes of a machine and the keys that they hold.
///
/// The program is taken from the kernel's link, and the socket from the agent's own descriptors; a forwarded agent is a
/// socket of sshd's and does not appear here.
struct Agents: Sendable, Equatable {
    /// One agent.
    struct Agent: Sendable, Equatable {
        var pid: Int
        var uid: Int
        /// `SHA256:…` of each key.
        var fingerprints: Set<String>
    }

    /// All agents.
    var agents: [Agent]

    /// Prints `A PID UID` for each agent, followed by what `ssh-add -l` says to it.
    static let script = #"""
        #!perl
        my @table = map { [split] } split /\n/, text("/proc/net/unix");
        my $holders = holders();
        for my $directory (glob "/proc/[0-9]*") {
            next if (readlink "$directory/exe" // "") ne "/usr/bin/ssh-agent";
            my $pid = substr $directory, 6;
            my ($user) = text("$directory/status") =~ /^Uid:\s*(\d+)/m or next;
            print "A $pid $user\n";
            for my $row (grep { defined $$_[7] && grep { $_ == $pid } @{$$holders{$$_[6]} // []} } @table) {
                socket my $agent, 1, 1, 0 or next;
                local $SIG{ALRM} = sub { die };
                eval {
                    alarm 5;
                    connect $agent, pack "Sa108", 1, $$row[7] or die;
                    # SSH_AGENTC_REQUEST_IDENTITIES and its answer: draft-miller-ssh-agent.
                    syswrite $agent, pack "NC", 1, 11;
                    my $answer = "";
                    1 while (length $answer < 4 || length $answer < 4 + unpack "N", $answer)
                        && sysread $agent, $answer, 65536, length $answer;
                    my ($kind, $count, $rest) = unpack "x4CNa*", $answer;
                    die if $kind != 12;
                    for (1 .. $count) {
                        (my $blob, undef, $rest) = unpack "N/a* N/a* a*", $rest;
                        print "key ", print_of(public_key($blob)), "\n";
                    }
                };
                alarm 0;
            }
        }
        """#

    /// Reads the agents of a machine.
    static func read(_ machine: String, on bench: any Bench) async throws -> Agents {
        Agents(try await bench.observe(on: machine, as: nil, script, []).output)
    }

    /// Reads what the script printed.
    init(_ text: String) {
        agents = []
        for line in text.lines() {
            let words = line.split(separator: " ")
            if words.count == 3, words[0] == "A", let pid = Int(words[1]), let uid = Int(words[2]) {
                agents.append(Agent(pid: pid, uid: uid, fingerprints: []))
            } else if words.count >= 2, words[1].hasPrefix("SHA256:"), !agents.isEmpty {
                agents[agents.count - 1].fingerprints.insert(String(words[1]))
            }
        }
    }
}
