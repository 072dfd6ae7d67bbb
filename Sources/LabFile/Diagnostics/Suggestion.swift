/// Finds what a mistyped word was meant to be.
enum Suggestion {
    /// `; did you mean "x"?` when a word is near enough, else what there is to choose from.
    static func text(for word: String, among words: some Sequence<String>) -> String {
        var seen: Set<String> = []
        let words = words.filter { seen.insert($0).inserted }
        let limit = max(1, min(3, word.count / 3))
        let near = words.map { (distance(word, $0), $0) }.filter { $0.0 <= limit }.min { $0 < $1 }
        if let near { return "; did you mean \"\(near.1)\"?" }
        if words.isEmpty { return "; there is none" }
        return "; there is " + words.prefix(40).joined(separator: ", ")
    }

    /// The number of insertions, deletions, replacements and swaps of neighbours (optimal string alignment).
    static func distance(_ left: String, _ right: String) -> Int {
        let a = Array(left.prefix(64)), b = Array(right.prefix(64))
        if a.isEmpty || b.isEmpty { return max(a.count, b.count) }
        var rows = [Array(0...b.count)]
        for i in 1...a.count {
            var row = [i]
            for j in 1...b.count {
                var best = min(rows[i - 1][j] + 1, row[j - 1] + 1, rows[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1))
                if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] { best = min(best, rows[i - 2][j - 2] + 1) }
                row.append(best)
            }
            rows.append(row)
        }
        return rows[a.count][b.count]
    }
}
