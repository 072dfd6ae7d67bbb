import Foundation
import LabFile

/// The TCP sockets of one machine at one moment, with the processes that hold them.
///
/// A socket is joined with its processes by its inode, never by a process name that anyone can choose.
struct Sockets: Sendable, Equatable {
    /// One socket.
    struct Socket: Sendable, Hashable {
        /// `LISTEN`, `ESTAB`, … as ss(8) names it.
        var state: String
        var local: SSHEndpoint
        var peer: SSHEndpoint
        /// The processes that hold it, lowest first.
        var pids: [Int]
    }

    /// One process that holds a socket.
    struct Process: Sendable, Equatable {
        var pid: Int
        var parent: Int
        var uid: Int
        /// The path of the program, by the kernel.
        var program: String

        /// Whether it is OpenSSH's server.
        var isServer: Bool { program == "/usr/sbin/sshd" }
        /// Whether it is OpenSSH's client.
        var isClient: Bool { program == "/usr/bin/ssh" }
    }

    /// All TCP sockets.
    var sockets: [Socket]
    /// Processes by id.
    var processes: [Int: Process]

    /// Prints sockets (`T`), holders (`F`), processes (`P`) and programs (`X`), each on lines of their own.
    static let script = #"""
        #!perl
        print "T $_\n" for sockets();
        my $holders = holders();
        for my $inode (keys %$holders) { print "F /proc/$_/fd socket:[$inode]\n" for @{$$holders{$inode}} }
        for my $directory (glob "/proc/[0-9]*") {
            my $pid = substr $directory, 6;
            my ($parent, $user) = text("$directory/status") =~ /^PPid:\s*(\d+).*^Uid:\s*\d+\s+(\d+)/ms or next;
            print "P $pid $parent $user\n";
            my $program = readlink "$directory/exe" // next;
            print "X $directory ", $program =~ tr/\n/?/r, "\n";
        }
        """#

    /// Reads the sockets of a machine.
    static func read(_ machine: String, on bench: any Bench) async throws -> Sockets {
        let seen = try await bench.observe(on: machine, as: nil, script, [])
        let sockets = Sockets(seen.output)
        guard !sockets.processes.isEmpty else {
            throw Unjudgeable(
                Localized(
                    ko: "\(machine)의 소켓을 볼 수 없어요. ss와 find가 있는지 확인해 주세요.",
                    en: "The sockets of \(machine) cannot be seen; are ss and find there?"))
        }
        return sockets
    }

    /// Reads what the script printed.
    init(_ text: String) {
        var sockets: [(inode: String, Socket)] = []
        var holders: [String: [Int]] = [:]
        var processes: [Int: Process] = [:]
        for line in text.lines() {
            let words = line.split(separator: " ", omittingEmptySubsequences: true)
            switch words.first {
            case "T" where words.count >= 6:
                guard let local = SSHEndpoint(words[4]), let peer = SSHEndpoint(words[5]) else { continue }
                let inode = words[6...].first { $0.hasPrefix("ino:") }.map { String($0.dropFirst(4)) } ?? ""
                sockets.append((inode, Socket(state: String(words[1]), local: local, peer: peer, pids: [])))
            case "F" where words.count == 3:
                guard let pid = Self.pid(words[1]) else { continue }
                holders[String(words[2].dropFirst("socket:[".count).dropLast()), default: []].append(pid)
            case "P" where words.count == 4:
                guard let pid = Int(words[1]), let parent = Int(words[2]), let uid = Int(words[3]) else { continue }
                processes[pid] = Process(pid: pid, parent: parent, uid: uid, program: "")
            case "X" where words.count >= 3:
                guard let pid = Self.pid(words[1]) else { continue }
                processes[pid]?.program = words[2...].joined(separator: " ")
            default: continue
            }
        }
        self.sockets = sockets.map { inode, socket in
            var socket = socket
            socket.pids = Array(Set(holders[inode] ?? [])).sorted()
            return socket
        }
        self.processes = processes
    }

    private static func pid(_ path: Substring) -> Int? {
        path.split(separator: "/").dropFirst().first.flatMap { Int($0) }
    }

    /// The processes that hold a socket.
    func holders(of socket: Socket) -> [Process] { socket.pids.compactMap { processes[$0] } }

    /// Sockets that listen on a port.
    func listeners(on port: Int) -> [Socket] { sockets.filter { $0.state == "LISTEN" && $0.local.port == port } }

    /// Connections that stand.
    var established: [Socket] { sockets.filter { $0.state == "ESTAB" } }

    /// Connections that stand and that a process holds.
    func established(heldBy pid: Int) -> [Socket] { established.filter { $0.pids.contains(pid) } }
}
