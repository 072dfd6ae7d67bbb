/// A value that differs from student to student.
public struct ParameterSpec: Sendable, Equatable {
    /// The name used as `{{name}}`, `[a-z][a-z0-9_]*`.
    public var name: String
    /// What it is drawn from.
    public var domain: Domain

    /// What a parameter is drawn from.
    public enum Domain: Sendable, Equatable {
        /// A port in a closed range.
        case port(ClosedRange<Int>)
        /// A whole number in a closed range.
        case number(ClosedRange<Int>)
        /// A lower-case word that is easy to read and to type.
        case word
        /// One of these, each `[A-Za-z0-9._-]+`.
        case choice([String])
    }

    /// Declares a parameter.
    public init(name: String, domain: Domain) {
        self.name = name
        self.domain = domain
    }
}
