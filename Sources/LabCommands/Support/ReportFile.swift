import Foundation
import LabFile
import LabGrade
import LabRuntime

/// A file that a report is written to when a command has come to its end.
struct ReportFile {
    private let path: String

    /// Puts in the place of an earlier report one that says that the command did not come to its end, so that no earlier
    /// one is taken for its own; throws when the file cannot be written. Nil without a path.
    init?(junit path: String?, of command: String) throws {
        guard let path else { return nil }
        self.path = path
        let item = JUnitDocument.Case(
            name: command, result: .blocked, milliseconds: 0, message: "\(command) did not come to its end",
            details: "What it said when it ended tells why.")
        let suite = JUnitDocument.Suite(name: command, host: "", cases: [item])
        try write(JUnitDocument(name: command, classPrefix: "", suites: [suite]).xml)
    }

    /// Removes an earlier page; throws when that is not possible. Nil without a path.
    init?(page path: String?) throws {
        guard let path else { return nil }
        self.path = path
        guard unlink(path) != 0, errno != ENOENT else { return }
        throw unwritable(String(cString: strerror(errno)))
    }

    /// Writes the report, whole or not at all.
    func write(_ text: String) throws {
        do {
            try Data(text.utf8).write(to: URL(filePath: path), options: .atomic)
        } catch {
            throw unwritable(error.localizedDescription)
        }
    }

    private func unwritable(_ reason: String) -> LabError {
        LabError(
            .usage, Localized(ko: "\(path)을(를) 쓸 수 없어요: \(reason)", en: "\(path) cannot be written: \(reason)"),
            advice: Localized(
                ko: "그 디렉터리가 있는지, 쓸 수 있는지 보세요.", en: "See that its directory is there and can be written to."))
    }
}
