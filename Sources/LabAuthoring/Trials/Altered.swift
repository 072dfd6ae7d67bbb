import LabFile

/// An answer that is nearly right: its last character is another one.
enum Altered {
    /// A text with its last character changed; a digit becomes the next one.
    static func text(_ text: String) -> String {
        guard let last = text.last else { return "x" }
        return text.dropLast() + other(last)
    }

    private static func other(_ character: Character) -> String {
        if let digit = character.wholeNumberValue, character.isASCII { return String((digit + 1) % 10) }
        return character == "x" ? "y" : "x"
    }

    /// Words that run a command and print what it prints on its first line, altered in the same way.
    static func words(_ command: Command) -> [String] {
        let inner: [String] =
            switch command {
            case .shell(let text): ["/bin/bash", "-c", text]
            case .words(let words): words
            }
        let script = #"""
            said=$("$@" | head -n 1)
            last=${said#"${said%?}"}
            case $last in
                [0-8]) last=$((last + 1)) ;;
                9) last=0 ;;
                x) last=y ;;
                *) last=x ;;
            esac
            printf '%s%s\n' "${said%?}" "$last"
            """#
        return ["/bin/sh", "-c", script, "sh"] + inner
    }
}
