import LabRuntime

/// The exit statuses, decided here and nowhere else (sysexits.h names for 64, 65 and 69).
struct ExitStatus: Error {
    /// The status.
    var value: Int32

    /// All well.
    static let success: Int32 = 0
    /// The tool failed.
    static let failed: Int32 = 1
    /// A check failed, or a step is not done.
    static let notDone: Int32 = 2
    /// Something could not be judged.
    static let notJudged: Int32 = 3
    /// The request is not right.
    static let usage: Int32 = 64
    /// The lab file is not right.
    static let labFile: Int32 = 65
    /// This host cannot run machines.
    static let host: Int32 = 69
    /// `lab exec`: the harness itself failed.
    static let execFailed: Int32 = 125
    /// Ctrl-C.
    static let interrupted: Int32 = 130
    /// Nobody reads standard output any more: what a shell says of a program that SIGPIPE ended.
    static let unread: Int32 = 141

    /// The status of a kind of error.
    static func of(_ code: LabError.Code) -> Int32 {
        switch code {
        case .usage: usage
        case .labFile: labFile
        case .host: host
        default: failed
        }
    }
}
