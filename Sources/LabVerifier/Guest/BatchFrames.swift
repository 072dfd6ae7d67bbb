import Foundation

/// The answers of a batch, taken apart.
///
/// The sizes stand before all outputs and the first line is a number that only this execution was told, so no output
/// can pass for a frame.
struct BatchFrames {
    /// What became of one script.
    enum Frame: Equatable {
        /// It ended.
        case said(Observation)
        /// There is no such user.
        case noUser
        /// It did not fit beside the others; it has to be asked for alone.
        case unfit
    }

    /// One a script, in their order.
    var frames: [Frame] = []

    /// Reads the reply; nil when it is not a whole answer to this execution.
    init?(_ reply: String, nonce: String, count: Int) {
        guard let data = Data(base64Encoded: reply.trimmingCharacters(in: .whitespacesAndNewlines)) else { return nil }
        var rest = data[...]
        func line() -> String? {
            guard let end = rest.firstIndex(of: 10) else { return nil }
            defer { rest = rest[(end + 1)...] }
            return String(decoding: rest[..<end], as: UTF8.self)
        }
        guard line() == nonce else { return nil }
        var heads: [(status: String, output: Int, error: Int)] = []
        for _ in 0..<count {
            guard let words = line()?.split(separator: " "), words.count == 3, let output = Int(words[1]),
                let error = Int(words[2]), output >= 0, error >= 0
            else { return nil }
            heads.append((String(words[0]), output, error))
        }
        for head in heads {
            guard rest.count >= head.output + head.error else { return nil }
            let output = rest.prefix(head.output)
            let error = rest.dropFirst(head.output).prefix(head.error)
            rest = rest.dropFirst(head.output + head.error)
            switch head.status {
            case "unfit": frames.append(.unfit)
            case "nouser": frames.append(.noUser)
            default:
                guard let status = Int(head.status) else { return nil }
                frames.append(
                    .said(
                        Observation(
                            status: status,
                            output: String(decoding: output.prefix(BatchDriver.outputLimit), as: UTF8.self),
                            error: String(decoding: error.prefix(BatchDriver.errorLimit), as: UTF8.self))))
            }
        }
    }
}
