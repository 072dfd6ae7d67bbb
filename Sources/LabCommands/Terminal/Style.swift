/// ANSI styling that writes nothing unless it was asked for.
struct Style: Sendable, Equatable {
    /// Whether escape sequences are written.
    var enabled: Bool

    /// Writes no escape sequences.
    static let plain = Style(enabled: false)
    /// Writes escape sequences.
    static let ansi = Style(enabled: true)

    func bold(_ text: String) -> String { wrap(text, "1", "22") }
    func dim(_ text: String) -> String { wrap(text, "2", "22") }
    func underlined(_ text: String) -> String { wrap(text, "4", "24") }
    func red(_ text: String) -> String { wrap(text, "31", "39") }
    func green(_ text: String) -> String { wrap(text, "32", "39") }
    func yellow(_ text: String) -> String { wrap(text, "33", "39") }
    func cyan(_ text: String) -> String { wrap(text, "36", "39") }

    private func wrap(_ text: String, _ on: String, _ off: String) -> String {
        enabled && !text.isEmpty ? "\u{1B}[\(on)m\(text)\u{1B}[\(off)m" : text
    }
}
