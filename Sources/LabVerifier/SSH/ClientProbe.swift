import Foundation
import LabFile

/// One attempt of the real `ssh` of a machine at a server, made as root through the agent.
///
/// For machines without a door, for keys of which only the public half is known, and for servers with which libssh2
/// has no algorithm in common. It reads no configuration of the student's, and leaves from a source port below 1024,
/// which tells it apart in the server's log.
struct ClientProbe: Sendable {
    /// What is tried.
    enum Attempt: Sendable {
        /// Nothing: only what is offered.
        case methods
        /// The public half of a key, which the server accepts or not before it asks for a signature.
        case offer(publicKey: String)
        /// A private key without a passphrase.
        case key(String)
        /// A password.
        case password(String)
    }

    /// What came of it.
    struct Outcome: Sendable, Equatable {
        /// The server's software, as `SSH-2.0-…`; nil when the server was not reached.
        var banner: String?
        /// The host key's fingerprint.
        var fingerprint: String?
        /// The methods offered, sorted.
        var methods: [String] = []
        /// Whether the server would take the key whose public half it was shown.
        var keyAccepted = false
        /// Whether the user was let in.
        var authenticated = false
        /// The last line, for the reader when nothing else is known.
        var last = ""

        /// Whether the server heard the attempt and turned it down. What broke off on the way says nothing.
        var isDenied: Bool {
            !authenticated && banner != nil && (last.contains("denied") || last.contains("Too many"))
        }
    }

    /// `$1` address, `$2` port, `$3` user, `$4` source ports, `$5` attempt, `$6` secret, `$7` seconds.
    static let script = """
        umask 077; d=$(mktemp -d) || exit 69; trap 'rm -rf "$d"' EXIT; export LC_ALL=C
        printf '%s\\n' "$6" >"$d/key"
        case $5 in
        methods) auth='-o PreferredAuthentications=none -o BatchMode=yes' ;;
        key) auth="-o PreferredAuthentications=publickey -o BatchMode=yes -o IdentitiesOnly=yes -i $d/key" ;;
        password)
          printf '#!/bin/sh\\ncat "%s"\\n' "$d/key" >"$d/ask"; chmod 700 "$d/ask"
          export SSH_ASKPASS="$d/ask" SSH_ASKPASS_REQUIRE=force
          auth='-o PubkeyAuthentication=no -o NumberOfPasswordPrompts=1'
          auth="$auth -o PreferredAuthentications=keyboard-interactive,password" ;;
        *) exit 64 ;;
        esac
        for source in $4; do
          timeout "$(($7 * 2))" ssh -F /dev/null -v $auth -o IdentityAgent=none -o StrictHostKeyChecking=no \\
            -o UserKnownHostsFile=/dev/null -o GlobalKnownHostsFile=/dev/null -o ConnectTimeout="$7" \\
            -o KexAlgorithms=^curve25519-sha256 -o ProxyCommand="nc -w $7 -p $source %h %p" \\
            -p "$2" -l "$3" -- "$1" : </dev/null >"$d/log" 2>&1
          grep -qE 'already in use|Cannot assign requested' "$d/log" || break
        done
        tr -d '\\r' <"$d/log" | grep -aE \\
          'Remote protocol|Server host key|can continue|accepts key|Authenticated|denied|Too many|refused|timed out|closed|o match' |
          head -c 8000
        """

    /// Makes the attempt from a machine of the lab.
    static func run(
        _ attempt: Attempt, from machine: String, to address: String, port: Int, user: String, on bench: any Bench
    ) async throws -> Outcome {
        let seen = try await bench.perform(
            on: machine, as: nil, script,
            arguments(attempt, to: address, port: port, user: user) + [String(bench.patience(15))], timeout: 60)
        guard seen.status != 64, seen.status != 69 else {
            throw Unjudgeable(
                Localized(
                    ko: "\(machine)에서 ssh로 시험해 볼 수 없어요(임시 디렉터리를 만들 수 없어요).",
                    en: "Cannot probe with ssh from \(machine): no temporary directory can be made there."))
        }
        return Outcome(seen.output)
    }

    /// Whether an attempt let the user in; throws when it was neither heard nor turned down.
    static func isLetIn(
        _ attempt: Attempt, from machine: String, to address: String, port: Int, user: String, on bench: any Bench
    ) async throws -> Bool {
        let seen = try await run(attempt, from: machine, to: address, port: port, user: user, on: bench)
        guard seen.authenticated || seen.isDenied else {
            throw Unjudgeable(
                Localized(
                    ko: "\(machine)에서 \(address):\(port)에 해 본 ssh가 도중에 끊겼어요: \(seen.last)",
                    en: "The ssh that was tried from \(machine) at \(address):\(port) broke off: \(seen.last)"))
        }
        return seen.authenticated
    }

    /// The script's arguments for an attempt.
    static func arguments(_ attempt: Attempt, to address: String, port: Int, user: String) -> [String] {
        let sources = (0..<3).map { _ in String(Int.random(in: 600...999)) }.joined(separator: " ")
        let (mode, secret) =
            switch attempt {
            case .methods: ("methods", "")
            case .offer(let publicKey): ("key", publicKey)
            case .key(let key): ("key", key)
            case .password(let password): ("password", password)
            }
        return [address, String(port), user, sources, mode, secret]
    }
}

extension ClientProbe.Outcome {
    /// Reads the lines of `ssh -v` that the script lets through.
    init(_ text: String) {
        for line in text.lines(droppingReturn: true) {
            let words = line.split(separator: " ").map(String.init)
            if line.contains("Remote protocol version"), let software = words.last, banner == nil {
                let rest = line.components(separatedBy: "remote software version ").last ?? software
                banner = "SSH-2.0-\(rest)"
            } else if line.contains("Server host key:") {
                fingerprint = words.last { $0.hasPrefix("SHA256:") }
            } else if line.contains("Authentications that can continue:"), let list = words.last {
                methods = list.split(separator: ",").prefix(20).map { shown($0, limit: 40) }.sorted()
            } else if line.contains("Server accepts key:") {
                keyAccepted = true
            } else if line.hasPrefix("Authenticated to ") {
                authenticated = true
            }
            last = shown(line)
        }
    }
}
