import LabFile

extension Bench {
    /// The machine called `name`; a lab file that was loaded has it.
    func machine(_ name: String) throws -> MachineSpec {
        guard let machine = lab.machine(name) else {
            throw Unjudgeable(
                Localized(
                    ko: "실습 파일의 잘못이에요: \(name) 기계가 없어요. 실습을 만든 사람에게 알려 주세요.",
                    en: "The lab file is at fault: there is no machine \(name). Tell the lab's author."))
        }
        return machine
    }

    /// The user a check is about: the one it names, else the machine's own.
    func user(_ named: String?, of machine: String) throws -> String { try named ?? self.machine(machine).user }

    /// Observes as root, and takes status 127 for a missing tool: nobody can judge without it.
    func look(on machine: String, _ script: String, _ arguments: [String] = []) async throws -> Observation {
        let seen = try await observe(on: machine, as: nil, script, arguments)
        guard seen.status != 127 else {
            let what = seen.error.lines(droppingReturn: true).last.map { shown($0) } ?? "status 127"
            throw Unjudgeable(
                Localized(
                    ko: "\(machine)에서 살펴보는 데 필요한 프로그램이 없어요: \(what)",
                    en: "\(machine) lacks a program that is needed to look at it: \(what)"))
        }
        return seen
    }
}

extension Localized {
    /// One line under another.
    static func + (first: Localized, second: Localized) -> Localized {
        Localized(ko: first.ko + "\n" + second.ko, en: first.en + "\n" + second.en)
    }
}

extension [Localized] {
    /// One a line.
    var lines: Localized {
        Localized(ko: map(\.ko).joined(separator: "\n"), en: map(\.en).joined(separator: "\n"))
    }
}
