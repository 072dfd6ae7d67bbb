import LabFile

/// Gathers what several checks ask of one machine at about the same time into one execution.
///
/// Each script still runs in a process of its own, as its own user, two at a time (``BatchDriver``); equal requests run
/// once. The answers come back framed by ``BatchFrames``.
public actor BatchingGuest {
    /// The machine's name, for messages.
    public nonisolated let machine: String
    private let guest: any Guest
    private let gathering: Duration
    private let slowness: Double
    private var waiting: [Waiting] = []
    private var gatherer: Task<Void, Never>?

    private struct Waiting {
        let request: BatchRequest
        let continuation: CheckedContinuation<Observation, any Error>
    }

    /// The most that one execution carries in arguments; the agent takes 131 kB.
    private static let argumentLimit = 90_000
    /// The most scripts of one execution; what is more goes in another.
    private static let scriptLimit = 24
    /// How long one script may take, in seconds on a machine of ordinary speed.
    private static let scriptSeconds = 30

    /// Wraps a guest; `gathering` is how long the first request waits for company.
    public init(
        _ guest: any Guest, machine: String, gathering: Duration = .milliseconds(8), slowness: Double = 1
    ) {
        self.guest = guest
        self.machine = machine
        self.gathering = gathering
        self.slowness = slowness
    }

    /// Runs a read-only script in the next execution; see ``Bench/observe(on:as:_:_:)``.
    public func observe(as user: String?, _ script: String, _ arguments: [String]) async throws -> Observation {
        let request = BatchRequest(user: user, script: script, arguments: arguments)
        return try await withCheckedThrowingContinuation { continuation in
            waiting.append(Waiting(request: request, continuation: continuation))
            gather()
        }
    }

    /// Runs a script in an execution of its own; `timeout` in seconds.
    public nonisolated func perform(as user: String?, _ script: String, _ arguments: [String], timeout: Int)
        async throws -> Observation
    {
        let path = "PATH=\(BatchDriver.path); export PATH; LC_ALL=C.UTF-8; export LC_ALL; "
        let words = ["/bin/sh", "-c", path + script, "lab"] + arguments
        do {
            return try await guest.execute(
                words, as: user ?? "root", input: nil, timeout: timeout, limit: BatchDriver.outputLimit)
        } catch let error as GuestUnreachable {
            throw Unjudgeable(error.reason)
        }
    }

    private func gather() {
        guard gatherer == nil else { return }
        gatherer = Task { [gathering] in
            try? await Task.sleep(for: gathering)
            self.depart()
        }
    }

    private func depart() {
        gatherer = nil
        var rest = waiting[...]
        waiting = []
        while !rest.isEmpty {
            var batch: [Waiting] = []
            var size = 0
            while let next = rest.first, batch.count < Self.scriptLimit {
                if !batch.isEmpty, size + next.request.size > Self.argumentLimit { break }
                size += next.request.size
                batch.append(rest.removeFirst())
            }
            Task { [batch] in await self.run(batch) }
        }
    }

    private func run(_ batch: [Waiting]) async {
        var requests: [BatchRequest] = []
        for item in batch where !requests.contains(item.request) { requests.append(item.request) }
        let answers = await answers(to: requests)
        for item in batch {
            let index = requests.firstIndex(of: item.request) ?? 0
            item.continuation.resume(with: answers[index])
        }
    }

    /// One execution, and one more for each script whose output did not fit with the others'.
    private func answers(to requests: [BatchRequest]) async -> [Result<Observation, any Error>] {
        do {
            let frames = try await execute(requests)
            var answers: [Result<Observation, any Error>] = []
            for (request, frame) in zip(requests, frames) {
                if case .unfit = frame, requests.count > 1 {
                    answers.append(await self.answers(to: [request])[0])
                } else {
                    answers.append(Result { try observation(of: frame, for: request) })
                }
            }
            return answers
        } catch let error as GuestUnreachable {
            return requests.map { _ in .failure(Unjudgeable(error.reason)) }
        } catch {
            return requests.map { _ in .failure(error) }
        }
    }

    private func execute(_ requests: [BatchRequest]) async throws -> [BatchFrames.Frame] {
        let nonce =
            String(UInt64.random(in: .min ... .max), radix: 16) + String(UInt64.random(in: .min ... .max), radix: 16)
        let seconds = max(Self.scriptSeconds, Int(Double(Self.scriptSeconds) * slowness))
        // They run two at a time, and each may take all of its time.
        let answer = try await guest.execute(
            BatchDriver.words(for: requests, nonce: nonce, seconds: seconds), as: nil, input: nil,
            timeout: seconds * ((requests.count + 1) / 2) + 15, limit: BatchDriver.replyLimit)
        guard let frames = BatchFrames(answer.output, nonce: nonce, count: requests.count) else {
            let last = answer.error.lines(droppingReturn: true).last.map { ": \(shown($0))" } ?? ""
            throw Unjudgeable(
                Localized(
                    ko: "\(machine)에서 온 답을 읽을 수 없어요(상태 \(answer.status)\(last)). "
                        + "디스크나 메모리가 가득 찼는지 lab console \(machine)에서 확인해 보세요.",
                    en: "\(machine)'s answer cannot be read (status \(answer.status)\(last)). "
                        + "See on lab console \(machine) whether its disk or memory is full."))
        }
        return frames.frames
    }

    private nonisolated func observation(of frame: BatchFrames.Frame, for request: BatchRequest) throws -> Observation {
        switch frame {
        case .said(let observation) where observation.status == BatchDriver.tooLong:
            throw Unjudgeable(
                Localized(
                    ko: "\(machine)에서 살펴보는 명령이 제한 시간 안에 끝나지 않았어요. 기계가 아주 느리거나 멈춰 있을 수 있어요.",
                    en:
                        "Looking at \(machine) did not end within its time limit. The machine may be very slow or stuck."
                ))
        case .said(let observation)
        where observation.status == BatchDriver.died && request.script.hasPrefix(BatchDriver.perl):
            let last = observation.error.lines(droppingReturn: true).last ?? ""
            throw Unjudgeable(
                Localized(
                    ko: "\(machine)을(를) 살펴보다가 도중에 그쳤어요. 여러분의 잘못으로 치지 않아요: \(shown(last))",
                    en: "Looking at \(machine) broke off; this is not counted against you: \(shown(last))"))
        case .said(let observation):
            return observation
        case .noUser:
            let user = request.user ?? "root"
            throw Unjudgeable(
                Localized(
                    ko: "\(machine)에 \(user) 사용자가 없어서 살펴볼 수 없어요.",
                    en: "\(machine) has no user \(user), so it could not be looked at as that user."))
        case .unfit:
            throw Unjudgeable(
                Localized(
                    ko: "\(machine)의 답이 너무 커서 읽지 않았어요.",
                    en: "\(machine)'s answer was too large and was not read."))
        }
    }
}
