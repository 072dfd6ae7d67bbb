import LabFile

/// `sshd-config`: the values are in force in the running server.
///
/// `sshd -T` reads the files, not the process. So the files' last change (ctime, which nobody sets by hand) is compared
/// with the moment when the running server last read them: its own "Server listening" or "Received SIGHUP" record, or
/// its start, whichever is later.
struct SSHDConfigCheck: Check {
    static let spec = CheckSpec(
        "sshd-config", mode: .holds, basis: .guest,
        "The values are in force in the running server for everybody: sshd -T says so, no Match block says otherwise, and "
            + "sshd has read its files since they last changed.",
        fields: [
            .init("on", .machine, required: true, "The machine."),
            .init("settings", .map(.string), required: true, "Keywords and their values."),
            .init("user", .string, "For this user alone, whatever Match blocks say of others."),
            .init("from", .machine, "For connections from this machine alone."),
        ])

    let machine: String
    let settings: [String: String]
    let user: String?
    let from: String?

    init(_ fields: Fields) throws {
        machine = try fields.required("on")
        settings = fields.map("settings")
        user = fields.string("user")
        from = fields.string("from")
    }

    func judge(on bench: any Bench) async throws -> Finding {
        let seen = try await bench.look(on: machine, SSHDState.script, [try connection(on: bench)])
        let state = SSHDState(seen.output)
        guard state.isInstalled else {
            return fail(
                [Localized(ko: "\(machine)에 SSH 서버가 설치되어 있지 않아요.", en: "there is no SSH server on \(machine).")], nil)
        }
        guard state.isReadable else {
            return fail(
                [
                    Localized(
                        ko: "\(machine)의 sshd가 설정 파일을 읽지 못해요: \(shown(state.problem))",
                        en: "sshd on \(machine) cannot read its files: \(shown(state.problem))")
                ],
                Localized(
                    ko: "이대로 다시 시작하면 서버가 뜨지 않아요. 메시지의 줄 번호를 보세요.",
                    en: "Restarted like this, the server would not come up. Look at the line number."))
        }
        guard state.mainPID > 0 else {
            return fail(
                [Localized(ko: "\(machine)에서 ssh 서비스가 실행 중이 아니에요.", en: "the service ssh does not run on \(machine).")],
                Localized(ko: "왜 멈췄는지 systemctl status ssh가 알려 줘요.", en: "systemctl status ssh says why."))
        }
        return judge(state)
    }

    /// What `sshd -T -C` is asked about; empty when the values are to hold for everybody.
    private func connection(on bench: any Bench) throws -> String {
        guard user != nil || from != nil else { return "" }
        let server = try bench.machine(machine)
        let client = try from.map { try bench.machine($0) } ?? bench.lab.machines.first ?? server
        return
            "user=\(user ?? server.user),host=\(client.address),addr=\(client.seenAddress),laddr=\(server.address),lport=22"
    }

    /// A Match block that gives some connections another value.
    private func exception(to keyword: String, _ wanted: String, in state: SSHDState) -> Localized? {
        guard user == nil, from == nil else { return nil }
        let line = state.lines.first {
            $0.isConditional && $0.keyword == keyword.lowercased() && Self.normal($0.value) != wanted
        }
        return line.map {
            Localized(
                ko: "\(machine)의 Match 블록이 어떤 접속에는 다른 값을 줘요.\n  \(shown($0.place)): \(shown($0.text))",
                en:
                    "a Match block on \(machine) gives some connections another value.\n  \(shown($0.place)): \(shown($0.text))"
            )
        }
    }

    private func judge(_ state: SSHDState) -> Finding {
        let wrong = settings.keys.sorted().compactMap { keyword -> Localized? in
            let wanted = Self.normal(settings[keyword] ?? "")
            let values = state.values[keyword.lowercased()] ?? []
            guard !values.contains(where: { Self.normal($0) == wanted }) else {
                return exception(to: keyword, wanted, in: state)
            }
            let now = values.isEmpty ? "-" : shown(values.joined(separator: ", "))
            let lines = state.lines.filter { $0.keyword == keyword.lowercased() }
            let where_ = lines.map { "\n  \(shown($0.place)): \(shown($0.text))" }.joined()
            return Localized(
                ko: "\(machine)의 설정 파일대로라면 \(keyword) \(now)" + where_,
                en: "by the files of \(machine): \(keyword) \(now)" + where_)
        }
        if !state.options.isEmpty {
            return fail(
                [
                    Localized(
                        ko: "\(machine)의 sshd가 명령줄 옵션(\(shown(state.options)))으로 떠 있어서 설정 파일과 다르게 돌 수 있어요.",
                        en:
                            "sshd on \(machine) was started with options (\(shown(state.options))) that override its files."
                    )
                ],
                Localized(ko: "/etc/default/ssh와 서비스 파일을 보세요.", en: "Look at /etc/default/ssh and at the unit."))
        }
        guard wrong.isEmpty else {
            let several = wrong.contains { $0.en.split(separator: "\n").count > 2 }
            return fail(
                wrong,
                several
                    ? Localized(
                        ko: "같은 항목이 여러 번 나오면 sshd는 먼저 읽은 것을 써요.",
                        en: "Where a keyword stands more than once, sshd takes the first that it reads.")
                    : Localized(
                        ko: "sshd_config 맨 위의 Include가 읽는 파일과, #으로 시작하는 줄도 살펴보세요.",
                        en: "Look also at the files that Include reads, and at lines that begin with #."),
                isElsewhere: false)
        }
        let stale = state.stale
        guard stale.isEmpty else {
            return fail(
                stale.map {
                    Localized(
                        ko: "\(machine)의 \(shown($0))이(가) 바뀐 뒤로 실행 중인 sshd가 아직 읽지 않았어요.",
                        en: "\(shown($0)) on \(machine) was changed, and the running sshd has not read it since.")
                },
                Localized(
                    ko: "서비스는 시작할 때 설정을 읽어요. 무엇이 ssh를 다시 시작하게 하나요?",
                    en: "A service reads its configuration when it starts. What restarts ssh?"))
        }
        let values = settings.keys.sorted().map { "\($0) \(settings[$0] ?? "")" }.joined(separator: ", ")
        return Finding(
            .pass, machine: machine, expected: expected,
            observed: Localized(
                ko: "\(machine)에서 쓰이는 값: \(values)", en: "in force on \(machine): \(values)"))
    }

    /// A value as `sshd -T` would print it, in the respects in which a lab file may differ.
    private static func normal(_ value: String) -> String {
        let value = value.lowercased().split(separator: " ").joined(separator: " ")
        return value == "prohibit-password" ? "without-password" : value
    }

    private func fail(_ observed: [Localized], _ hint: Localized?, isElsewhere: Bool = true) -> Finding {
        Finding(
            .fail, machine: machine, expected: expected, observed: observed.lines, hint: hint, isElsewhere: isElsewhere)
    }

    private var expected: Localized {
        let list = settings.keys.sorted().map { "\($0) \(settings[$0] ?? "")" }.joined(separator: ", ")
        return Localized(
            ko: "실행 중인 SSH 서버에서 \(list)", en: "in the running SSH server: \(list)")
    }
}
