import Foundation
public import LabFile

/// One thing that a start needs of this host.
public struct Requirement: Sendable, Equatable {
    /// What is needed, in a few words.
    public var name: String
    /// Whether it is there.
    public var isMet: Bool
    /// What was found.
    public var found: String
    /// What mends it; nil when it is met, or cannot be mended here.
    public var remedy: Remedy?

    /// What mends a lack.
    public enum Remedy: Sendable, Equatable, CustomStringConvertible {
        /// A command for `sh`.
        case command(String)
        /// Something that only a person can do.
        case advice(String)

        /// The command or the advice.
        public var description: String {
            switch self {
            case .command(let text), .advice(let text): text
            }
        }
    }
}

/// What a start needs of this host, each found by trying it.
public enum Requirements {
    /// Programs, and the Debian packages that bring them.
    static let programs = [
        ("qemu-system-x86_64", "qemu-system-x86"), ("qemu-img", "qemu-utils"), ("libvirtd", "libvirt-daemon"),
        ("unshare", "util-linux"), ("nsenter", "util-linux"), ("setsid", "util-linux"), ("tini", "tini"),
        ("ip", "iproute2"), ("mmdebstrap", "mmdebstrap"), ("mke2fs", "e2fsprogs"), ("ssh-keygen", "openssh-client"),
        ("newuidmap", "uidmap"), ("apt-ftparchive", "apt-utils"),
    ]

    /// Looks at everything. `memory` is what the machines take together in MiB, `disk` what they may write in MiB.
    /// With a `forwarding` also what that needs.
    static func examine(memory: Int, disk: Int, paths: LabPaths, forwarding: Forwarding) async throws
        -> [Requirement]
    {
        var list = programsFound(
            programs + (forwarding.rules == nil ? [] : Forwarding.programs + TrackedConnections.programs)
                + (forwarding.uplink ? Uplink.programs : []))
        list.append(try await userNamespaces())
        list.append(tun())
        list.append(memoryAvailable(memory))
        list.append(try diskAvailable(disk, at: paths.home))
        return list
    }

    /// Looks at everything that any of `labs` may need, and at what building their images takes while one is missing.
    public static func examine(labs: [Lab], paths: LabPaths) async throws -> [Requirement] {
        let needs = labs.map(SessionStart.needs)
        var list = try await examine(
            memory: needs.map(\.memory).max() ?? 0, disk: needs.map(\.disk).max() ?? 0, paths: paths,
            forwarding: Forwarding(carrier: true, uplink: true))
        let store = ImageStore(root: paths.images)
        let missing = try Set(labs.flatMap(\.machines).map(\.image)).filter {
            try store.find(ImageRecipe.load(directory: "\(paths.root)/images/\($0)")) == nil
        }
        if !missing.isEmpty { list.append(mirror(for: missing.sorted())) }
        return list
    }

    private static func mirror(for images: [String]) -> Requirement {
        let name = "Debian mirror"
        guard (try? ImageBuilder.mirrors()) != nil else {
            return Requirement(
                name: name, isMet: false,
                found: "none is known to apt here, and not built yet: \(images.joined(separator: ", "))",
                remedy: .advice("add one to /etc/apt/sources.list.d/, or bring built images: LAB_IMAGES"))
        }
        return Requirement(name: name, isMet: true, found: "known to apt")
    }

    /// Throws one error that names everything missing, each with its remedy.
    static func demand(memory: Int, disk: Int, paths: LabPaths, forwarding: Forwarding) async throws {
        let missing = try await examine(memory: memory, disk: disk, paths: paths, forwarding: forwarding)
            .filter { !$0.isMet }
        guard !missing.isEmpty else { return }
        let lines = missing.map { "\($0.name): \($0.found)" + ($0.remedy.map { "\n    mend it with: \($0)" } ?? "") }
        throw LabError(.host, "this host cannot run machines yet:\n  " + lines.joined(separator: "\n  "))
    }

    private static func programsFound(_ programs: [(String, String)]) -> [Requirement] {
        let missing = programs.filter { Tool.find($0.0) == nil }
        guard !missing.isEmpty else { return [Requirement(name: "programs", isMet: true, found: "all there")] }
        let packages = Set(missing.map(\.1)).sorted().joined(separator: " ")
        return [
            Requirement(
                name: "programs", isMet: false, found: "missing: " + missing.map(\.0).joined(separator: ", "),
                remedy: .command("sudo apt-get install -y --no-install-recommends \(packages)"))
        ]
    }

    private static func userNamespaces() async throws -> Requirement {
        let name = "namespaces"
        guard Tool.find("unshare") != nil else {
            return Requirement(name: name, isMet: false, found: "unshare is missing")
        }
        let mapping = getuid() == 0 ? [] : ["--user", "--map-root-user", "--map-auto"]
        let outcome = try await Tool.run("unshare", mapping + ["--net", "--mount", "--pid", "--fork", "true"])
        if outcome.status == 0 { return Requirement(name: name, isMet: true, found: "can be made") }
        let user = NSUserName()
        let said = outcome.error.trimmingCharacters(in: .whitespacesAndNewlines)
        if getuid() != 0,
            setting("user/max_user_namespaces") == "0" || setting("kernel/unprivileged_userns_clone") == "0"
        {
            return Requirement(
                name: name, isMet: false, found: "this host forbids user namespaces to ordinary users (\(said))",
                remedy: .command("sudo sysctl -w user.max_user_namespaces=15000 kernel.unprivileged_userns_clone=1"))
        }
        if setting("kernel/apparmor_restrict_unprivileged_userns") == "1" {
            return Requirement(
                name: name, isMet: false, found: "AppArmor forbids user namespaces to ordinary users (\(said))",
                remedy: .command(
                    "echo kernel.apparmor_restrict_unprivileged_userns=0 | sudo tee /etc/sysctl.d/60-lab.conf"
                        + " && sudo sysctl --system"))
        }
        if getuid() != 0, !hasSubordinateIDs(user) {
            return Requirement(
                name: name, isMet: false, found: "\(user) has no subordinate ids in /etc/subuid and /etc/subgid",
                remedy: .command(
                    addingSubordinates(
                        to: user, accounts: content("/etc/passwd"), taken: subordinateFiles.map(content))))
        }
        return Requirement(name: name, isMet: false, found: "cannot be made: \(said)")
    }

    /// A setting of the kernel's, from `/proc/sys`; nil when this kernel has none of that name.
    private static func setting(_ name: String) -> String? {
        (try? String(contentsOfFile: "/proc/sys/" + name, encoding: .utf8))?
            .trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// subuid(5) and subgid(5): `USER:FIRST:COUNT`, a range a line.
    private static let subordinateFiles = ["/etc/subuid", "/etc/subgid"]

    private static func content(_ file: String) -> String { (try? String(contentsOfFile: file, encoding: .utf8)) ?? "" }

    private static func hasSubordinateIDs(_ user: String) -> Bool {
        subordinateFiles.allSatisfy { file in
            content(file).split(separator: "\n").contains {
                $0.hasPrefix("\(user):") || $0.hasPrefix("\(getuid()):")
            }
        }
    }

    /// The first id that lies above all ranges in the `taken` files, and is at least 100000.
    static func freeSubordinate(taken: [String]) -> Int {
        let ends = taken.flatMap { $0.split(separator: "\n") }.compactMap { line -> Int? in
            let parts = line.split(separator: ":").map { $0.trimmingCharacters(in: .whitespaces) }
            guard parts.count == 3, let first = UInt32(parts[1]), let count = UInt32(parts[2]) else { return nil }
            return Int(first) + Int(count)
        }
        return max(100_000, ends.max() ?? 0)
    }

    /// The command that gives a user 65536 subordinate ids that nobody has. usermod(8) knows the `accounts` of
    /// /etc/passwd only, so that the user of a directory service gets a line in each file.
    static func addingSubordinates(to user: String, accounts: String, taken: [String]) -> String {
        let first = freeSubordinate(taken: taken)
        guard accounts.split(separator: "\n").contains(where: { $0.hasPrefix("\(user):") }) else {
            return "echo '\(user):\(first):65536' | sudo tee -a \(subordinateFiles.joined(separator: " "))"
        }
        let range = "\(first)-\(first + 65_535)"
        return "sudo usermod --add-subuids \(range) --add-subgids \(range) \(user)"
    }

    private static func tun() -> Requirement {
        let name = "/dev/net/tun"
        if access(name, F_OK) != 0 {
            return Requirement(name: name, isMet: false, found: "missing", remedy: .command("sudo modprobe tun"))
        }
        if access(name, R_OK | W_OK) != 0 {
            return Requirement(
                name: name, isMet: false, found: "may not be opened by you",
                remedy: .command("sudo chmod 0666 /dev/net/tun"))
        }
        return Requirement(name: name, isMet: true, found: "opens")
    }

    private static func memoryAvailable(_ needed: Int) -> Requirement {
        let available = freeMemory()
        return Requirement(
            name: "memory", isMet: available >= needed, found: "\(available) MiB available, \(needed) MiB needed",
            remedy: available >= needed ? nil : .advice("end other programs or other labs (lab status)"))
    }

    /// The memory that programs can still have, in MiB.
    public static func freeMemory() -> Int {
        let text = (try? String(contentsOfFile: "/proc/meminfo", encoding: .utf8)) ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix("MemAvailable:") } ?? ""
        return line.split(separator: " ").compactMap { Int($0) }.first.map { $0 / 1024 } ?? 0
    }

    /// What is free on the file system of a directory, in MiB.
    public static func free(at directory: String) throws -> Int {
        let attributes = try FileManager.default.attributesOfFileSystem(forPath: directory)
        return ((attributes[.systemFreeSize] as? NSNumber)?.intValue ?? 0) >> 20
    }

    private static func diskAvailable(_ needed: Int, at home: String) throws -> Requirement {
        try LabPaths.make(home)
        let available = try free(at: home)
        return Requirement(
            name: "disk", isMet: available >= needed,
            found: "\(available) MiB free at \(home), \(needed) MiB needed",
            remedy: available >= needed ? nil : .advice("free some space, or set LAB_HOME to a larger file system"))
    }
}
