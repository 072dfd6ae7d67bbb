/// Spoils a file: its bytes, and its structure as lines, blocks and the parts of a flow show it.
struct TextMutator {
    typealias Bytes = [UInt8]

    var random: SeededGenerator
    /// Files to take pieces from.
    let corpus: [Bytes]
    /// No file gets longer.
    let sizeLimit = 1 << 18

    /// What a parser, or the one who reads its result, may stumble over.
    static let tokens: [Bytes] =
        [
            "{{", "}}", "{{{", "{{word}}", "{{server01.address}}", "{{}}", "&a ", "*a", "&a [*a]", "<<: ", "? ", "- ",
            "[", "]", "{", "}", "[[[[[[[[", "{a: {a: {a: ", ": ", ":", "\"", "'", "|\n", ">-\n", "|9\n", "# ", ",",
            "\n", "\r",
            "\r\n", "\n\n", "\t", "  ", "\u{2028}", "\u{2029}", "\u{85}", "\u{FEFF}", "\u{0}", "\u{1B}[2J", "\u{7F}",
            "\u{301}", "\u{1F468}\u{200D}\u{1F469}", "\u{10FFFF}", "한글", "!!binary ", "!!str ", "!<x> ", "!",
            "%YAML 1.1\n---\n",
            "%TAG ! x\n", "---\n", "...\n", "~", "null", "true", "no", "0", "-1", "06", "0x1F", "1e9", ".inf",
            "9223372036854775807", "9223372036854775808", "99999999999999999999999", "20000-29999", "5-1", "-", "0-0",
            "1000000000-1000000001", "192.168.122.1", "192.168.122.256", "100.64.0.1", "20s", "61m",
            "9223372036854775807m",
            "\\u0000", "\\x1b", "\"\\uD800\"", "check", "inbound: none", "looks: true", "needs: [first]", "## first\n",
            "```\n",
            "password: ", "on: ", "run: ", "answer: ", "console: ", "choices: ", "disks: [{size: 2G}]", "\\", "@", "`",
        ].map { Bytes($0.utf8) } + [[0xFF], [0xC3], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0x80]]

    /// A file made from one of the corpus by a few changes.
    mutating func mutated(_ original: Bytes) -> Bytes {
        var bytes = original
        // Mostly one or two: a file that is wrong everywhere is refused at its first line.
        let count = 1 << Int.random(in: 0...Int.random(in: 0...4, using: &random), using: &random)
        for _ in 0..<count {
            bytes = Bool.random(using: &random) ? spoiled(bytes) : restructured(bytes)
            if bytes.count > sizeLimit { bytes.removeLast(bytes.count - sizeLimit) }
        }
        return bytes
    }

    private mutating func spoiled(_ bytes: Bytes) -> Bytes {
        var bytes = bytes
        let place = range(of: bytes, atMost: 64)
        switch Int.random(in: 0..<10, using: &random) {
        case 0: bytes.replaceSubrange(place, with: [])
        case 1: bytes.insert(contentsOf: bytes[place], at: place.lowerBound)
        case 2: bytes.removeLast(bytes.count - place.lowerBound)
        case 3:
            if !bytes.isEmpty {
                bytes[min(place.lowerBound, bytes.count - 1)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            }
        case 4: bytes.insert(UInt8.random(in: 0...255, using: &random), at: place.lowerBound)
        case 5:
            let other = pick(corpus)
            bytes.replaceSubrange(place, with: other[range(of: other, atMost: 400)])
        case 6:
            let piece = Bool.random(using: &random) ? Bytes(bytes[place]) : pick(Self.tokens)
            let most = max(1, min(20_000, sizeLimit / max(1, piece.count)))
            let count = Int.random(in: 1...Int.random(in: 1...most, using: &random), using: &random)
            bytes.insert(contentsOf: Bytes(repeatElement(piece, count: count).joined()), at: place.lowerBound)
        default:
            bytes.replaceSubrange(
                Bool.random(using: &random) ? place : place.lowerBound..<place.lowerBound, with: pick(Self.tokens))
        }
        return bytes
    }

    private mutating func restructured(_ bytes: Bytes) -> Bytes {
        if Int.random(in: 0..<3, using: &random) == 0 { return rearranged(bytes) }
        var lines = bytes.split(separator: 10, omittingEmptySubsequences: false).map(Bytes.init)
        let block = self.block(of: lines)
        var moved = Array(lines[block])
        switch Int.random(in: 0..<6, using: &random) {
        case 0: lines.removeSubrange(block)
        case 1: lines.insert(contentsOf: moved, at: block.upperBound)
        case 2:
            lines.removeSubrange(block)
            lines.insert(contentsOf: moved, at: Int.random(in: 0...lines.count, using: &random))
        case 3:
            let shift = Bytes(repeating: 32, count: Int.random(in: 1...6, using: &random))
            let outdents = Bool.random(using: &random)
            moved = moved.map { outdents ? Bytes($0.dropFirst(min(shift.count, indent(of: $0)))) : shift + $0 }
            lines.replaceSubrange(block, with: moved)
        case 4:
            let others = pick(corpus).split(separator: 10, omittingEmptySubsequences: false).map(Bytes.init)
            lines.replaceSubrange(block, with: others[self.block(of: others)])
        default:
            let other = self.block(of: lines)
            if block.upperBound <= other.lowerBound {
                let second = Array(lines[other])
                lines.replaceSubrange(other, with: moved)
                lines.replaceSubrange(block, with: second)
            }
        }
        return Bytes(lines.joined(separator: [10]))
    }

    /// Deletes, doubles, swaps or replaces what stands between the marks of a flow.
    private mutating func rearranged(_ bytes: Bytes) -> Bytes {
        var parts: [Bytes] = [[]]
        for byte in bytes {
            if " ,:{}[]\"\n".utf8.contains(byte) { parts += [[byte], []] } else { parts[parts.count - 1].append(byte) }
        }
        let (one, other) = (
            Int.random(in: parts.indices, using: &random), Int.random(in: parts.indices, using: &random)
        )
        switch Int.random(in: 0..<4, using: &random) {
        case 0: parts[one] = []
        case 1: parts[one] += [32] + parts[one]
        case 2: parts.swapAt(one, other)
        default: parts[one] = pick(Self.tokens)
        }
        return Bytes(parts.joined())
    }

    /// A line and those behind it that are further in.
    private mutating func block(of lines: [Bytes]) -> Range<Int> {
        let first = Int.random(in: lines.indices, using: &random)
        let depth = indent(of: lines[first])
        let behind = lines[(first + 1)...].prefix { indent(of: $0) > depth }.count
        return first..<(first + 1 + behind)
    }

    private func indent(of line: Bytes) -> Int { line.prefix { $0 == 32 }.count }

    private mutating func range(of bytes: Bytes, atMost length: Int) -> Range<Int> {
        let start = Int.random(in: 0...bytes.count, using: &random)
        return start..<(start + Int.random(in: 0...min(length, bytes.count - start), using: &random))
    }

    private mutating func pick(_ list: [Bytes]) -> Bytes { list.randomElement(using: &random) ?? [] }
}
