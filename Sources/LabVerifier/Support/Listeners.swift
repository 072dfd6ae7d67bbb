import LabFile

/// Who listens on a TCP port, told by the kernel: the socket's inode, the processes that hold it, the file that each
/// runs. No process's name for itself plays a part.
struct Listeners: Sendable, Equatable {
    /// One listening socket.
    struct Socket: Sendable, Equatable {
        /// The local address as `ss` writes it: `0.0.0.0`, `[::]`, `*` for both families.
        var address: String
        /// The socket's inode.
        var inode: String

        var isLoopback: Bool { address.hasPrefix("127.") || address == "[::1]" }
        var families: Set<String> {
            address == "*" ? ["ipv4", "ipv6"] : address.hasPrefix("[") ? ["ipv6"] : ["ipv4"]
        }
    }

    /// One process that holds a listening socket.
    struct Holder: Sendable, Equatable {
        var pid: Int
        /// The file it runs, from /proc/PID/exe.
        var exe: String
        /// Who owns that file, and its mode in octal.
        var fileOwner: String
        var fileMode: String
        /// The process's real user id.
        var user: Int
    }

    var sockets: [Socket] = []
    var holders: [Holder] = []
    /// Where the wanted program's own file is, from the system's PATH; nil when it is not installed.
    var program: String?

    private static let script = #"""
        #!perl
        my ($port, $name) = @ARGV;
        my @list = grep { (split)[3] =~ /:\Q$port\E$/ } grep { /^LISTEN / } sockets();
        print "socket $_\n" for @list;
        my $program = length $name ? program($name) : undef;
        print "program $program\n" if defined $program;
        my $holders = @list ? holders() : {};
        my %seen;
        for my $pid (grep { !$seen{$_}++ } map { /ino:(\d+)/ ? @{$$holders{$1} // []} : () } @list) {
            my ($user) = text("/proc/$pid/status") =~ /^Uid:\s*(\d+)/m or next;
            my @file = stat "/proc/$pid/exe" or next;
            printf "holder %d %d %d %o %s\n", $pid, $user, $file[4], $file[2] & 07777,
                readlink("/proc/$pid/exe") =~ tr/\n/?/r;
        }
        """#

    /// Looks at a port; `program` is the name whose own file is wanted.
    static func look(on machine: String, port: Int, program: String?, bench: any Bench) async throws -> Listeners {
        let seen = try await bench.look(on: machine, script, [String(port), program ?? ""])
        guard seen.status == 0 else {
            throw Unjudgeable(
                Localized(
                    ko: "\(machine)에서 열린 포트를 볼 수 없어요: \(shown(seen.error))",
                    en: "The open ports of \(machine) cannot be read: \(shown(seen.error))"))
        }
        return Listeners(seen.output)
    }

    /// Reads what the script prints.
    init(_ text: String) {
        for line in text.lines() {
            let words = line.split(separator: " ", omittingEmptySubsequences: true)
            switch words.first {
            case "socket":
                guard words.count > 5, let colon = words[4].lastIndex(of: ":") else { continue }
                let inode = words.first { $0.hasPrefix("ino:") }?.dropFirst(4) ?? ""
                sockets.append(Socket(address: String(words[4][..<colon]), inode: String(inode)))
            case "program":
                program = words.dropFirst().joined(separator: " ")
            case "holder":
                guard words.count > 5, let pid = Int(words[1]), let user = Int(words[2]) else { continue }
                holders.append(
                    Holder(
                        pid: pid, exe: words.dropFirst(5).joined(separator: " "), fileOwner: String(words[3]),
                        fileMode: String(words[4]), user: user))
            default: continue
            }
        }
    }

    /// Whether a process really runs the program: its own file, root's, and nobody else may write it.
    func isGenuine(_ holder: Holder, _ name: String) -> Bool {
        let suffix = " (deleted)"
        let exe = holder.exe.hasSuffix(suffix) ? String(holder.exe.dropLast(suffix.count)) : holder.exe
        let home = name == "sshd" ? "/usr/sbin/sshd" : program
        guard let home, Self.systemDirectories.contains(where: { home.hasPrefix($0) }) else { return false }
        guard let mode = Int(holder.fileMode, radix: 8) else { return false }
        return exe == home && holder.fileOwner == "0" && mode & 0o022 == 0
    }

    private static let systemDirectories = ["/usr/bin/", "/usr/sbin/", "/bin/", "/sbin/", "/usr/lib/", "/usr/libexec/"]
}
