/// A table of text whose columns line up, wide characters included.
struct Table: Sendable {
    /// The heading of each column; empty for none.
    var headings: [String] = []
    /// The cells, row by row; a short row is filled up.
    var rows: [[String]] = []
    /// Where each column's text stands; left where nothing is said.
    var alignments: [Columns.Alignment] = []
    /// What stands between two columns.
    var gap = "  "
    /// What stands before each row.
    var indent = ""

    /// The lines of the table; the widest columns are cut when it would be wider than `width`.
    func lines(width: Int? = nil, style: Style = .plain) -> [String] {
        let all = (headings.isEmpty ? [] : [headings]) + rows
        let count = all.map(\.count).max() ?? 0
        guard count > 0 else { return [] }
        var widths = (0..<count).map { column in
            all.map { column < $0.count ? Columns.width($0[column]) : 0 }.max() ?? 0
        }
        if let width {
            let fixed = Columns.width(indent) + Columns.width(gap) * (count - 1)
            while widths.reduce(fixed, +) > width, let widest = widths.max(), widest > 4,
                let index = widths.firstIndex(of: widest)
            {
                widths[index] -= 1
            }
        }
        return all.enumerated().map { index, row in
            let cells = (0..<count).map { column in
                let text = Columns.truncated(column < row.count ? row[column] : "", to: widths[column])
                let alignment = column < alignments.count ? alignments[column] : .left
                let cell = Columns.padded(text, to: widths[column], alignment)
                return index == 0 && !headings.isEmpty ? style.bold(cell) : cell
            }
            let line = indent + cells.joined(separator: gap)
            let end = line.lastIndex { $0 != " " }.map { line.index(after: $0) } ?? line.startIndex
            return String(line[..<end])
        }
    }
}
