import LabFile

/// `mount`: a file system of a device is mounted at a path, and where that is asked for /etc/fstab says so.
struct MountCheck: Check {
    static let spec = CheckSpec(
        "mount", mode: .holds, basis: .guest,
        "A file system of that disk is mounted there; with `fstab`, /etc/fstab names it, too.",
        fields: [
            .init("on", .machine, required: true, "The machine."),
            .init("path", .string, required: true, "Where it is mounted."),
            .init("device", .string, "The disk that it is on, such as vdb, or a partition of it; default any disk."),
            .init("fstab", .boolean, "Whether /etc/fstab must name it, too; default false."),
        ])

    let machine: String
    let path: String
    private let device: String?
    private let fstab: Bool

    init(_ fields: Fields) throws {
        machine = try fields.required("on")
        path = try fields.required("path")
        device = fields.string("device")
        fstab = fields.boolean("fstab") ?? false
    }

    /// `$1` the path. Prints `mounted SOURCE TYPE` and `fstab SOURCE`, each where there is one, tags such as UUID= made
    /// device names.
    static let script = #"""
        command -v findmnt >/dev/null || exit 127
        findmnt -n -r -o SOURCE,FSTYPE --mountpoint "$1" | sed 's/^/mounted /'
        findmnt --fstab --evaluate -n -r -o SOURCE "$1" | sed 's/^/fstab /'
        exit 0
        """#

    func judge(on bench: any Bench) async throws -> Finding {
        let seen = try await bench.look(on: machine, Self.script, [path])
        var mounted: String?
        var planned: [String] = []
        for line in seen.output.lines() {
            let words = line.split(separator: " ").map(String.init)
            guard words.count >= 2 else { continue }
            // What is mounted last lies on top of the others.
            if words[0] == "mounted" { mounted = words[1] }
            if words[0] == "fstab" { planned.append(words[1]) }
        }
        guard let mounted else {
            return fail(
                Localized(
                    ko: "\(machine)의 \(path)에는 아무것도 마운트되어 있지 않아요.", en: "nothing is mounted at \(path) on \(machine)."),
                planned.isEmpty
                    ? nil
                    : Localized(
                        ko: "/etc/fstab에 적은 것은 부팅할 때나 mount 명령을 줄 때 마운트돼요.",
                        en: "What stands in /etc/fstab is mounted at boot, or when you say mount."))
        }
        guard isRight(mounted) else {
            return fail(
                Localized(
                    ko: "\(machine)의 \(path)에 \(shown(mounted))이(가) 마운트되어 있어요.",
                    en: "\(shown(mounted)) is mounted at \(path) on \(machine)."), nil)
        }
        guard !fstab || planned.contains(where: isRight) else {
            let other = planned.first.map { shown($0) }
            return fail(
                Localized(
                    ko: other.map { "지금은 마운트되어 있지만 /etc/fstab에는 \($0)(으)로 적혀 있어요." }
                        ?? "지금은 마운트되어 있지만 /etc/fstab에는 \(path) 줄이 없어요.",
                    en: other.map { "it is mounted now, but /etc/fstab names \($0)." }
                        ?? "it is mounted now, but /etc/fstab has no line for \(path)."),
                Localized(
                    ko: "손으로 마운트한 것은 다시 부팅하면 사라져요.", en: "What was mounted by hand is gone after a reboot."))
        }
        return Finding(
            .pass, machine: machine, expected: expected,
            observed: Localized(
                ko: "\(machine)의 \(path): \(shown(mounted))", en: "\(path) on \(machine): \(shown(mounted))"))
    }

    private func isRight(_ source: String) -> Bool {
        guard let device else { return source.hasPrefix("/dev/") }
        guard source.hasPrefix("/dev/\(device)") else { return false }
        return source.dropFirst("/dev/\(device)".count).allSatisfy { $0.isASCII && ($0.isNumber || $0 == "p") }
    }

    private func fail(_ observed: Localized, _ hint: Localized?) -> Finding {
        Finding(.fail, machine: machine, expected: expected, observed: observed, hint: hint)
    }

    private var expected: Localized {
        let what = device ?? "-"
        return fstab
            ? Localized(
                ko: "\(path)에 디스크(\(what))가 마운트되어 있고 /etc/fstab에도 적혀 있어요",
                en: "the disk (\(what)) is mounted at \(path), and /etc/fstab says so")
            : Localized(ko: "\(path)에 디스크(\(what))가 마운트되어 있어요", en: "the disk (\(what)) is mounted at \(path)")
    }
}
