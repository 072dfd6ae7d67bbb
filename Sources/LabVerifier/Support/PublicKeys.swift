import LabFile

/// The public keys of a user's key pairs on a machine, taken from the files in ~/.ssh.
struct PublicKeys: Sendable, Equatable {
    /// Type and base64 blob of each key, by the private key's file name.
    var keys: [String: String] = [:]

    /// `$1` is the user, `$2` a file name or nothing for all. The public half comes from the private file itself where
    /// it can be read from it, so that a .pub file of another key proves nothing.
    private static let script = #"""
        e=$(getent passwd "$1") || exit 3; e=${e#*:*:*:*:*:}; h=${e%%:*}
        t=$(mktemp -d) || exit 4; trap 'rm -rf "$t"' EXIT
        for f in "$h"/.ssh/*; do
          [ -f "$f" ] || continue
          n=${f##*/}; [ -z "$2" ] || [ "$2" = "$n" ] || continue
          l=; IFS= read -r l <"$f"; case $l in *'PRIVATE KEY-----'*) ;; *) continue ;; esac
          head -c 20000 -- "$f" >"$t/k"; chmod 600 "$t/k"
          own=$(ssh-keygen -l -f "$t/k" 2>/dev/null | cut -d ' ' -f 2)
          if p=$(ssh-keygen -y -P '' -f "$t/k" 2>/dev/null); then :; else
            p=; [ ! -f "$f.pub" ] || p=$(head -n 1 -- "$f.pub" | head -c 8000)
            [ -z "$own" ] || [ "$own" = "$(ssh-keygen -l -f "$f.pub" 2>/dev/null | cut -d ' ' -f 2)" ] || p=
          fi
          set -f; set -- "$1" "$2" $p; set +f
          printf 'key %s %s %s\n' "$3" "$4" "$(printf %s "$n" | tr -c 'A-Za-z0-9._@+-' '?')"
          set -- "$1" "$2"
        done
        exit 0
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
        for line in seen.output.split(separator: "\n") {
            let words = line.split(separator: " ").map(String.init)
            if words.count == 4, words[0] == "key" { found.keys[words[3]] = "\(words[1]) \(words[2])" }
        }
        return found
    }
}
