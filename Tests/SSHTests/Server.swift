import Foundation
import Glibc
import Synchronization
import Testing

/// A private sshd on loopback, run as the current user from a directory of its own, ended by its process id.
final class Server: Sendable {
    let port: Int
    let user: String
    let hostKeyLine: String
    let fingerprint: String
    /// A key that may log in, and one that may not.
    let privateKey: String
    let publicKey: String
    let strangerKey: String
    let strangerPublicKey: String
    private let directory: URL
    private let process: ServerProcess

    init(extra: String = "") async throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "ssh-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(
            at: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        if getuid() == 0 {
            try FileManager.default.createDirectory(atPath: "/run/sshd", withIntermediateDirectories: true)
        }
        for name in ["host", "user", "stranger"] {
            try Self.tool(
                "/usr/bin/ssh-keygen",
                ["-q", "-t", "ed25519", "-N", "", "-C", name, "-f", directory.appending(path: name).path])
        }
        let listing = try Self.tool("/usr/bin/ssh-keygen", ["-lf", directory.appending(path: "host.pub").path])
        func text(_ name: String) throws -> String {
            try String(contentsOf: directory.appending(path: name), encoding: .utf8)
        }
        try text("user.pub").write(to: directory.appending(path: "authorized"), atomically: true, encoding: .utf8)
        // With a level of 2 bash reads no ~/.bashrc, and what the tests' user has in it says nothing in between.
        let configuration = """
            HostKey \(directory.path)/host
            PidFile none
            AuthorizedKeysFile \(directory.path)/authorized
            StrictModes no
            UsePAM no
            PasswordAuthentication yes
            KbdInteractiveAuthentication no
            PermitRootLogin yes
            AcceptEnv LANG
            SetEnv SHLVL=2
            MaxStartups 100
            PermitUserEnvironment no
            PrintMotd no
            PrintLastLog no
            \(extra)
            """
        let file = directory.appending(path: "sshd_config")
        try configuration.write(to: file, atomically: true, encoding: .utf8)
        self.user = NSUserName()
        self.hostKeyLine = try text("host.pub")
        self.fingerprint = try #require(listing.split(separator: " ").dropFirst().first.map(String.init))
        self.privateKey = try text("user")
        self.publicKey = try text("user.pub")
        self.strangerKey = try text("stranger")
        self.strangerPublicKey = try text("stranger.pub")
        self.directory = directory
        (self.process, self.port) = try await Self.start(file.path, in: directory)
    }

    deinit {
        process.end()
        try? FileManager.default.removeItem(at: directory)
    }

    var log: String { (try? String(contentsOf: directory.appending(path: "log"), encoding: .utf8)) ?? "" }

    /// Starts sshd on a free port; when somebody else takes the port in between, on another one.
    private static func start(_ file: String, in directory: URL) async throws -> (ServerProcess, Int) {
        let log = directory.appending(path: "log")
        for _ in 0..<10 {
            try? FileManager.default.removeItem(at: log)
            let port = try freePort()
            let process = try ServerProcess(file, port: port, log: log.path)
            while process.isRunning {
                let text = (try? String(contentsOf: log, encoding: .utf8)) ?? ""
                if text.contains("Server listening on 127.0.0.1 port \(port)") { return (process, port) }
                try await Task.sleep(for: .milliseconds(20))
            }
        }
        throw ServerProcess.Failure(log: (try? String(contentsOf: log, encoding: .utf8)) ?? "no log")
    }

    @discardableResult
    private static func tool(_ path: String, _ arguments: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(filePath: path)
        process.arguments = arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
        return String(decoding: output, as: UTF8.self)
    }
}

/// A running sshd.
final class ServerProcess: Sendable {
    /// It did not start.
    struct Failure: Error { let log: String }

    private let pid: pid_t
    private let hasEnded = Mutex(false)

    init(_ configuration: String, port: Int, log: String) throws {
        let words = [
            "/usr/sbin/sshd", "-D", "-f", configuration, "-E", log, "-o", "ListenAddress=127.0.0.1:\(port)",
        ]
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var pid: pid_t = 0
        try #require(
            posix_spawn(&pid, words[0], nil, nil, &arguments, environ) == 0,
            "no sshd can be started; install it with: scripts/install openssh-server")
        self.pid = pid
    }

    deinit { end() }

    /// Whether it still runs; once it does not, its process id is nobody's to signal.
    var isRunning: Bool {
        hasEnded.withLock { hasEnded in
            var status: Int32 = 0
            if !hasEnded, waitpid(pid, &status, WNOHANG) == pid { hasEnded = true }
            return !hasEnded
        }
    }

    func end() {
        hasEnded.withLock { hasEnded in
            guard !hasEnded else { return }
            kill(pid, SIGTERM)
            var status: Int32 = 0
            waitpid(pid, &status, 0)
            hasEnded = true
        }
    }
}

/// A socket that listens on loopback and never says a word, or a port that nobody listens on.
final class SilentListener: Sendable {
    let descriptor: Int32
    let port: Int

    init(backlog: Int32 = 8) throws {
        (descriptor, port) = try bound()
        try #require(listen(descriptor, backlog) == 0)
    }

    deinit { close(descriptor) }
}

/// A port that was free a moment ago.
func freePort() throws -> Int {
    let (descriptor, port) = try bound()
    close(descriptor)
    return port
}

private func bound() throws -> (Int32, Int) {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let status = withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
            bind(descriptor, address, size) == 0 ? getsockname(descriptor, address, &size) : -1
        }
    }
    try #require(status == 0)
    return (descriptor, Int(in_port_t(bigEndian: address.sin_port)))
}

/// A connected pair of sockets.
func pair() throws -> (Int32, Int32) {
    var ends: [Int32] = [-1, -1]
    try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0)
    return (ends[0], ends[1])
}
