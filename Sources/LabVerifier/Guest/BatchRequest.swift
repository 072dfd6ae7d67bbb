/// One script of a batch.
struct BatchRequest: Sendable, Equatable {
    /// The user it runs as; nil is root.
    var user: String?
    /// The text for `/bin/sh -c`, or for perl when it begins with `#!perl`.
    var script: String
    /// Its `$1`, `$2`, …; perl's `@ARGV`.
    var arguments: [String]

    /// About how many bytes it takes in an argument list.
    var size: Int { script.utf8.count + arguments.reduce(64) { $0 + $1.utf8.count + 8 } }
}
