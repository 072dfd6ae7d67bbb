import Foundation

/// The closed world of one session: its namespaces, the libvirtd in them, and the directories that it uses.
public struct Room: Sendable {
    /// The room's first process, pid 1 inside.
    public var process: HostProcess
    /// The libvirt URI of its libvirtd, usable from outside the room.
    public var uri: String

    /// The URI for a socket directory.
    static func uri(sockets: String) -> String {
        let plain = CharacterSet(charactersIn: "/-._~").union(.alphanumerics)
        let path = sockets.addingPercentEncoding(withAllowedCharacters: plain) ?? sockets
        return "qemu:///system?socket=\(path)/libvirt-sock"
    }

    /// Makes a room for a session and waits until its libvirtd answers.
    ///
    /// The room is detached from the terminal and the login session. With `endingWith` it ends as soon as nobody holds
    /// the lock (flock(2)) on that file any more; `forwarding` is what it passes on between its networks, by which its
    /// machines may have a way out. Throws with the room's own words when it does not come up within `seconds`.
    static func make(
        session: String, sockets: String, paths: LabPaths, endingWith lock: String = "",
        forwarding: Forwarding = Forwarding(),
        seconds: Int = 90
    ) async throws -> Room {
        for part in ["etc/qemu", "lib", "log", "cache", "disks", "keys"] { try LabPaths.make(session + "/" + part) }
        try LabPaths.make(TrackedConnections.directory(of: session))
        try LabPaths.make(sockets)
        try LabPaths.demandOwn(URL(filePath: sockets).deletingLastPathComponent().path)
        try LabPaths.demandOwn(sockets)
        guard sockets.utf8.count + "/libvirt-admin-sock".utf8.count <= 107 else {
            throw LabError(
                .host, "the path \(sockets) is too long for a socket (107 bytes, unix(7))",
                advice: "Set LAB_RUN to a short directory of your own, such as /tmp/lab-\(getuid())")
        }
        try RoomScript.libvirtd(sockets: sockets).write(
            toFile: session + "/etc/libvirtd.conf", atomically: true, encoding: .utf8)
        try RoomScript.qemu.write(toFile: session + "/etc/qemu.conf", atomically: true, encoding: .utf8)
        try await Capabilities(home: paths.home).lend(to: session)
        try await endLeft(in: sockets)
        let identity = sockets + "/unshare.pid"
        let log = session + "/log/room.log"
        for stale in [identity, sockets + "/libvirt-sock", sockets + "/libvirtd.pid"] {
            try? FileManager.default.removeItem(atPath: stale)
        }
        let user = getuid() == 0 ? [] : ["--user", "--map-root-user", "--map-auto"]
        let inside = ["tini", "-s", "--", "sh", "-euc", RoomScript.setup, "room", session, sockets]
        let command =
            ["unshare"] + user
            + ["--net", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child", "--mount-proc"]
            + inside + [paths.images, paths.userHome, lock]
        let script =
            #"identity=$1 log=$2; shift 2; echo $$ > "$identity"; : > "$log"; exec "$@" </dev/null >>"$log" 2>&1"#
        // In a task of its own: a room whose first process is not known yet could not be ended.
        let process = try await Task {
            do {
                try await Tool.check("setsid", ["--fork", "sh", "-c", script, "sh", identity, log] + command)
                return try await firstProcess(identity: identity, log: log, seconds: seconds)
            } catch {
                try? await endLeft(in: sockets)
                throw error
            }
        }.value
        do {
            let backoff = Backoff(seconds: seconds)
            while !isListening(sockets + "/libvirt-sock") {
                guard process.isAlive else { throw ended(log: log) }
                guard try await backoff.wait() else {
                    throw LabError(.host, "the room's libvirtd did not answer within \(seconds) s\(words(of: log))")
                }
            }
            try await forwarding.begin(in: process)
            if forwarding.uplink { try await Uplink.open(process, log: session + "/log/pasta.log") }
        } catch {
            await Task { try? await end(process) }.value
            throw error
        }
        return Room(process: process, uri: uri(sockets: sockets))
    }

    /// Whether a program takes connections at a Unix socket; its file is there a moment before.
    private static func isListening(_ path: String) -> Bool {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return false }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        let size = socklen_t(MemoryLayout<sockaddr_un>.size)
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, size) } == 0
        }
    }

    /// The words of nsenter(1) for a room's user namespace, if it has one.
    static func entering(_ process: HostProcess) -> [String] {
        ["--target", String(process.pid)] + (getuid() == 0 ? [] : ["--user", "--preserve-credentials"])
    }

    /// Ends a room: every process of it, and with them its interfaces and mounts. Waits until they are gone.
    static func end(_ process: HostProcess) async throws {
        process.signal(SIGKILL)
        let backoff = Backoff(seconds: 60)
        while process.isAlive {
            guard try await backoff.wait() else {
                throw LabError(.failed, "the room's first process \(process.pid) does not end")
            }
        }
    }

    /// Ends the room that a killed command made and could not record any more: who made it is written beside its sockets.
    static func endLeft(in sockets: String) async throws {
        guard let text = try? String(contentsOfFile: sockets + "/unshare.pid", encoding: .utf8),
            let pid = Int(text.trimmingCharacters(in: .whitespacesAndNewlines)), let maker = HostProcess(pid: pid),
            // The pid may be somebody else's by now.
            maker.words.contains(sockets)
        else { return }
        let first = maker.children.filter(isFirst).compactMap { HostProcess(pid: $0) }
        for process in first + [maker] { try await end(process) }
    }

    private static func firstProcess(identity: String, log: String, seconds: Int) async throws -> HostProcess {
        let backoff = Backoff(seconds: seconds)
        var parent: HostProcess?
        repeat {
            if parent == nil, let text = try? String(contentsOfFile: identity, encoding: .utf8),
                let pid = Int(text.trimmingCharacters(in: .whitespacesAndNewlines))
            {
                parent = HostProcess(pid: pid)
                if parent == nil { throw ended(log: log) }
            }
            if let parent {
                // While unshare maps the user's ids its only child is newuidmap; the room's is the one in its own pid namespace.
                for pid in parent.children where isFirst(pid) {
                    if let child = HostProcess(pid: pid) { return child }
                }
                if !parent.isAlive { throw ended(log: log) }
            }
        } while try await backoff.wait()
        throw LabError(.host, "the room did not come up within \(seconds) s\(words(of: log))")
    }

    private static func isFirst(_ pid: Int) -> Bool {
        guard let status = try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8) else { return false }
        return status.split(separator: "\n").contains { line in
            line.hasPrefix("NSpid:") && line.split(separator: "\t").count > 2 && line.hasSuffix("\t1")
        }
    }

    private static func ended(log: String) -> LabError {
        LabError(.host, "the room ended while it was being made\(words(of: log))", advice: "See: lab doctor")
    }

    private static func words(of log: String) -> String {
        let daemon = log.replacing("/room.log", with: "/libvirtd.log")
        let texts = [log, daemon].map { (try? String(contentsOfFile: $0, encoding: .utf8)) ?? "" }
        let text = texts.joined(separator: "\n").suffix(1500)
        return text.isEmpty ? "" : ": " + text.trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
