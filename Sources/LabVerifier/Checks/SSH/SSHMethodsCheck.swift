import Foundation
import LabFile

/// `ssh-methods`: an SSH server offers exactly these authentication methods.
struct SSHMethodsCheck: Check {
    static let spec = CheckSpec(
        "ssh-methods", mode: .holds, basis: .outside, "Exactly these authentication methods are offered.",
        fields: [
            .init("on", .machine, required: true, "The server."),
            .init("from", .machine, required: true, "Where the probe leaves from."),
            .init("methods", .list(.string), required: true, "The methods, such as `publickey`."),
            .init("user", .string, "The login that is asked about; the machine's own unless given."),
            .init("port", .port, "The server's port; 22 unless given."),
        ])

    private let machine: String
    private let from: String
    private let methods: [String]
    private let user: String?
    private let port: Int

    init(_ fields: Fields) throws {
        machine = try fields.required("on")
        from = try fields.required("from")
        methods = fields.strings("methods").sorted()
        user = fields.string("user")
        port = fields.integer("port") ?? 22
    }

    func judge(on bench: any Bench) async throws -> Finding {
        let server = try bench.machine(machine)
        let login = user ?? server.user
        let list = methods.joined(separator: ", ")
        let expected = Localized(
            ko: "\(machine)에서 \(login)에게 허용하는 인증 방법은 \(list)뿐이에요",
            en: "\(machine) offers \(login) exactly: \(list)")
        let offer: SSHOffer
        switch try await bench.offer(from: from, to: server.address, port: port, user: login) {
        case .failure(let why):
            return Finding(.fail, machine: machine, expected: expected, observed: why.observed, hint: why.hint)
        case .success(let seen): offer = seen
        }
        let offered = Set(offer.methods)
        let extra = offered.subtracting(methods).sorted()
        let missing = Set(methods).subtracting(offered).sorted()
        let seen = shown(offer.methods.joined(separator: ", "))
        return Finding(
            extra.isEmpty && missing.isEmpty ? .pass : .fail, machine: machine, expected: expected,
            observed: Localized(
                ko: "\(from)에서 본 \(machine):\(port)의 인증 방법: \(seen)",
                en: "\(machine):\(port) offers, seen from \(from): \(seen)"),
            hint: hint(extra: extra, missing: missing))
    }

    private func hint(extra: [String], missing: [String]) -> Localized? {
        if extra.contains("keyboard-interactive"), !extra.contains("password") {
            return Localized(
                ko: "패스워드를 묻는 길이 하나 더 있어요. KbdInteractiveAuthentication을 보세요.",
                en: "There is a second way of asking for a password: look at KbdInteractiveAuthentication.")
        }
        if extra.contains("password") {
            return Localized(
                ko: "설정을 고친 뒤 sshd가 다시 읽었나요? sshd -T는 돌고 있는 sshd가 아니라 설정 파일이 정하는 값을 보여 줘요.",
                en: "Has sshd read its configuration since you changed it? sshd -T shows what the files say.")
        }
        return missing.isEmpty
            ? nil
            : Localized(
                ko: "빠진 인증 방법: \(missing.joined(separator: ", "))",
                en: "Not offered: \(missing.joined(separator: ", "))")
    }
}

/// Why an SSH server could not be asked, when that is the student's to mend.
struct NoServer: Error, Sendable, Equatable {
    var observed: Localized
    var hint: Localized
}

extension Bench {
    /// What an SSH server offers, or why none answers. A port that is closed or silent is the machine's state, not a
    /// failure of the harness.
    func offer(from: String, to address: String, port: Int, user: String) async throws -> Result<SSHOffer, NoServer> {
        var outcome = try await connect(from: from, to: address, port: port)
        if outcome == .refused {
            // sshd closes its port for a moment while it reloads.
            try await Task.sleep(for: .seconds(1))
            outcome = try await connect(from: from, to: address, port: port)
        }
        // A machine that is off or paused says nothing either, and then nothing is judged.
        if outcome == .silent, let silent = lab.machines.first(where: { $0.address == address }) {
            _ = try await look(on: silent.name, "true", [])
        }
        guard case .open(let banner) = outcome, banner.hasPrefix("SSH-") else {
            if let server = lab.machines.first(where: { $0.address == address }) {
                try await demandNoLimit(on: server.name, port: port)
            }
            let seen = outcome.described
            return .failure(
                NoServer(
                    observed: Localized(
                        ko: "\(from)에서 \(address):\(port) — \(seen.ko)", en: "\(from) to \(address):\(port): \(seen.en)"
                    ),
                    hint: Localized(
                        ko: "SSH 서버가 그 포트에서 기다리고 있나요? 방화벽은 열려 있나요?",
                        en: "Does an SSH server listen on that port, and does the firewall let it in?")))
        }
        if hasDoor(from) {
            do {
                return .success(
                    try await outside.authenticationMethods(from: from, to: address, port: port, user: user))
            } catch is NoCommonAlgorithm {}
        }
        let seen = try await ClientProbe.run(.methods, from: from, to: address, port: port, user: user, on: self)
        guard let banner = seen.banner, !seen.methods.isEmpty else {
            throw Unjudgeable(
                Localized(
                    ko: "\(from)에서 \(address):\(port)에 ssh로 물어볼 수 없어요: \(seen.last)",
                    en: "ssh on \(from) could not ask \(address):\(port): \(seen.last)"))
        }
        return .success(SSHOffer(banner: banner, methods: seen.methods, fingerprint: seen.fingerprint ?? ""))
    }
}
