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
    static let script = """
        for link in $(find /proc -maxdepth 2 -path '/proc/[0-9]*/exe' -lname '*/ssh-agent' 2>/dev/null | head -n 20); do
          pid=${link#/proc/}; pid=${pid%/exe}
          [ "$(readlink "$link")" = /usr/bin/ssh-agent ] || continue
          printf 'A %s %s\\n' "$pid" "$(sed -n 's/^Uid:[[:space:]]*\\([0-9]*\\).*/\\1/p' "/proc/$pid/status")"
          for node in $(find "/proc/$pid/fd" -lname 'socket:*' -printf '%l\\n' | tr -dc '0-9\\n'); do
            path=$(awk -v node="$node" '$7 == node { print $8 }' /proc/net/unix)
            [ -S "$path" ] && SSH_AUTH_SOCK=$path timeout 5 ssh-add -l 2>/dev/null </dev/null
          done
        done | head -c 60000
        """

    /// Reads the agents of a machine.
    static func read(_ machine: String, on bench: any Bench) async throws -> Agents {
        Agents(try await bench.observe(on: machine, as: nil, script, []).output)
    }

    /// Reads what the script printed.
    init(_ text: String) {
        agents = []
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.count == 3, words[0] == "A", let pid = Int(words[1]), let uid = Int(words[2]) {
                agents.append(Agent(pid: pid, uid: uid, fingerprints: []))
            } else if words.count >= 2, words[1].hasPrefix("SHA256:"), !agents.isEmpty {
                agents[agents.count - 1].fingerprints.insert(String(words[1]))
            }
        }
    }
}
