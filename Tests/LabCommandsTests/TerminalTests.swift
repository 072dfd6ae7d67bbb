import Testing

@testable import LabCommands

@Suite struct TerminalTests {
    @Test(arguments: [
        ("abc", 3), ("한글", 4), ("\u{1112}\u{1161}\u{11AB}", 2), ("e\u{301}", 1), ("🙂", 2), ("👩‍💻", 2), ("🇰🇷", 2),
        ("✔", 1), ("❤️", 2), ("…", 1), ("\u{1B}[31m빨강\u{1B}[39m", 4), ("", 0),
    ]) func width(_ text: String, _ columns: Int) { #expect(Columns.width(text) == columns) }

    @Test func paddingAndCuttingCountColumns() {
        #expect(Columns.padded("한", to: 4) + "|" == "한  |")
        #expect(Columns.padded("한", to: 5, .right) == "   한")
        #expect(Columns.truncated("한글자", to: 4) == "한…")
        #expect(Columns.truncated("abc", to: 3) == "abc")
        #expect(Columns.truncated(Style.ansi.red("abcd"), to: 3) == "\u{1B}[31mab…\u{1B}[39m")
    }

    @Test func wrappingCountsColumns() {
        #expect(Columns.wrapped("가나 다라 마바", to: 9) == ["가나 다라", "마바"])
        #expect(Columns.wrapped("abcdefgh ij", to: 4) == ["abcd", "efgh", "ij"])
        #expect(Columns.wrapped("", to: 4) == [""])
    }

    @Test func stylesAreOffUnlessAsked() {
        #expect(Style.plain.bold("x") == "x")
        #expect(Style.ansi.bold("x") == "\u{1B}[1mx\u{1B}[22m")
    }

    @Test func tablesLineUp() {
        let table = Table(headings: ["이름", "n"], rows: [["ab", "10"], ["가나다", "5"]], alignments: [.left, .right])
        #expect(table.lines() == ["이름     n", "ab      10", "가나다   5"])
        #expect(table.lines(width: 8) == ["이름   n", "ab    10", "가…    5"])
    }
}
