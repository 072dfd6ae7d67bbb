import Foundation
import LabFile

/// Which agents the ssh clients of a machine ask, by the process that listens on the socket: sshd's for a forwarded one.
struct ForwardedAgents: Sendable, Equatable {
    private var owners: [Int: Set<Int>] = [:]

    /// Prints `PID OWNER` for each `ssh` with `SSH_AUTH_SOCK` in its environment and each sshd that listens there.
    static let script = #"""
        for link in $(find /proc -maxdepth 2 -path '/proc/[0-9]*/exe' -lname /usr/bin/ssh 2>/dev/null | head -n 40); do
          pid=${link#/proc/}; pid=${pid%/exe}
          path=$(tr '\0' '\n' <"/proc/$pid/environ" 2>/dev/null | sed -n 's/^SSH_AUTH_SOCK=//p' | head -n 1)
          [ -n "$path" ] || continue
          for node in $(awk -v path="$path" '$8 == path && $4 == "00010000" { print $7 }' /proc/net/unix); do
            for fd in $(find /proc/[0-9]*/fd -lname "socket:\[$node\]" -printf '%h\n' 2>/dev/null | sort -u); do
              owner=${fd#/proc/}; owner=${owner%/fd}
              [ "$(readlink "/proc/$owner/exe")" = /usr/sbin/sshd ] && echo "$pid $owner"
            done
          done
        done | head -c 20000
        """#

    /// Reads the clients of a machine.
    static func read(_ machine: String, on bench: any Bench) async throws -> ForwardedAgents {
        ForwardedAgents(try await bench.observe(on: machine, as: nil, script, []).output)
    }

    /// Reads what the script printed.
    init(_ text: String) {
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ").compactMap { Int($0) }
            if words.count == 2 { owners[words[0], default: []].insert(words[1]) }
        }
    }

    /// The sshd processes whose forwarded agent a client asks.
    func servers(of client: Int) -> Set<Int> { owners[client] ?? [] }
}
