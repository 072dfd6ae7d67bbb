import Testing

@testable import LabCommands

@Suite struct TerminalMarkdownTests {
    @Test func blocks() {
        let text = """
            # Title

            A paragraph with `code here`, **bold** and a
            [link](https://example.org) in authorized_keys.

            - one
              - inner
            - two
              more
            1. first

            ```sh
            ssh  server01   # kept
            ```

            > quoted
            > text

            | a | b |
            |---|--:|
            | 한글 | 1 |
            """
        let expected = [
            "Title", "═════", "",
            "A paragraph with `code here`, bold",
            "and a link (https://example.org) in", "authorized_keys.", "",
            "• one", "  • inner", "• two more", "1. first", "", "    ssh  server01   # kept", "", "│ quoted text", "",
            "a     b", "───────", "한글  1",
        ]
        #expect(Markdown(width: 36).lines(text) == expected)
    }

    @Test func inlineStyles() {
        let inline = MarkdownInline(style: .ansi)
        #expect(inline.render("a `b*c*` **d**") == "a \u{1B}[36mb*c*\u{1B}[39m \u{1B}[1md\u{1B}[22m")
        #expect(
            MarkdownInline(style: .plain).render("2 * 3 * 4 \\*x\\* snake_case_name `")
                == "2 * 3 * 4 *x* snake_case_name `")
    }

    @Test func aGuideCannotSteerTheTerminal() {
        #expect(Markdown().lines("a\u{1B}]0;x\u{7}b") == ["a]0;xb"])
    }

    @Test(arguments: [
        "", "\n\n", "```", "- ", ">", "|-|\n|-|", "**", "[a](", "1.", "# ", String(repeating: "> ", count: 500),
    ])
    func anyTextIsRendered(_ text: String) { _ = Markdown(width: 3).lines(text) }
}
