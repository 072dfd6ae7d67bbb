/// A terminal to ask the server for.
public struct PseudoTerminal: Sendable, Equatable {
    /// The value of `TERM`.
    public var term: String
    /// Width in characters.
    public var columns: Int
    /// Height in characters.
    public var rows: Int

    /// Makes a terminal.
    public init(term: String = "xterm-256color", columns: Int = 80, rows: Int = 24) {
        self.term = term
        self.columns = columns
        self.rows = rows
    }
}
