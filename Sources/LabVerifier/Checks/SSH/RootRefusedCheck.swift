import Foundation
import LabFile

/// `root-refused`: root's login is refused even with a key that root's own authorized_keys holds.
///
/// Debian refuses root's password by default, so a refused password proves nothing; a key is planted for the moment.
struct RootRefusedCheck: Check {
    static let spec = CheckSpec(
        "root-refused", mode: .disturbs, basis: .outside,
        "Root is refused even with a key that is planted for the moment.",
        fields: [
            .init("on", .machine, required: true, "The server."),
            .init("from", .machine, required: true, "Where the probe leaves from."),
            .init("port", .port, "The server's port; 22 unless given."),
        ])

    /// Makes a key, puts it into root's authorized_keys and prints the private half.
    static let plantScript = """
        umask 077; d=$(mktemp -d) || exit 69; trap 'rm -rf "$d"' EXIT
        ssh-keygen -q -t ed25519 -N '' -C "$1" -f "$d/key" || exit 69
        [ -d /root/.ssh ] || mkdir -m 700 /root/.ssh
        keys=/root/.ssh/authorized_keys
        [ ! -s "$keys" ] || [ -z "$(tail -c 1 "$keys")" ] || echo >>"$keys"
        printf 'restrict %s\\n' "$(cat "$d/key.pub")" >>"$keys" || exit 69
        cat "$d/key"
        """

    /// Takes the key out again, and what was made for it.
    static let pullScript = """
        keys=/root/.ssh/authorized_keys
        [ -f "$keys" ] || exit 0
        rest=$(mktemp) || exit 69
        grep -vF -- " $1" "$keys" >"$rest"
        cat "$rest" >"$keys"; rm -f "$rest"
        [ -s "$keys" ] || rm -f "$keys"
        rmdir /root/.ssh 2>/dev/null; :
        """

    private let machine: String
    private let from: String
    private let port: Int

    init(_ fields: Fields) throws {
        machine = try fields.required("on")
        from = try fields.required("from")
        port = fields.integer("port") ?? 22
    }

    func judge(on bench: any Bench) async throws -> Finding {
        let server = try bench.machine(machine)
        let expected = Localized(
            ko: "\(machine)에 root로는 로그인할 수 없어요", en: "\(machine) refuses root's login")
        if case .failure(let why) = try await bench.offer(
            from: from, to: server.address, port: port, user: "root")
        {
            return Finding(.fail, machine: machine, expected: expected, observed: why.observed, hint: why.hint)
        }
        let name = "lab-probe-\(UInt64.random(in: .min ... .max))"
        let planted = try await bench.perform(on: machine, as: nil, Self.plantScript, [name], timeout: 30)
        let result: Result<Bool, any Error>
        do {
            guard planted.status == 0, planted.output.contains("PRIVATE KEY") else {
                throw Unjudgeable(
                    Localized(
                        ko: "\(machine)의 root에게 시험용 키를 둘 수 없어요.",
                        en: "No key for the test could be planted for root on \(machine)."))
            }
            result = .success(try await tryKey(planted.output, server: server, on: bench))
        } catch {
            result = .failure(error)
        }
        // A cancelled run must not leave the key behind either.
        let pulled = await Task {
            try? await bench.perform(on: machine, as: nil, Self.pullScript, [name], timeout: 30)
        }.value
        let accepted = try result.get()
        guard pulled?.status == 0 else {
            throw Unjudgeable(
                Localized(
                    ko: "\(machine)의 /root/.ssh/authorized_keys에 시험용 키 \(name)이(가) 남아 있어요. 지워 주세요.",
                    en: "The key \(name) for the test is still in /root/.ssh/authorized_keys of \(machine); remove it.")
            )
        }
        return Finding(
            accepted ? .fail : .pass, machine: machine, expected: expected,
            observed: accepted
                ? Localized(
                    ko: "\(from)에서 잠깐 넣어 둔 키로 root 로그인이 됐어요.",
                    en: "Root was let in from \(from) with a key that was planted for the moment.")
                : Localized(
                    ko: "\(from)에서 root의 authorized_keys에 있는 키로도 거절됐어요.",
                    en: "Root was refused from \(from), even with a key that its authorized_keys held."),
            hint: accepted
                ? Localized(
                    ko: "Debian의 기본값은 root의 패스워드만 막아요. PermitRootLogin의 값과, sshd가 다시 읽었는지를 보세요.",
                    en: "Debian's default refuses root's password only. Look at PermitRootLogin, and whether sshd has "
                        + "read it.") : nil)
    }

    private func tryKey(_ key: String, server: MachineSpec, on bench: any Bench) async throws -> Bool {
        if bench.hasDoor(from) {
            do {
                return try await bench.outside.keyAccepted(
                    from: from, to: server.address, port: port, user: "root", privateKey: key)
            } catch is NoCommonAlgorithm {}
        }
        return try await ClientProbe.isLetIn(
            .key(key), from: from, to: server.address, port: port, user: "root", on: bench)
    }
}
