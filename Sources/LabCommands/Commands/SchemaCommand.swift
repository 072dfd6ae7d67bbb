import ArgumentParser
import Foundation
import LabFile
import LabVerifier

struct SchemaCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema", abstract: "The JSON Schema of lab.yaml, for editors.",
        discussion: """
            With it an editor that speaks to the YAML language server completes keys and checks and marks errors. Write it
            beside the labs and name it in a lab's first line:

              lab schema > labs/lab.schema.json
              # yaml-language-server: $schema=../lab.schema.json
            """)

    func run() throws {
        Output.data(String(decoding: try LabSchema(specs: CheckKinds.specs).json(), as: UTF8.self))
    }
}
