import LabFile

/// `firewall`: ufw is active, its rules are really loaded, and these ports are let in.
struct FirewallCheck: Check {
    static let spec = CheckSpec(
        "firewall", mode: .holds, basis: .guest, "ufw is active, really loaded, and lets these ports in.",
        fields: [
            .init("on", .machine, required: true, "The machine."),
            .init("active", .boolean, "Whether it is active; default true."),
            .init("allow", .list(.port), "TCP ports that it lets in."),
            .init("only", .list(.port), "Lets in none but these, and filters IPv6, too."),
        ])

    let machine: String
    let active: Bool
    let ports: [Int]
    /// The ports that may be let in at all; nil when the others do not matter.
    let only: Set<Int>?

    init(_ fields: Fields) throws {
        machine = try fields.required("on")
        active = fields.boolean("active") ?? true
        ports = fields.strings("allow").compactMap { Int($0) }
        let known = fields.strings("only").compactMap { Int($0) }
        only = known.isEmpty ? nil : Set(known)
    }

    private static let script = #"""
        command -v ufw >/dev/null || { echo 'Status: absent'; exit 0; }
        LC_ALL=C ufw status 2>&1 | head -n 1
        iptables -S INPUT && iptables -S ufw-user-input 2>/dev/null
        ip6tables -S INPUT 2>/dev/null | sed -n 's/^-P INPUT /-P INPUT6 /p'
        ip6tables -S ufw6-user-input 2>/dev/null
        exit 0
        """#

    func judge(on bench: any Bench) async throws -> Finding {
        let seen = try await bench.look(on: machine, Self.script)
        let lines = seen.output.lines().map(String.init)
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
        if let only, let stray = Self.stray(beyond: only, in: lines) {
            return finding(
                false,
                state
                    + Localized(
                        ko: "다른 것도 들여보내요: \(shown(stray))", en: "it lets in something else, too: \(shown(stray))"),
                Localized(
                    ko: "sudo ufw status numbered로 규칙을 보고, 필요 없는 것은 sudo ufw delete 번호로 지우세요.",
                    en:
                        "See the rules with sudo ufw status numbered, and remove what is not needed: sudo ufw delete NUMBER."
                ))
        }
        return finding(true, state, nil)
    }

    /// The first loaded rule that lets in a TCP port which is not among `ports`, or the policy that lets in all of IPv6.
    static func stray(beyond ports: Set<Int>, in lines: [String]) -> String? {
        lines.first { line in
            if line == "-P INPUT6 ACCEPT" { return true }
            guard line.hasPrefix("-A ufw-user-input ") || line.hasPrefix("-A ufw6-user-input ") else { return false }
            let rule = Rule(line)
            guard rule.accepts, rule.protocol ?? "tcp" == "tcp", !rule.isOfLoopback else { return false }
            guard let list = rule.ports else { return true }
            return !list.allSatisfy { $0.count <= ports.count && ports.isSuperset(of: $0) }
        }
    }

    /// A rule as iptables prints it, in the respects that matter here.
    private struct Rule {
        let target: String?
        let `protocol`: String?
        let isFromAnywhere: Bool
        /// Whether it is about the loopback alone.
        let isOfLoopback: Bool
        /// The ports that it is about; nil for all.
        let ports: [ClosedRange<Int>]?

        init(_ line: String) {
            let words = line.split(separator: " ").map(String.init)
            func value(_ option: String) -> String? {
                words.firstIndex(of: option).flatMap { words.indices.contains($0 + 1) ? words[$0 + 1] : nil }
            }
            target = value("-j")
            `protocol` = value("-p")
            isFromAnywhere = value("-s") == nil
            isOfLoopback = value("-i") == "lo"
            ports = (value("--dport") ?? value("--dports"))?.split(separator: ",").compactMap { item in
                let ends = item.split(separator: ":").compactMap { Int($0) }
                guard let first = ends.first, let last = ends.last, first <= last else { return nil }
                return first...last
            }
        }

        var accepts: Bool { ["ACCEPT", "ufw-user-limit-accept", "ufw6-user-limit-accept"].contains(target) }
        var refuses: Bool { target == "DROP" || target == "REJECT" }
        func names(_ port: Int) -> Bool { ports?.contains { $0.contains(port) } ?? true }
    }

    /// What the first of ufw's loaded rules that names the port does.
    static func isAllowed(_ port: Int, by lines: [String]) -> Bool {
        for line in lines where line.hasPrefix("-A ufw-user-input ") {
            let rule = Rule(line)
            guard rule.protocol ?? "tcp" == "tcp", !rule.isOfLoopback, rule.names(port) else { continue }
            if rule.accepts || rule.target == "ufw-user-limit" { return true }
            if rule.refuses, rule.isFromAnywhere { return false }
        }
        return false
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
