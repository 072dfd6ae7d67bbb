import LabFile

/// The public keys of a user's key pairs on a machine, taken from the files in ~/.ssh.
struct PublicKeys: Sendable, Equatable {
    /// Type and base64 blob of each key, by the private key's file name.
    var keys: [String: String] = [:]

    /// `$1` is the user, `$2` a file name or nothing for all. The public half comes from the private file itself where
    /// it can be read from it, so that a .pub file of another key proves nothing.
    private static let script = #"""
        #!perl
        for (private_keys(@ARGV)) {
            my ($file, $name, $state, $own) = @$_;
            ($own) = public_keys("$file.pub") if !defined $own && $state eq "encrypted";
            next if !defined $own;
            printf "key %s %s %s\n", split(/ /, $own), $name;
        }
        """#

    /// Looks at a user's keys; throws when the machine has no such user.
    static func look(on machine: String, user: String, name: String?, bench: any Bench) async throws -> PublicKeys {
        let seen = try await bench.look(on: machine, script, [user, name ?? ""])
        guard seen.status == 0 else {
            throw Unjudgeable(
                Localized(
                    ko: "\(machine)에서 \(user) 사용자의 키를 볼 수 없어요(상태 \(seen.status)).",
                    en: "The keys of \(user) on \(machine) cannot be looked at (status \(seen.status))."))
        }
        var found = PublicKeys()
        for line in seen.output.lines() {
            let words = line.split(separator: " ").map(String.init)
            if words.count == 4, words[0] == "key" { found.keys[words[3]] = "\(words[1]) \(words[2])" }
        }
        return found
    }
}
