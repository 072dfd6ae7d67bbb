import Foundation

/// A process of this host, known by its pid and start time, so that a pid that was given to another is never taken
/// for it.
public struct HostProcess: Sendable, Equatable {
    /// The pid in this process's pid namespace.
    public var pid: Int
    /// When it started, in clock ticks since boot (field 22 of `/proc/PID/stat`, proc(5)).
    public var start: Int

    /// Names a process that was seen before.
    public init(pid: Int, start: Int) {
        self.pid = pid
        self.start = start
    }

    /// The process that has `pid` now, or nil.
    public init?(pid: Int) {
        guard let start = Self.startTime(of: pid) else { return nil }
        self.init(pid: pid, start: start)
    }

    /// Whether it still runs (a zombie does not).
    public var isAlive: Bool { Self.startTime(of: pid) == start }

    /// The pids of its children.
    public var children: [Int] {
        let text = (try? String(contentsOfFile: "/proc/\(pid)/task/\(pid)/children", encoding: .utf8)) ?? ""
        return text.split(separator: " ").compactMap { Int($0) }
    }

    /// The words of its command line; empty when it is gone.
    var words: [String] {
        let text = (try? String(contentsOfFile: "/proc/\(pid)/cmdline", encoding: .utf8)) ?? ""
        return text.split(separator: "\0").map(String.init)
    }

    /// Sends a signal if it still runs.
    public func signal(_ number: Int32) {
        if isAlive { kill(pid_t(pid), number) }
    }

    /// The start time of a process that is no zombie.
    static func startTime(of pid: Int) -> Int? {
        guard let stat = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
            let close = stat.lastIndex(of: ")")
        else { return nil }
        let fields = stat[stat.index(after: close)...].split(separator: " ")
        guard fields.count > 19, fields[0] != "Z", fields[0] != "X" else { return nil }
        return Int(fields[19])
    }

    /// This boot's id, as the kernel gives it.
    public static var bootID: String {
        ((try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8)) ?? "")
            .trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
