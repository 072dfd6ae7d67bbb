public import LabFile

/// What came of playing a trial once.
public struct TrialResult: Sendable, Codable, Equatable {
    /// What the step was found to be.
    public enum Outcome: String, Sendable, Codable {
        /// It was found done.
        case accepted
        /// Some check said that it is not done.
        case rejected
        /// Nobody could tell.
        case unjudged
    }

    /// What one check said.
    public struct Check: Sendable, Codable, Equatable {
        /// The kind's name.
        public var kind: String
        /// The machine that it looked at.
        public var machine: String?
        /// `pass`, `fail` or `blocked`; nil when it did not run.
        public var verdict: String?
        /// What it expects.
        public var expected: Text
        /// What it saw.
        public var observed: Text
        /// How long it took.
        public var milliseconds: Int
        /// Whether it failed without having had its time, since another check had rejected the trial already.
        public var isCutShort: Bool?

        /// Makes what a check said.
        public init(
            kind: String, machine: String?, verdict: String?, expected: Text, observed: Text, milliseconds: Int,
            isCutShort: Bool = false
        ) {
            self.kind = kind
            self.machine = machine
            self.verdict = verdict
            self.expected = expected
            self.observed = observed
            self.milliseconds = milliseconds
            self.isCutShort = isCutShort ? true : nil
        }
    }

    /// A text in both languages.
    public struct Text: Sendable, Codable, Equatable {
        var ko: String
        var en: String

        /// Wraps a text.
        public init(_ text: Localized) { (ko, en) = (text.ko, text.en) }

        /// The text in one language.
        public subscript(_ language: Language) -> String { language == .ko ? ko : en }
    }

    /// What the step was found to be.
    public var outcome: Outcome
    /// What each of the step's checks said, in the order of the file.
    public var checks: [Check]
    /// How long it took, with going back to the checkpoint.
    public var seconds: Double
    /// How long the longest action took, in seconds.
    public var longestAction: Double
    /// How long each of the step's checks took until it passed, in seconds; 0 where it did not.
    public var took: [Double] = []
    /// What went on besides, such as an action that did not end.
    public var note: String?
    /// How the machines executed, `kvm` or `tcg`.
    public var accelerator: String?

    /// Makes a result; `isDone` says whether the step was found done, `target` which check had to reject it.
    public init(
        isDone: Bool, checks: [Check], target: Int?, seconds: Double, longestAction: Double = 0, note: String? = nil
    ) {
        self.checks = checks
        self.seconds = seconds
        self.longestAction = longestAction
        self.note = note
        outcome = Self.outcome(isDone: isDone, verdicts: checks.map(\.verdict), target: target)
    }

    /// What verdicts mean for a trial.
    static func outcome(isDone: Bool, verdicts: [String?], target: Int?) -> Outcome {
        if isDone { return .accepted }
        if let target {
            guard verdicts.indices.contains(target) else { return .unjudged }
            switch verdicts[target] {
            case "pass": return .accepted
            case "fail": return .rejected
            default: return .unjudged
            }
        }
        return verdicts.contains("fail") ? .rejected : .unjudged
    }
}
