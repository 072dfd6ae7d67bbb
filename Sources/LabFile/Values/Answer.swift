import Foundation

/// What a student answers, made comparable.
public enum Answer {
    /// Trims, folds white space to single spaces and composes (Unicode NFC); lower-cases when `ignoringCase`.
    public static func normalised(_ text: String, ignoringCase: Bool = false) -> String {
        let composed = text.precomposedStringWithCanonicalMapping
        let folded = composed.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return ignoringCase ? folded.lowercased() : folded
    }
}
