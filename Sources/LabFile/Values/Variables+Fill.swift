extension Variables {
    /// Fills in both languages of a text.
    public func fill(_ text: Localized) -> Localized { Localized(ko: fill(text.ko), en: fill(text.en)) }

    /// Fills in a command.
    public func fill(_ command: Command) -> Command {
        switch command {
        case .shell(let text): .shell(fill(text))
        case .words(let words): .words(words.map(fill))
        }
    }

    /// Fills in an action.
    public func fill(_ action: Action) -> Action {
        switch action {
        case .check: return .check
        case .run(var run):
            run.command = fill(run.command)
            run.user = run.user.map(fill)
            run.dialogue = run.dialogue.map { DialogueLine(when: fill($0.when), say: fill($0.say)) }
            return .run(run)
        case .console(var console):
            console.dialogue = console.dialogue.map { DialogueLine(when: fill($0.when), say: fill($0.say)) }
            return .console(console)
        case .answer(var answer):
            switch answer.source {
            case .value(let text): answer.source = .value(fill(text))
            case .command(let machine, let command): answer.source = .command(machine: machine, fill(command))
            }
            return .answer(answer)
        }
    }

    /// Fills in a statement: its fields, its hint and its expectation.
    public func fill(_ statement: CheckStatement) -> CheckStatement {
        var filled = statement
        filled.fields = statement.fields.mapValues(fill)
        filled.hint = statement.hint.map(fill)
        filled.expect = statement.expect.map(fill)
        return filled
    }

    /// Fills in a check's field.
    public func fill(_ value: FieldValue) -> FieldValue {
        switch value {
        case .string(let text): .string(fill(text))
        case .integer, .boolean: value
        case .list(let list): .list(list.map(fill))
        case .map(let map): .map(map.mapValues(fill))
        case .localized(let text): .localized(fill(text))
        }
    }

    /// Fills in a guide.
    public func fill(_ guide: Guide) -> Guide {
        Guide(introduction: fill(guide.introduction), sections: guide.sections.mapValues(fill))
    }
}
