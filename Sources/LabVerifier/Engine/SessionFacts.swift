public import Foundation
public import LabFile

/// What is known of one student's session before the machines are looked at.
public struct SessionFacts: Sendable {
    /// The session's id, for the report.
    public var session: String
    /// How the machines run (`kvm`, `tcg`), for the report.
    public var accelerator: String
    /// The values of `{{…}}`, by name.
    public var variables: [String: String]
    /// Passes of `once` and `disturbs` checks that were kept, among them right answers.
    public var kept: [KeptPass]
    /// When each step was first found open, by step id.
    public var opened: [String: Date]
    /// Steps that were found done earlier.
    public var passed: Set<String>
    /// The last answers, by step id and question id, normalised.
    public var answers: [String: [String: String]]
    /// How many answers were given, by step id and question id.
    public var attempts: [String: [String: Int]]
    /// What the hints taken cost, by step id.
    public var hintCosts: [String: Int]
    /// Steps that the harness solved: they earn nothing.
    public var solved: Set<String>

    /// Gathers what is known.
    public init(
        session: String, accelerator: String, variables: [String: String] = [:], kept: [KeptPass] = [],
        opened: [String: Date] = [:], passed: Set<String> = [], answers: [String: [String: String]] = [:],
        attempts: [String: [String: Int]] = [:], hintCosts: [String: Int] = [:], solved: Set<String> = []
    ) {
        self.session = session
        self.accelerator = accelerator
        self.variables = variables
        self.kept = kept
        self.opened = opened
        self.passed = passed
        self.answers = answers
        self.attempts = attempts
        self.hintCosts = hintCosts
        self.solved = solved
    }
}

/// A pass that stays: that something happened does not become untrue.
public struct KeptPass: Sendable, Equatable {
    /// The step's id.
    public var step: String
    /// Which of its statements: ``LabFile/CheckStatement/identity``.
    public var statement: String
    /// When it was judged, by the host's clock.
    public var date: Date
    /// The evidence: the machine it is about.
    public var machine: String?
    /// The evidence: what was expected.
    public var expected: Localized
    /// The evidence: what was seen.
    public var observed: Localized

    /// Makes a record from its parts.
    public init(
        step: String, statement: String, date: Date, machine: String?, expected: Localized, observed: Localized
    ) {
        self.step = step
        self.statement = statement
        self.date = date
        self.machine = machine
        self.expected = expected
        self.observed = observed
    }
}
