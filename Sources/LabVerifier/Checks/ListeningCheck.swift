import LabFile

/// `listening`: that very program listens on the port.
struct ListeningCheck: Check {
    static let spec = CheckSpec(
        "listening", mode: .holds, basis: .guest,
        "That very program listens on the port, for each family where other machines can reach it.",
        fields: [
            .init("on", .machine, required: true, "The machine."),
            .init("port", .port, required: true, "The TCP port."),
            .init("by", .string, "The program, by the name of its file; a process that only calls itself so fails."),
            .init(
                "families", .list(.oneOf(["ipv4", "ipv6"])),
                "Each of them has a listener that other machines can reach."),
        ])

    let machine: String
    let port: Int
    let program: String?
    let families: [String]

    init(_ fields: Fields) throws {
        machine = try fields.required("on")
        guard let port = fields.integer("port") else { throw MissingField(name: "port") }
        self.port = port
        program = fields.string("by")
        families = fields.strings("families")
    }

    func judge(on bench: any Bench) async throws -> Finding {
        let found = try await Listeners.look(on: machine, port: port, program: program, bench: bench)
        return finding(found)
    }

    /// The verdict on what was found.
    func finding(_ found: Listeners) -> Finding {
        guard !found.sockets.isEmpty else {
            return fail(
                Localized(
                    ko: "\(machine)의 \(port)번 포트에서 기다리는 프로그램이 없어요.",
                    en: "nothing listens on port \(port) of \(machine)."),
                Localized(
                    ko: "서비스가 실행 중인지, 설정한 포트가 맞는지 보세요.",
                    en: "Does the service run, and is it set to this port?"))
        }
        let addresses = found.sockets.map(\.address).sorted().joined(separator: ", ")
        if let program, let wrong = impostor(found, program) { return wrong }
        let open = found.sockets.filter { !$0.isLoopback }.reduce(into: Set<String>()) { $0.formUnion($1.families) }
        let missing = families.filter { !open.contains($0) }
        guard missing.isEmpty else {
            let names = missing.map { $0 == "ipv4" ? "IPv4" : "IPv6" }.joined(separator: ", ")
            return fail(
                Localized(
                    ko: "\(machine)의 \(port)번은 \(shown(addresses))에서만 기다려요. \(names) 쪽은 밖에서 닿을 수 없어요.",
                    en:
                        "port \(port) of \(machine) listens on \(shown(addresses)) only; over \(names) it cannot be reached."
                ),
                Localized(
                    ko: "어느 주소에서 기다릴지를 정하는 설정을 살펴보세요.",
                    en: "Look at the setting that says on which addresses to listen."))
        }
        let who = found.holders.map { "\($0.exe) (pid \($0.pid))" }.joined(separator: ", ")
        return Finding(
            .pass, machine: machine, expected: expected,
            observed: .same("\(machine): \(shown(addresses)) port \(port): \(shown(who))"))
    }

    private func impostor(_ found: Listeners, _ program: String) -> Finding? {
        let genuine = found.holders.filter { found.isGenuine($0, program) }
        let others = found.holders.filter { holder in
            !genuine.contains(holder) && !(holder.pid == 1 && !genuine.isEmpty)
        }
        guard genuine.isEmpty || !others.isEmpty else { return nil }
        guard let other = others.first else {
            return fail(
                Localized(
                    ko: "\(machine)의 \(port)번 포트는 열려 있지만 어느 프로그램의 것인지 찾을 수 없어요.",
                    en: "port \(port) of \(machine) is open, but no process was found that holds it."), nil)
        }
        let name = other.exe.split(separator: "/").last.map(String.init) ?? other.exe
        let same = name == program || name.hasPrefix(program + " ")
        return fail(
            Localized(
                ko: "\(machine)의 \(port)번 포트를 다른 프로그램이 잡고 있어요: \(shown(other.exe)) (pid \(other.pid))",
                en: "port \(port) of \(machine) is held by \(shown(other.exe)) (pid \(other.pid))."),
            same
                ? Localized(
                    ko: "이름은 같지만 시스템에 설치된 그 프로그램 파일이 아니에요.",
                    en: "The name is the same, but it is not the program file that the system installed.")
                : Localized(
                    ko: "다른 프로그램이 포트를 차지하면 \(program)은(는) 시작할 수 없어요.",
                    en: "While another program has the port, \(program) cannot have it."))
    }

    private func fail(_ observed: Localized, _ hint: Localized?) -> Finding {
        Finding(.fail, machine: machine, expected: expected, observed: observed, hint: hint)
    }

    private var expected: Localized {
        let over =
            families.isEmpty ? "" : " (\(families.map { $0 == "ipv4" ? "IPv4" : "IPv6" }.joined(separator: ", ")))"
        guard let program else {
            return Localized(ko: "\(port)번 포트가 열려 있어요\(over)", en: "port \(port) is listened on\(over)")
        }
        return Localized(
            ko: "\(program)이(가) \(port)번 포트에서 기다려요\(over)", en: "\(program) listens on port \(port)\(over)")
    }
}
