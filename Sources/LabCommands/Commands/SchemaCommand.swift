public import ArgumentParser
import Foundation
import LabFile
import LabVerifier

struct SchemaCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema", abstract: "The JSON Schema of lab.yaml, for editors; or the reference's tables.",
        discussion: """
            With it an editor that speaks to the YAML language server completes keys and checks and marks errors. Write \
            it beside the labs and name it in a lab's first line:

              lab schema > labs/lab.schema.json
              # yaml-language-server: $schema=../lab.schema.json

            With --markdown it prints the tables of docs/lab-format.md (keys) or docs/checks.md (checks) instead.
            """)

    @Option(help: ArgumentHelp("Print the tables of the reference instead: keys or checks.", valueName: "part"))
    var markdown: LabReference.Part?

    func run() throws {
        if let markdown { return Output.data(LabReference(specs: CheckKinds.specs).markdown(markdown)) }
        Output.data(String(decoding: try LabSchema(specs: CheckKinds.specs).json(), as: UTF8.self))
    }
}

extension LabReference.Part: ExpressibleByArgument {}
