public import Foundation
public import GRDB

/// What is kept of one step of a session.
public struct StepRecord: Codable, Sendable, Equatable, FetchableRecord, PersistableRecord {
    /// The table.
    public static let databaseTableName = "step"

    /// The session.
    public var session: String
    /// The step's id.
    public var step: String
    /// When all its needs were first found passed; nil before.
    public var opened: Date?
    /// Whether its setup has been carried out.
    public var prepared: Bool
    /// When it was first found done.
    public var passed: Date?
    /// How many of its hints were taken.
    public var hints: Int
    /// Whether the harness played its solution.
    public var solved: Bool
    /// The step whose checkpoint holds the moment of its opening: itself, or one that was opened just before it.
    public var checkpoint: String?

    /// Makes a record of a step that nothing is known of.
    public init(session: String, step: String) {
        self.session = session
        self.step = step
        opened = nil
        prepared = false
        passed = nil
        hints = 0
        solved = false
        checkpoint = nil
    }
}

/// A kept pass of a `once` or `disturbs` check: its evidence, as the verifier encoded it.
public struct PassRecord: Codable, Sendable, Equatable, FetchableRecord, PersistableRecord {
    /// The table.
    public static let databaseTableName = "pass"

    /// The session.
    public var session: String
    /// The step's id.
    public var step: String
    /// The check's statement, in the verifier's canonical text.
    public var statement: String
    /// The evidence, JSON.
    public var evidence: Data
    /// When it was found.
    public var found: Date

    /// Makes a kept pass.
    public init(session: String, step: String, statement: String, evidence: Data, found: Date) {
        self.session = session
        self.step = step
        self.statement = statement
        self.evidence = evidence
        self.found = found
    }
}

/// The last answer to a question, and how many were given.
public struct AnswerRecord: Codable, Sendable, Equatable, FetchableRecord, PersistableRecord {
    /// The table.
    public static let databaseTableName = "answer"

    /// The session.
    public var session: String
    /// The step's id.
    public var step: String
    /// The question's id.
    public var question: String
    /// The answer, normalised.
    public var value: String
    /// How many answers were given, this one included.
    public var attempts: Int
    /// When it was given.
    public var given: Date

    /// Makes an answer.
    public init(session: String, step: String, question: String, value: String, attempts: Int, given: Date) {
        self.session = session
        self.step = step
        self.question = question
        self.value = value
        self.attempts = attempts
        self.given = given
    }
}
