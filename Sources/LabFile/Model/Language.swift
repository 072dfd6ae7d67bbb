/// A language that labs are written in.
public enum Language: String, Sendable, CaseIterable, Codable {
    /// Korean.
    case ko
    /// English.
    case en
}

/// A text in both languages of a lab.
public struct Localized: Codable, Sendable, Equatable {
    /// The Korean text.
    public var ko: String
    /// The English text.
    public var en: String

    /// Makes a text from its two forms.
    public init(ko: String, en: String) {
        self.ko = ko
        self.en = en
    }

    /// The same in both languages.
    public static func same(_ text: String) -> Localized { Localized(ko: text, en: text) }

    /// The text in one language.
    public subscript(_ language: Language) -> String {
        switch language {
        case .ko: ko
        case .en: en
        }
    }
}
