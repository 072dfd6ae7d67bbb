import Foundation
import LabFile

/// Sends something into a tunnel and looks for it at the other end.
struct TunnelProbe: Sendable {
    /// The tunnel's server.
    var listen: MachineSpec
    /// The tunnel's port there.
    var port: Int
    /// The tunnel's client.
    var client: MachineSpec
    /// Where the probe leaves from.
    var from: String

    /// What came of a probe: whether it got through, and what was seen.
    struct Outcome: Sendable, Equatable {
        var passed: Bool
        var seen: Localized
    }

    /// `$1` port, `$2` seconds: listens for one connection, keeps what comes and prints the file's directory and the
    /// process.
    static let catchScript = """
        command -v nc >/dev/null || exit 69
        umask 077; d=$(mktemp -d) || exit 69
        setsid timeout "$2" nc -d -l "$1" </dev/null >"$d/in" 2>/dev/null &
        pid=$!
        for try in $(seq 1 "$2"); do
          if [ -n "$(ss -tlnH "sport = :$1")" ]; then echo "$d $pid"; exit 0; fi
          sleep 0.1
        done
        kill "$pid" 2>/dev/null; rm -rf "$d"; exit 4
        """

    /// `$1` directory, `$2` process, `$3` text: waits until the text is there, prints what came, and clears up.
    static let collectScript = """
        case $1 in /tmp/tmp.*) ;; *) exit 64 ;; esac
        for try in $(seq 1 "$4"); do
          grep -qF -- "$3" "$1/in" 2>/dev/null && break
          sleep 0.2
        done
        head -c 4096 "$1/in"; kill "$2" 2>/dev/null; rm -rf "$1"
        """

    /// `$1` address, `$2` port, `$3` text, `$4` seconds: sends the text and holds the connection open.
    static let sendScript = """
        command -v nc >/dev/null || exit 69
        { [ -z "$3" ] || printf '%s\\n' "$3"; sleep "$4"; } |
          LC_ALL=C timeout "$(($4 + 8))" nc -v -N -w "$(($4 + 3))" "$1" "$2" 2>&1 | head -c 2048
        """

    /// Sends a nonce to a port that is free on the client, where the harness waits for it.
    func nonce(to target: Int, on bench: any Bench) async throws -> Outcome {
        let nonce = "lab-" + String(UInt64.random(in: .min ... .max), radix: 36)
        let waiting = try await bench.perform(
            on: client.name, as: nil, Self.catchScript, [String(target), String(bench.patience(40))], timeout: 20)
        let words = waiting.output.split(whereSeparator: \.isWhitespace).map(String.init)
        guard waiting.status == 0, words.count == 2 else {
            throw Unjudgeable(
                Localized(
                    ko: "\(client.name)의 \(target)번 포트에 시험용 수신기를 열 수 없어요.",
                    en: "No listener for the test could be opened on port \(target) of \(client.name)."))
        }
        var said = Observation(status: 0, output: "")
        let sent: Result<Void, any Error>
        do {
            said = try await send(nonce, seconds: 2, on: bench)
            sent = .success(())
        } catch {
            sent = .failure(error)
        }
        let tries = said.output.contains("succeeded!") ? String(bench.patience(25)) : "1"
        let caught = try await bench.perform(
            on: client.name, as: nil, Self.collectScript, [words[0], words[1], nonce, tries],
            timeout: 20)
        try sent.get()
        guard caught.output.contains(nonce) else { return Outcome(passed: false, seen: lost(said, target)) }
        return Outcome(
            passed: true,
            seen: Localized(
                ko: "\(from)에서 \(listen.name):\(port)에 넣은 임의의 글 \(nonce)이(가) \(client.name):\(target)(으)로 나왔어요.",
                en: "\(nonce), sent from \(from) into \(listen.name):\(port), came out at \(client.name):\(target)."))
    }

    /// Sends a text to whatever listens behind the tunnel, and watches the tunnel's ssh open a connection for it.
    func witness(_ text: String, to target: Int?, through tunnel: TunnelState, on bench: any Bench) async throws
        -> Outcome
    {
        let before = Set(try await Sockets.read(client.name, on: bench).opened(by: tunnel.clientPid))
        async let sending = send(text, seconds: 2 + bench.patience(1), on: bench)
        var made: Sockets.Socket?
        for _ in 0..<bench.patience(12) where made == nil {
            made = try await Sockets.read(client.name, on: bench).opened(by: tunnel.clientPid)
                .first { !before.contains($0) && leads($0, to: target) }
            if made == nil { try await Task.sleep(for: .milliseconds(100)) }
        }
        let said = try await sending
        guard let made else { return Outcome(passed: false, seen: lost(said, target)) }
        let end = "\(shown(made.peer.address)):\(made.peer.port)"
        return Outcome(
            passed: true,
            seen: Localized(
                ko: "\(from)에서 \(listen.name):\(port)에 보내자 \(client.name)의 ssh(\(tunnel.clientPid))가 "
                    + "\(end)에 연결해 넘겨 줬어요.",
                en:
                    "When \(from) sent into \(listen.name):\(port), ssh (\(tunnel.clientPid)) on \(client.name) passed it "
                    + "on to \(end)."))
    }

    /// Whether a connection of the client's leads to its own port `target`; without one it may lead anywhere.
    private func leads(_ socket: Sockets.Socket, to target: Int?) -> Bool {
        guard let target else { return true }
        let own = ["127.0.0.1", "127.0.1.1", "::1", client.address]
        return socket.peer.port == target && own.contains(socket.peer.address)
    }

    /// Reads what the far end of the tunnel says first.
    func banner(on bench: any Bench) async throws -> TCPOutcome {
        try await bench.connect(from: from, to: mouth, port: port)
    }

    private var mouth: String { from == listen.name ? "127.0.0.1" : listen.address }

    private func send(_ text: String, seconds: Int, on bench: any Bench) async throws -> Observation {
        let said = try await bench.perform(
            on: from, as: nil, Self.sendScript, [mouth, String(port), text, String(seconds)], timeout: seconds + 20)
        guard said.status != 69 else {
            throw Unjudgeable(Localized(ko: "\(from)에 nc가 없어요.", en: "\(from) has no nc."))
        }
        return said
    }

    private func lost(_ said: Observation, _ target: Int?) -> Localized {
        if said.output.contains("succeeded!") {
            let port = target.map(String.init) ?? "?"
            return Localized(
                ko: "\(from)에서 \(listen.name):\(self.port)에 연결은 됐지만 \(client.name):\(port)(으)로 나오지 않았어요.",
                en:
                    "\(from) could connect to \(listen.name):\(self.port), but nothing came out at \(client.name):\(port)."
            )
        }
        return Localized(
            ko: "\(from)에서 \(listen.name):\(port)에 연결할 수 없어요.",
            en: "\(from) cannot connect to \(listen.name):\(port).")
    }
}

extension Sockets {
    /// The connections that a client's process opened, other than those to an SSH server's session of its own.
    fileprivate func opened(by pid: Int) -> [Socket] {
        sockets.filter { $0.state != "LISTEN" && $0.pids.contains(pid) }
    }
}
