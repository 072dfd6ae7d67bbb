public import Foundation
public import LabFile

/// A command in a guest whose input and output stream through FIFOs, since `guest-exec` itself cannot stream.
///
/// The FIFOs give back-pressure: a command that prints faster than the reader reads waits.
public struct GuestStream: Sendable {
    private let agent: GuestAgent
    private let chunk = 48 * 1024

    /// Makes a stream over an agent.
    public init(_ agent: GuestAgent) { self.agent = agent }

    /// Runs `command` as `user` until it ends and gives its exit status.
    ///
    /// `input` gives the next bytes for standard input, an empty value when there are none yet, nil at its end.
    /// `output` is called with the bytes of standard output (1) and standard error (2) as they come.
    public func run(
        _ command: Command, as user: String, input: @Sendable () async throws -> Data?,
        output: @Sendable (Int, Data) async throws -> Void
    ) async throws -> Int {
        let nonce = UInt64.random(in: .min ... .max)
        let directory = "/run/lab-exec-\(String(nonce, radix: 16))"
        try await agent.check(
            ["/bin/sh", "-euc", #"umask 077; mkdir "$1"; cd "$1"; mkfifo in out err"#, "sh", directory])
        let files = try await (
            agent.open(directory + "/in", mode: "r+"), agent.open(directory + "/out", mode: "r+"),
            agent.open(directory + "/err", mode: "r+")
        )
        let script = #"d=$1; shift; exec <"$d/in" >"$d/out" 2>"$d/err"; printf . >&2; exec "$@""#
        let words = ["/bin/sh", "-c", script, "sh", directory] + UserCommand.words(command, as: user)
        let result: Result<Int, any Error>
        do {
            let pid = try await agent.begin(words, capture: false)
            result = .success(
                try await pump(pid: pid, directory: directory, files: files, input: input, output: output))
        } catch {
            result = .failure(error)
        }
        await agent.close(files.1)
        await agent.close(files.2)
        _ = try? await agent.run(["/bin/rm", "-rf", directory])
        return try result.get()
    }

    private func pump(
        pid: Int, directory: String, files: (GuestAgent.Handle, GuestAgent.Handle, GuestAgent.Handle),
        input: @Sendable () async throws -> Data?, output: @Sendable (Int, Data) async throws -> Void
    ) async throws -> Int {
        var pending = Data()
        var inputIsOpen = true
        var hasBegun = false
        var ended: Int?
        var pause = Duration.milliseconds(5)
        while true {
            do { try Task.checkCancellation() } catch {
                _ = try? await agent.begin(["/bin/kill", "-TERM", String(pid)], capture: false)
                throw error
            }
            if ended == nil {
                let status = try await agent.status(of: pid)
                if status.exited { ended = status.status }
            }
            var moved = false
            for (number, file) in [(1, files.1), (2, files.2)] {
                while var data = try await agent.read(file, count: chunk), !data.isEmpty {
                    moved = true
                    // The wrapper's dot says that it has opened the FIFOs: input that was closed before would never end.
                    if number == 2, !hasBegun {
                        hasBegun = true
                        data = data.dropFirst()
                    }
                    if !data.isEmpty { try await output(number, data) }
                }
            }
            // Both were found empty after the end was seen: nothing can come any more.
            if let ended { return try await finish(ended, inputIsOpen ? files.0 : nil) }
            if inputIsOpen, hasBegun {
                if pending.isEmpty, let more = try await input() {
                    pending = more
                } else if pending.isEmpty {
                    await agent.close(files.0)
                    inputIsOpen = false
                }
                if !pending.isEmpty {
                    let count = try await agent.write(pending.prefix(chunk), to: files.0)
                    pending = pending.dropFirst(count)
                    moved = moved || count > 0
                }
            }
            pause = moved ? .milliseconds(5) : min(pause * 1.5, .milliseconds(100))
            if !moved { try await Task.sleep(for: pause) }
        }
    }

    private func finish(_ status: Int, _ input: GuestAgent.Handle?) async throws -> Int {
        if let input { await agent.close(input) }
        return status
    }
}
