import Foundation

/// One line of `journalctl -o json`, as much of it as checks look at.
struct JournalLine: Decodable {
    /// What was recorded.
    var message: String
    /// When journald received it, by the guest's clock.
    var time: Date
    /// The program that sent it, which the kernel vouches for; nil where it was not asked for or has gone.
    var program: String?

    private enum Key: String, CodingKey {
        case message = "MESSAGE"
        case microseconds = "__REALTIME_TIMESTAMP"
        case program = "_EXE"
    }

    init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: Key.self)
        time = Date(timeIntervalSince1970: (Double(try fields.decode(String.self, forKey: .microseconds)) ?? 0) / 1e6)
        program = try fields.decodeIfPresent(String.self, forKey: .program)
        // journald gives text that is not valid UTF-8 as a list of bytes.
        if let bytes = try? fields.decode([UInt8].self, forKey: .message) {
            message = String(decoding: bytes, as: UTF8.self)
        } else {
            message = try fields.decode(String.self, forKey: .message)
        }
    }

    /// The lines of a text; what is none is passed over.
    static func all(_ text: some StringProtocol) -> [JournalLine] {
        let decoder = JSONDecoder()
        return text.lines().compactMap { try? decoder.decode(JournalLine.self, from: Data($0.utf8)) }
    }
}
