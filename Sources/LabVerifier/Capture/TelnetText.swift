/// What a person reads in a telnet connection: its bytes without the options that the two ends negotiate (RFC 854).
enum TelnetText {
    private static let interpretAsCommand: UInt8 = 255

    /// The bytes without commands; a doubled 255 is one byte, and the end of a line is a line feed.
    static func plain(_ bytes: [UInt8]) -> [UInt8] {
        var plain: [UInt8] = []
        var place = 0
        while place < bytes.count {
            let byte = bytes[place]
            guard byte == interpretAsCommand else {
                // CR NUL and CR LF both end a line.
                if byte == 13 {
                    plain.append(10)
                    if place + 1 < bytes.count, bytes[place + 1] == 0 || bytes[place + 1] == 10 { place += 1 }
                } else {
                    plain.append(byte)
                }
                place += 1
                continue
            }
            guard place + 1 < bytes.count else { break }
            switch bytes[place + 1] {
            case interpretAsCommand:
                plain.append(interpretAsCommand)
                place += 2
            case 250:
                // A subnegotiation, up to IAC SE.
                place += 2
                while place + 1 < bytes.count, !(bytes[place] == interpretAsCommand && bytes[place + 1] == 240) {
                    place += bytes[place] == interpretAsCommand ? 2 : 1
                }
                place += 2
            case 251...254: place += 3
            default: place += 2
            }
        }
        return plain
    }

    /// What was typed, as the far end took it: a character that was rubbed out is not there.
    static func typed(_ bytes: [UInt8]) -> [UInt8] {
        plain(bytes).reduce(into: []) { line, byte in
            if byte == 127 || byte == 8 {
                if let last = line.last, last != 10 { line.removeLast() }
            } else {
                line.append(byte)
            }
        }
    }
}
