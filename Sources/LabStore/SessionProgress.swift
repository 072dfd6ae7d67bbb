import Foundation
import GRDB

/// All that is kept of how far a session is: for a session that begins where another one was.
public struct SessionProgress: Codable, Sendable, Equatable {
    /// What is known of its steps.
    public var steps: [StepRecord]
    /// Its kept passes.
    public var passes: [PassRecord]
    /// Its answers.
    public var answers: [AnswerRecord]
}

extension LabStore {
    /// How far a session is.
    public func progress(of session: String) throws -> SessionProgress {
        SessionProgress(
            steps: try steps(of: session).values.sorted { $0.step < $1.step }, passes: try passes(of: session),
            answers: try answers(of: session))
    }

    /// Makes a session be as far as `progress` says, whichever session that was taken from.
    public func adopt(_ progress: SessionProgress, for session: String) throws {
        try write { db in
            for var step in progress.steps {
                step.session = session
                try step.save(db)
            }
            for var pass in progress.passes {
                pass.session = session
                try pass.save(db)
            }
            for var answer in progress.answers {
                answer.session = session
                try answer.save(db)
            }
        }
    }
}
