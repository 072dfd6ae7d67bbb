import Foundation

/// JSON as every command prints it: sorted keys, indented, ISO 8601 dates.
enum JSONOutput {
    /// Writes a value to standard output.
    static func write(_ value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .iso8601
        Output.data(String(decoding: try encoder.encode(value), as: UTF8.self))
    }
}
