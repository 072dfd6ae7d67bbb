import Foundation

/// One line that sshd wrote, with the journal fields that only the kernel and journald can set (systemd.journal-fields(7)).
struct SSHRecord: Sendable, Equatable {
    /// When journald received it, by the guest's clock.
    var time: Date
    /// The boot it belongs to.
    var boot: String
    /// The process that wrote it.
    var pid: Int
    /// The user that process ran as.
    var uid: Int
    /// The line.
    var message: String
}

extension SSHRecord: Decodable {
    private enum Key: String, CodingKey {
        case time = "__REALTIME_TIMESTAMP"
        case boot = "_BOOT_ID"
        case pid = "_PID"
        case uid = "_UID"
        case program = "_EXE"
        case name = "_COMM"
        case transport = "_TRANSPORT"
        case message = "MESSAGE"
    }

    /// Reads one line of `journalctl -o json`; a line that is not sshd's own is an error.
    init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: Key.self)
        func number(_ key: Key) throws -> Int {
            guard let number = Int(try fields.decode(String.self, forKey: key)) else {
                throw DecodingError.dataCorruptedError(forKey: key, in: fields, debugDescription: "not a number")
            }
            return number
        }
        func demand(_ value: String, in key: Key) throws {
            guard try fields.decode(String.self, forKey: key) == value else {
                throw DecodingError.dataCorruptedError(forKey: key, in: fields, debugDescription: "not sshd's")
            }
        }
        // The guest filters already; a reply that holds anything else is not believed.
        try demand("/usr/sbin/sshd", in: .program)
        try demand("sshd", in: .name)
        try demand("syslog", in: .transport)
        time = Date(timeIntervalSince1970: Double(try number(.time)) / 1_000_000)
        boot = try fields.decode(String.self, forKey: .boot)
        pid = try number(.pid)
        uid = try number(.uid)
        // journald gives text that is not valid UTF-8 as a list of bytes.
        if let bytes = try? fields.decode([UInt8].self, forKey: .message) {
            message = String(decoding: bytes, as: UTF8.self)
        } else {
            message = try fields.decode(String.self, forKey: .message)
        }
    }
}
