import LabFile

/// `firewall`: ufw is active, its rules are really loaded, and these ports are let in.
struct FirewallCheck: Check {
    static let spec = CheckSpec(
        "firewall", mode: .holds, basis: .guest, "ufw is active, really loaded, and lets these ports in.",
        fields: [
            .init("on", .machine, required: true, "The machine."),
            .init("active", .boolean, "Whether it is active; default true."),
            .init("allow", .list(.port), "TCP ports that it lets in."),
        ])

    let machine: String
    let active: Bool
    let ports: [Int]

    init(_ fields: Fields) throws {
        machine = try fields.required("on")
        active = fields.boolean("active") ?? true
        ports = fields.strings("allow").compactMap { Int($0) }
    }

    private static let script = #"""
        command -v ufw >/dev/null || { echo 'Status: absent'; exit 0; }
        LC_ALL=C ufw status 2>&1 | head -n 1
        iptables -S INPUT && iptables -S ufw-user-input 2>/dev/null
        exit 0
        """#

    func judge(on bench: any Bench) async throws -> Finding {
        let seen = try await bench.look(on: machine, Self.script)
        let lines = seen.output.split(separator: "\n").map(String.init)
        let status = lines.first?.split(separator: " ").last.map(String.init) ?? ""
        guard ["active", "inactive", "absent"].contains(status), status != "active" || lines.count > 1 else {
            throw Unjudgeable(
                Localized(
                    ko: "\(machine)의 방화벽 상태를 읽을 수 없어요: \(shown(lines.first ?? "")) \(shown(seen.error))",
                    en: "The firewall of \(machine) cannot be read: \(shown(lines.first ?? "")) \(shown(seen.error))"))
        }
        let blocks = lines.contains("-P INPUT DROP") || lines.contains("-P INPUT REJECT")
        let loaded = lines.contains { $0.hasPrefix("-A INPUT") && $0.contains("-j ufw-") }
        let state = Localized(
            ko: "\(machine)의 ufw: \(status == "active" ? "켜짐" : status == "absent" ? "설치되지 않음" : "꺼짐")",
            en: "ufw on \(machine): \(status == "absent" ? "not installed" : status)")
        guard active else { return finding(status != "active", state, nil) }
        guard status == "active" else {
            return finding(
                false, state,
                Localized(
                    ko: "규칙을 더하는 것과 방화벽을 켜는 것은 다른 일이에요. 켜기 전에 SSH가 허용됐는지 보세요.",
                    en: "Adding rules and switching it on are two things. Before you do, is SSH allowed?"))
        }
        guard loaded, blocks else {
            return finding(
                false,
                state
                    + Localized(
                        ko: loaded ? "그런데 규칙에 없는 접속도 모두 받아들이고 있어요." : "그런데 커널에는 규칙이 올라가 있지 않아요.",
                        en: loaded ? "but what no rule names is let in too." : "but the kernel has none of its rules."),
                loaded
                    ? Localized(ko: "들어오는 접속의 기본 정책을 보세요.", en: "Look at the default policy for incoming.")
                    : Localized(ko: "ufw를 다시 올려 보세요(reload).", en: "Reload ufw."))
        }
        let closed = ports.filter { !Self.isAllowed($0, by: lines) }
        guard closed.isEmpty else {
            let list = closed.map(String.init).joined(separator: ", ")
            return finding(
                false,
                state
                    + Localized(ko: "\(list)번 포트를 허용하는 규칙이 없어요.", en: "no rule lets port \(list) in."),
                Localized(ko: "ufw status로 지금 규칙을 보세요.", en: "See the rules with ufw status."))
        }
        return finding(true, state, nil)
    }

    /// What the first of ufw's loaded rules that names the port does.
    static func isAllowed(_ port: Int, by lines: [String]) -> Bool {
        for line in lines where line.hasPrefix("-A ufw-user-input ") {
            let words = line.split(separator: " ").map(String.init)
            func value(_ option: String) -> String? {
                words.firstIndex(of: option).flatMap { words.indices.contains($0 + 1) ? words[$0 + 1] : nil }
            }
            if let `protocol` = value("-p"), `protocol` != "tcp" { continue }
            guard let target = value("-j"), names(port, value("--dport") ?? value("--dports")) else { continue }
            if target == "ACCEPT" || target == "ufw-user-limit" || target == "ufw-user-limit-accept" { return true }
            if target == "DROP" || target == "REJECT", value("-s") == nil { return false }
        }
        return false
    }

    private static func names(_ port: Int, _ list: String?) -> Bool {
        guard let list else { return true }
        return list.split(separator: ",").contains { item in
            let ends = item.split(separator: ":").compactMap { Int($0) }
            return ends.count == 2 ? ends[0] <= port && port <= ends[1] : ends.first == port
        }
    }

    private func finding(_ holds: Bool, _ observed: Localized, _ hint: Localized?) -> Finding {
        let list = ports.map(String.init).joined(separator: ", ")
        let ko = active ? "방화벽(ufw)이 켜져 있어요" : "방화벽(ufw)이 꺼져 있어요"
        let en = active ? "the firewall (ufw) is active" : "the firewall (ufw) is off"
        return Finding(
            holds ? .pass : .fail, machine: machine,
            expected: ports.isEmpty
                ? Localized(ko: ko, en: en) : Localized(ko: "\(ko), \(list)번 허용", en: "\(en) and lets \(list) in"),
            observed: observed, hint: hint)
    }
}
