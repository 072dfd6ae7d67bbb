public import LabFile

/// One kind of check: a declarative statement about the live machines that can be judged.
///
/// A kind is one file in `Checks/`, registered in ``CheckKinds/all``. It is written as straight asynchronous code
/// over a ``Bench``; observations that several checks ask of one machine at about the same time travel in one agent
/// call.
public protocol Check: Sendable {
    /// The kind's name, fields, mode and basis.
    static var spec: CheckSpec { get }

    /// Makes the check from fields whose variables have been filled in.
    init(_ fields: Fields) throws

    /// Looks at the machines and says what it found.
    ///
    /// Throws ``Unjudgeable`` (or any other error) when the harness could not look; that becomes `blocked`,
    /// never `fail`.
    func judge(on bench: any Bench) async throws -> Finding
}

/// The outcome of a check.
public enum Verdict: String, Sendable, Codable {
    /// It is so.
    case pass
    /// It is not so.
    case fail
    /// The harness could not judge.
    case blocked
}

/// What a check found: the verdict with its evidence, in both languages.
public struct Finding: Sendable, Equatable {
    /// Pass or fail; `blocked` is made by the engine from a thrown error.
    public var verdict: Verdict
    /// The machine it is about; nil when it is about none.
    public var machine: String?
    /// What should be so, one short line: "X11Forwarding is off".
    public var expected: Localized
    /// What was seen, where and when, and what that usually means; may be several lines.
    public var observed: Localized
    /// A nudge towards the mistake, when the evidence shows which one it is.
    public var hint: Localized?
    /// Whether the mistake lies elsewhere than where a lab's author looks for it: a server that has not read its file, logs
    /// that tell too little. Then this hint is shown, and not the author's.
    public var isElsewhere: Bool

    /// Makes a finding.
    public init(
        _ verdict: Verdict, machine: String?, expected: Localized, observed: Localized, hint: Localized? = nil,
        isElsewhere: Bool = false
    ) {
        self.isElsewhere = isElsewhere
        self.verdict = verdict
        self.machine = machine
        self.expected = expected
        self.observed = observed
        self.hint = hint
    }
}

/// The harness could not judge: whose fault it is and what to do, for the reader.
public struct Unjudgeable: Error, Sendable {
    /// What stood in the way.
    public var reason: Localized

    /// Makes an error from its reason.
    public init(_ reason: Localized) { self.reason = reason }
}

/// libssh2 and a server have no algorithm in common: the system's own ssh is asked instead.
public struct NoCommonAlgorithm: Error, Sendable {}
