import Foundation
import Testing

@testable import LabRuntime

/// The program that answers prompts in a guest, run by this machine's python3.
@Suite struct DialogueScriptTests {
    @Test func promptsAreAnsweredInTheirOrder() throws {
        let outcome = try run(
            ["sh", "-c", "printf 'Name: '; read a; printf 'Word: '; read b; echo got $a and $b"],
            [["name:", "kim"], ["word:", "quartz"]], limit: 60)
        #expect(outcome.status == 0)
        #expect(outcome.said.contains("got kim and quartz"))
    }

    @Test func aPromptThatNeverCameIsAFailure() throws {
        let outcome = try run(["true"], [["continue connecting", "yes"]], limit: 60)
        #expect(outcome.status == 125)
    }

    @Test func aLimitEndsTheCommand() throws {
        let outcome = try run(["sleep", "600"], [["never", "x"]], limit: 1)
        #expect(outcome.status == 124)
    }

    @Test func withoutALimitTheCommandEndsByItself() throws {
        let outcome = try run(["sh", "-c", "printf Go:; read a; exit 3"], [["go:", "x"]], limit: nil)
        #expect(outcome.status == 3)
    }

    private func run(_ words: [String], _ dialogue: [[String]], limit: Int?) throws -> (status: Int32, said: String) {
        let python = Process()
        python.executableURL = URL(filePath: "/usr/bin/python3")
        python.arguments = ["-c", DialogueScript.text] + words
        let (input, output) = (Pipe(), Pipe())
        (python.standardInput, python.standardOutput, python.standardError) = (input, output, Pipe())
        try python.run()
        input.fileHandleForWriting.write(
            try JSONEncoder().encode(DialogueScript.Plan(dialogue: dialogue, limit: limit)))
        try input.fileHandleForWriting.close()
        let said = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        python.waitUntilExit()
        return (python.terminationStatus, said)
    }
}
