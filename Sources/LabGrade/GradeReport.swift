public import LabVerifier

/// The totals of one graded session or submission.
public struct GradeReport: Sendable, Equatable {
    /// Whose work it is.
    public var student: String
    /// What the checks found.
    public var report: CheckReport

    /// Grades a report.
    public init(student: String, report: CheckReport) {
        self.student = student
        self.report = report
    }

    /// Points earned and possible.
    public var points: Points { report.points }

    /// Steps that are done.
    public var done: Int { report.steps.count { $0.state == .done } }

    /// Steps in all.
    public var steps: Int { report.steps.count }

    /// Checks that were found wrong, in steps whose turn has come.
    public var failed: Int { checks(.fail) }

    /// Checks that could not be judged: they are not wrong, and a person has to look.
    public var blocked: Int { checks(.blocked) }

    /// Whether the points are final: nothing was left unjudged.
    public var isFinal: Bool { blocked == 0 }

    private func checks(_ verdict: Verdict) -> Int {
        report.steps.filter { $0.state != .waiting }.reduce(0) { $0 + $1.checks.count { $0.verdict == verdict } }
    }
}
