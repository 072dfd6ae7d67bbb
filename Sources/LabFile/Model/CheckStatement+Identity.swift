extension CheckStatement {
    /// A text that is the same for the same statement of a lab file, wherever it stands in it: what a kept pass is
    /// filed under.
    public var identity: String { "\(kind) \(FieldValue.map(fields).canonical)" }
}

extension FieldValue {
    fileprivate var canonical: String {
        switch self {
        case .string(let text): text.debugDescription
        case .integer(let number): String(number)
        case .boolean(let flag): String(flag)
        case .list(let list): "[" + list.map(\.canonical).joined(separator: ", ") + "]"
        case .map(let map):
            "{" + map.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value.canonical)" }.joined(separator: ", ")
                + "}"
        case .localized(let text): "{ko: \(text.ko.debugDescription), en: \(text.en.debugDescription)}"
        }
    }
}
