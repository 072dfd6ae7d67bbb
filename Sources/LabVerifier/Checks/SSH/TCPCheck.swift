import Foundation
import LabFile

/// `tcp`: a port of a machine answers, or does not, as seen from another machine.
struct TCPCheck: Check {
    static let spec = CheckSpec(
        "tcp", mode: .holds, basis: .outside, "The port answers, or does not, as seen from another machine.",
        fields: [
            .init("from", .machine, required: true, "Where the connection leaves from."),
            .init("to", .machine, required: true, "The machine whose port it is."),
            .init("port", .port, "The port; may be left out when `planted`."),
            .init("open", .boolean, "Whether it should answer; yes unless said otherwise."),
            .init("banner", .string, "What it says first must start so."),
            .init(
                "planted", .boolean,
                "The harness listens on a spare port itself for the moment; `open: false` then proves that a firewall is in "
                    + "the way."),
        ])

    private let from: String
    private let to: String
    private let port: Int?
    private let open: Bool
    private let banner: String?
    private let planted: Bool

    init(_ fields: Fields) throws {
        from = try fields.required("from")
        to = try fields.required("to")
        port = fields.integer("port")
        open = fields.boolean("open") ?? true
        banner = fields.string("banner")
        planted = fields.boolean("planted") ?? false
        if !planted, port == nil { throw MissingField(name: "port") }
    }

    func judge(on bench: any Bench) async throws -> Finding {
        let address = try bench.machine(to).address
        guard planted else {
            let port = port ?? 0
            var outcome = try await bench.connect(from: from, to: address, port: port)
            // What should answer and says nothing is asked once more: a lost packet is nobody's fault.
            if open, outcome == .silent { outcome = try await bench.connect(from: from, to: address, port: port) }
            // A machine that is off or paused says nothing either, and then nothing is judged.
            if outcome == .silent { _ = try await bench.look(on: to, "true", []) }
            if open, outcome == .silent || outcome == .refused {
                try await bench.demandNoLimit(on: to, port: port)
            }
            return finding(outcome, port: port)
        }
        let listener = try await PlantedListener.start(on: to, port: port, bench: bench)
        let outcome: TCPOutcome
        do {
            outcome = try await bench.connect(from: from, to: address, port: listener.port, greeting: false)
        } catch {
            _ = try? await listener.stop(bench: bench)
            throw error
        }
        guard try await listener.stop(bench: bench) else {
            throw Unjudgeable(
                Localized(
                    ko: "\(to)에 열어 둔 시험용 포트가 먼저 닫혔어요. 다시 검사해 보세요.",
                    en: "The listener for the test on \(to) ended before it was probed. Check once more."))
        }
        return finding(outcome, port: listener.port)
    }

    private func finding(_ outcome: TCPOutcome, port: Int) -> Finding {
        var isSo: Bool
        if case .open(let said) = outcome { isSo = open && (banner.map(said.hasPrefix) ?? true) } else { isSo = !open }
        let expected =
            open
            ? Localized(
                ko: "\(from)에서 \(to)의 \(port)번 포트에 연결돼요", en: "port \(port) of \(to) answers from \(from)")
            : Localized(
                ko: "\(from)에서 \(to)의 \(port)번 포트에 연결되지 않아요",
                en: "port \(port) of \(to) does not answer from \(from)")
        let seen = outcome.described
        let note =
            planted
            ? Localized(ko: " (시험용 프로그램이 기다리는 동안)", en: " (while the harness listened there)")
            : Localized(ko: "", en: "")
        return Finding(
            isSo ? .pass : .fail, machine: to, expected: expected,
            observed: Localized(
                ko: "\(from)에서 \(to):\(port) — \(seen.ko)\(note.ko)",
                en: "\(from) to \(to):\(port): \(seen.en)\(note.en)"),
            hint: isSo ? nil : hint(outcome))
    }

    private func hint(_ outcome: TCPOutcome) -> Localized {
        switch outcome {
        case .silent:
            Localized(
                ko: "거절도 없이 조용하다면 방화벽이 막고 있을 때가 많아요. \(to)에서 ufw status를 보세요.",
                en: "Silence rather than a refusal usually means a firewall. Look at ufw status on \(to).")
        case .refused:
            Localized(
                ko: "그 포트에서 기다리는 프로그램이 있는지 \(to)에서 ss -tln으로 보세요.",
                en: "Does anything listen there? On \(to): ss -tln")
        case .open where open:
            Localized(ko: "다른 프로그램이 그 포트에서 기다리고 있어요.", en: "Another program answers on that port.")
        case .open:
            Localized(
                ko: "방화벽이 켜져 있나요? 어떤 포트를 허용했나요?", en: "Is the firewall on, and which ports does it let in?")
        }
    }
}

/// A listener that the harness opens on a machine for a moment.
struct PlantedListener: Sendable {
    /// The machine.
    var machine: String
    /// The port that it listens on.
    var port: Int
    /// Its process.
    var pid: Int

    /// `$1` the ports to try.
    static let startScript = """
        for port in $1; do
          [ -z "$(ss -tanH "sport = :$port")" ] || continue
          setsid timeout 900 nc -l -k "$port" </dev/null >/dev/null 2>&1 &
          pid=$!
          for try in 1 2 3 4 5 6 7 8 9 10; do
            if [ -n "$(ss -tlnH "sport = :$port")" ]; then echo "$port $pid"; exit 0; fi
            sleep 0.1
          done
          kill "$pid" 2>/dev/null
        done
        exit 4
        """

    /// `$1` the process to end; status 5 when it had ended before.
    static let stopScript = "kill -- \"$1\" 2>/dev/null || exit 5"

    /// Starts to listen: on `port`, or on a spare one.
    static func start(on machine: String, port: Int?, bench: any Bench) async throws -> PlantedListener {
        let ports = port.map { [$0] } ?? (0..<4).map { _ in Int.random(in: 30000...32000) }
        let seen = try await bench.perform(
            on: machine, as: nil, startScript, [ports.map(String.init).joined(separator: " ")], timeout: 20)
        let words = seen.output.split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
        guard seen.status == 0, words.count == 2 else {
            throw Unjudgeable(
                Localized(
                    ko: "\(machine)에서 시험용 포트를 열 수 없어요.", en: "No listener for the test could be opened on \(machine)."))
        }
        return PlantedListener(machine: machine, port: words[0], pid: words[1])
    }

    /// Stops it; gives whether it had listened until now. A probe of one that was gone proves nothing.
    func stop(bench: any Bench) async throws -> Bool {
        try await bench.perform(on: machine, as: nil, Self.stopScript, [String(pid)], timeout: 10).status == 0
    }
}
