import Yams

extension LabReader {
    func readMachines(_ node: Node) -> [MachineSpec] {
        guard let entries = Entries(node, "machines", keys: nil, problems) else { return [] }
        if entries.pairs.isEmpty { problems.error(node, "a lab needs a machine; the first one is the workstation") }
        var addresses: [String: String] = [:]
        var result: [MachineSpec] = []
        for (key, keyNode, value) in entries.pairs {
            // Later references to a machine that is itself faulty are not faults of their own.
            machineNames.append(key)
            machines[key] = MachineSpec(name: key, image: "", address: "", user: "")
            for field in ["name", "address", "user"] { variables.insert("\(key).\(field)") }
            _ = name(keyNode, "a machine's name")
            guard let entry = Entries(value, "machine \"\(key)\"", .machine, problems) else { continue }
            if entry["password"] != nil { variables.insert("\(key).password") }
            let image = entry["image"].flatMap(self.image)
            let acceptsInbound = entry["inbound"].map { inbound($0, isFirst: machineNames.count == 1) } ?? true
            let address = entry["address"].flatMap { self.address($0, acceptsInbound: acceptsInbound) }
            if let address, let node = entry["address"] {
                let network = "network \(address.split(separator: ".").dropLast().joined(separator: ".")).0/24"
                if !acceptsInbound, let other = addresses[network] {
                    problems.error(
                        node, "\(network) is \"\(other)\"'s already; each machine with inbound: none has one of its own"
                    )
                }
                if !acceptsInbound { addresses[network] = addresses[network] ?? key }
                if let other = addresses[address] {
                    problems.error(node, "address \(address) is \"\(other)\"'s already; give each machine its own")
                }
                addresses[address] = addresses[address] ?? key
            }
            let user = entry["user"].flatMap(login)
            let password = entry["password"].flatMap { string($0, "password", variables: false) }
            let memory = entry["memory"].flatMap { integer($0, "memory (MiB)", Grammar.memory) } ?? 256
            let disks = entry["disks"].map(disks) ?? []
            guard let image, let address, let user else { continue }
            let machine = MachineSpec(
                name: key, image: image, address: address, user: user, password: password, memory: memory,
                disks: disks, acceptsInbound: acceptsInbound)
            machines[key] = machine
            result.append(machine)
        }
        return result
    }

    private func disks(_ node: Node) -> [DiskSpec] {
        let disks = list(node, "disks") { item -> DiskSpec? in
            guard let entry = Entries(item, "a disk", .disk, problems), let node = entry["size"],
                let text = string(node, "size", variables: false)
            else { return nil }
            guard keeps(text, to: Grammar.size), let number = Int(text.dropLast()) else {
                problems.error(node, "size must be one such as 200M or 2G, not \(kind(of: node))")
                return nil
            }
            return DiskSpec(size: text.hasSuffix("G") ? number * 1024 : number)
        }
        if case .sequence(let items) = node, !Grammar.disks.contains(items.count) {
            problems.error(node, "a machine has at most \(Grammar.disks.upperBound) disks beside its system's own")
        }
        return disks
    }

    private func image(_ node: Node) -> String? {
        guard let text = name(node, "image") else { return nil }
        if let images, !images.contains(text) {
            problems.error(node, "unknown image \"\(text)\"\(Suggestion.text(for: text, among: images.sorted()))")
            return nil
        }
        return text
    }

    private func login(_ node: Node) -> String? {
        guard let text = string(node, "user", variables: false) else { return nil }
        if !keeps(text, to: Grammar.login) {
            problems.error(
                node, "user must be a login name (letters, digits, \".\", \"_\", \"-\"), not \(kind(of: node))")
            return nil
        }
        return text
    }

    private func inbound(_ node: Node, isFirst: Bool) -> Bool {
        guard let text = string(node, "inbound", variables: false) else { return true }
        switch text {
        case "any": return true
        case "none":
            if isFirst { problems.error(node, "the first machine is the workstation, which must be reachable") }
            return false
        default:
            problems.error(node, "inbound must be any or none, not \(kind(of: node))")
            return true
        }
    }

    private func address(_ node: Node, acceptsInbound: Bool) -> String? {
        guard let text = string(node, "address", variables: false) else { return nil }
        if keeps(text, to: acceptsInbound ? Grammar.openAddress : Grammar.hiddenAddress) { return text }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        let bytes = parts.compactMap { part in
            part.allSatisfy { ("0"..."9").contains($0) } && (part == "0" || !part.hasPrefix("0")) ? UInt8(part) : nil
        }
        guard parts.count == 4, bytes.count == 4 else {
            problems.error(node, "\"\(text)\" is no IPv4 address; write one such as 192.168.122.201")
            return nil
        }
        // Behind a carrier's NAT the third byte is the author's choice.
        let network: [UInt8] = acceptsInbound ? [192, 168, 122] : [100, 64, bytes[2]]
        let range = acceptsInbound ? "192.168.122" : "100.64.\(bytes.prefix(2) == network.prefix(2) ? bytes[2] : 0)"
        let why = bytes.prefix(3) == network[...] ? "is taken by the network itself" : "is outside \(range).0/24"
        let whose = acceptsInbound ? "" : ", behind the carrier's NAT (inbound: none)"
        let (first, last) = (Grammar.host.lowerBound, Grammar.host.upperBound)
        problems.error(node, "address \(text) \(why)\(whose); use \(range).\(first) to \(range).\(last)")
        return nil
    }

    func readParameters(_ node: Node) -> [ParameterSpec] {
        guard let entries = Entries(node, "parameters", keys: nil, problems) else { return [] }
        return entries.pairs.compactMap { key, keyNode, value in
            variables.insert(key)
            if !keeps(key, to: Grammar.parameter) {
                problems.error(
                    keyNode,
                    "a parameter's name must be lower-case letters, digits and \"_\", beginning with a letter, not \"\(key)\""
                )
            }
            guard let entry = Entries(value, "parameter \"\(key)\"", .parameter, problems) else { return nil }
            guard entry.pairs.count == 1, let (kind, _, value) = entry.pairs.first else {
                if entry.pairs.count != 1 {
                    problems.error(value, "parameter \"\(key)\" needs exactly one of port, number, word, choice")
                }
                return nil
            }
            return domain(kind, value).map { ParameterSpec(name: key, domain: $0) }
        }
    }

    private func domain(_ kind: String, _ node: Node) -> ParameterSpec.Domain? {
        switch kind {
        case "port": return range(node, "port", Grammar.port).map(ParameterSpec.Domain.port)
        case "number": return range(node, "number", Grammar.drawn).map(ParameterSpec.Domain.number)
        case "word":
            guard let on = boolean(node, "word") else { return nil }
            if !on { problems.error(node, "write \"word: true\"") }
            return .word
        default:
            let choices = list(node, "choice") { item -> String? in
                guard let text = string(item, "a choice", variables: false) else { return nil }
                if !keeps(text, to: Grammar.choice) {
                    problems.error(item, "a choice may have letters, digits, \".\", \"_\" and \"-\" only")
                }
                return text
            }
            if !Grammar.choices.contains(choices.count), case .sequence = node {
                problems.error(node, "choice needs at least \(Grammar.choices.lowerBound) values")
            }
            return .choice(choices)
        }
    }

    private func range(_ node: Node, _ what: String, _ bounds: ClosedRange<Int>) -> ClosedRange<Int>? {
        guard let text = string(node, what, variables: false) else { return nil }
        let parts = text.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
        guard parts.count == 2, let low = parts[0], let high = parts[1], text == "\(low)-\(high)" else {
            problems.error(node, "\(what) must be a range such as 20000-29999, not \(kind(of: node))")
            return nil
        }
        guard low <= high, bounds.contains(low), bounds.contains(high) else {
            problems.error(
                node,
                "\(what) \(text) is no range within \(bounds.lowerBound)-\(bounds.upperBound), the smaller end first")
            return nil
        }
        return low...high
    }
}
