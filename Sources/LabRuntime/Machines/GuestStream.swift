public import Foundation
public import LabFile

/// A command in a guest whose input and output stream, since `guest-exec` itself cannot.
///
/// The agent reads and writes FIFOs without blocking and loses what it had read when it then finds none left, so it is
/// never asked for more than is known to be there: a pump in the guest (``GuestPump``) announces each piece that it
/// has put into the data FIFO, and each piece of input that it has taken. A command that prints faster than the reader
/// reads waits.
public struct GuestStream: Sendable {
    private let agent: GuestAgent

    /// Makes a stream over an agent.
    public init(_ agent: GuestAgent) { self.agent = agent }

    private struct Files {
        var input: GuestAgent.Handle
        var data: GuestAgent.Handle
        var control: GuestAgent.Handle
    }

    /// Runs `command` as `user` until it ends and gives its exit status.
    ///
    /// `input` gives the next bytes for standard input, an empty value when there are none yet, nil at its end.
    /// `output` is called with the bytes of standard output (1) and standard error (2) as they come.
    public func run(
        _ command: Command, as user: String, input: @Sendable () async throws -> Data?,
        output: @Sendable (Int, Data) async throws -> Void
    ) async throws -> Int {
        let directory = "/run/lab-exec-" + String(UInt64.random(in: .min ... .max), radix: 16)
        try await agent.check(
            ["/bin/sh", "-euc", #"umask 077; mkdir "$1"; cd "$1"; mkfifo in data control"#, "sh", directory])
        let files = Files(
            input: try await agent.open(directory + "/in", mode: "r+"),
            data: try await agent.open(directory + "/data", mode: "r+"),
            control: try await agent.open(directory + "/control", mode: "r+"))
        let words = ["/usr/bin/perl", "-e", GuestPump.text, directory] + UserCommand.words(command, as: user)
        let result: Result<Int, any Error>
        var pump: Int?
        do {
            let begun = try await agent.begin(words, capture: false)
            pump = begun
            result = .success(try await follow(begun, files: files, input: input, output: output))
            pump = nil
        } catch {
            result = .failure(error)
        }
        // In a task of its own: one that was cancelled still ends its command and clears away what it made.
        await Task { [pump] in
            if let pump { _ = try? await agent.begin(["/bin/kill", "-TERM", String(pump)], capture: false) }
            for file in [files.input, files.data, files.control] { await agent.close(file) }
            _ = try? await agent.run(["/bin/rm", "-rf", directory])
        }.value
        return try result.get()
    }

    private func follow(
        _ pump: Int, files: Files, input: @Sendable () async throws -> Data?,
        output: @Sendable (Int, Data) async throws -> Void
    ) async throws -> Int {
        var pending = Data()
        var room = 0
        var inputIsOpen = true
        var isOver = false
        var pause = Duration.milliseconds(2)
        while true {
            try Task.checkCancellation()
            var moved = false
            while let (kind, number) = try await record(files.control) {
                moved = true
                // What says something all the time comes to no pause.
                try Task.checkCancellation()
                switch kind {
                case "o", "e":
                    let data = try await agent.read(files.data, count: number) ?? Data()
                    try await output(kind == "o" ? 1 : 2, data)
                case "r": room += number
                default: return number
                }
            }
            if inputIsOpen {
                if pending.isEmpty {
                    if let more = try await input() {
                        pending = more
                    } else if room > 0 {
                        // The pump has opened its end (it has granted room): closing ours now is an end of file there.
                        await agent.close(files.input)
                        inputIsOpen = false
                    }
                }
                if !pending.isEmpty, room > 0 {
                    let count = try await agent.write(pending.prefix(room), to: files.input)
                    pending = pending.dropFirst(count)
                    room -= count
                    moved = moved || count > 0
                }
            }
            if !moved {
                guard !isOver else {
                    throw LabError(.unreachable, "the command on \(agent.machine) was cut off")
                }
                try await Task.sleep(for: pause)
                // Its last announcement may have come in between: it is looked for once more.
                if pause >= .milliseconds(50) { isOver = try await agent.status(of: pump).exited }
            }
            pause = moved ? .milliseconds(2) : min(pause * 1.5, .milliseconds(50))
        }
    }

    /// The pump's next announcement: a letter and seven digits; nil when there is none now.
    private func record(_ control: GuestAgent.Handle) async throws -> (String, Int)? {
        guard let data = try await agent.read(control, count: 8), !data.isEmpty else { return nil }
        let text = String(decoding: data, as: UTF8.self)
        guard text.count == 8, let number = Int(text.dropFirst()), number <= 1 << 16 else {
            throw LabError(.unreachable, "\(agent.machine) sent a stream that makes no sense")
        }
        return (String(text.prefix(1)), number)
    }
}
