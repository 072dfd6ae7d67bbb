import Foundation
import LabFile

extension Bench {
    /// Whether probes can leave from a machine through the lab's door; the others are asked through their agent.
    func hasDoor(_ name: String) -> Bool {
        lab.machine(name)?.image == "workstation"
    }

    /// Where a login comes from: a machine of the lab, or `loopback`, the machine `on` itself.
    func origin(_ name: String, on machine: String) throws -> LoginQuery.Origin {
        guard name == "loopback" else {
            return .init(name: name, addresses: [try self.machine(name).seenAddress])
        }
        let own = try self.machine(machine).address
        return .init(name: "\(machine) (loopback)", addresses: ["127.0.0.1", "127.0.1.1", "::1", own])
    }

    /// The moment from which logins count for a step; a step that this run finds open for the first time has none yet.
    var opening: Date { opened ?? .now }
}

/// The user's own key pairs on a machine, by the private halves that are there.
struct UserKeys: Sendable, Equatable {
    /// `SHA256:…` of each.
    var fingerprints: Set<String>
    /// The public halves as `type base64`.
    var publicKeys: [String]

    /// Prints `FINGERPRINT TYPE BASE64` of every private key of a user. The fingerprint is read out of the private key
    /// itself where it can be read there; its public half from beside it, or out of the private key. Of a key that is
    /// encrypted as a whole (PEM, PKCS #8) both are of what lies beside it. The second argument is a file name; all
    /// without it.
    static let script = #"""
        #!perl
        my $directory = home($ARGV[0]) . "/.ssh";
        my @files = grep { -f && -s _ < 65536 } map { -d ? glob "$_/*" : $_ } glob "$directory/*";
        for my $file (@files) {
            next if defined $ARGV[1] && $file !~ m{/\Q$ARGV[1]\E\z};
            my ($state, $own) = private_key($file) or next;
            my ($public) = public_keys("$file.pub");
            $own //= $public if $state eq "encrypted";
            printf "%s %s\n", print_of($own), $public // $own // "";
        }
        """#

    /// Reads the keys of a user on a machine, or the one in the file `name`.
    static func read(
        _ machine: String, user: String, name: String? = nil, on bench: any Bench
    ) async throws -> UserKeys {
        UserKeys(try await bench.observe(on: machine, as: nil, script, [user] + (name.map { [$0] } ?? [])).output)
    }

    /// Reads what the script printed.
    init(_ text: String) {
        fingerprints = []
        publicKeys = []
        for line in text.lines() {
            let words = line.split(separator: " ").map(String.init)
            if let print = words.first, print.hasPrefix("SHA256:") { fingerprints.insert(print) }
            let base64 = words.count >= 3 ? words[2] : ""
            let isPlain = base64.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "+/=".contains($0)) }
            if words.count >= 3, isPlain, words[1].allSatisfy({ $0.isASCII && !$0.isWhitespace }) {
                publicKeys.append("\(words[1]) \(base64)")
            }
        }
    }
}
