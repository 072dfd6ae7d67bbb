import Crypto
public import Foundation

/// Draws a student's parameters, so that whoever has the secret can draw them again.
///
/// A value is HMAC-SHA256(secret, lab, student, name) mapped onto the parameter's range without bias.
public struct ParameterDrawing: Sendable {
    private let secret: Data

    /// Draws with a secret, of a course or of an installation.
    public init(secret: Data) { self.secret = secret }

    /// The values of all of a lab's parameters for a student, by name.
    public func values(for lab: Lab, student: String) -> [String: String] {
        var values: [String: String] = [:]
        for parameter in lab.parameters {
            values[parameter.name] = value(of: parameter, lab: lab.name, student: student)
        }
        return values
    }

    /// The value of one parameter of the lab called `lab`.
    public func value(of parameter: ParameterSpec, lab: String, student: String) -> String {
        func draw(_ count: Int) -> Int {
            number(below: UInt64(count), lab: lab, student: student, name: parameter.name)
        }
        switch parameter.domain {
        case .port(let range), .number(let range): return String(range.lowerBound + draw(range.count))
        case .word: return Words.all[draw(Words.all.count)]
        case .choice(let choices): return choices.isEmpty ? "" : choices[draw(choices.count)]
        }
    }

    private func number(below count: UInt64, lab: String, student: String, name: String) -> Int {
        // Draws from the incomplete last stretch of the 64-bit range would favour small numbers: draw again.
        let limit = UInt64.max - UInt64.max % count
        var round: UInt8 = 0
        while true {
            var mac = HMAC<SHA256>(key: SymmetricKey(data: secret))
            for part in [lab, student.precomposedStringWithCanonicalMapping, name] {
                // Each part goes in behind its length, so that no two triples read the same.
                let bytes = Array(part.utf8)
                withUnsafeBytes(of: UInt32(bytes.count).bigEndian) { mac.update(data: $0) }
                mac.update(data: bytes)
            }
            mac.update(data: [round])
            let drawn = mac.finalize().prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            if drawn < limit || round == .max { return Int(drawn % count) }
            round += 1
        }
    }
}
