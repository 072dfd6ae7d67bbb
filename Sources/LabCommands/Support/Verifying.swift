import Foundation
import LabFile
import LabRuntime
import LabVerifier

extension Context {
    /// The secret that parameters are drawn with: `LAB_SECRET` of a course, else this installation's own, made at
    /// the first use.
    func secret() throws -> Data {
        if let course = environment["LAB_SECRET"], !course.isEmpty { return Data(course.utf8) }
        let path = paths.home + "/secret"
        if let kept = FileManager.default.contents(atPath: path), kept.count == 32 { return kept }
        let made = Data((0..<32).map { _ in UInt8.random(in: .min ... .max) })
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL, 0o600)
        guard descriptor >= 0 else {
            if let kept = FileManager.default.contents(atPath: path), kept.count == 32 { return kept }
            throw LabError(.failed, "\(path) cannot be written")
        }
        Output.write(made, to: descriptor)
        close(descriptor)
        return made
    }

    /// The checks of a session, for a process that is inside its room.
    func verifier(_ session: LiveSession) throws -> SessionVerifier {
        SessionVerifier(session: session, store: store, secret: try secret(), outside: try Doors.outside(of: session))
    }
}

extension Lab {
    /// The step that is meant: by its id or its number from 1; throws with the list when there is none.
    func step(named name: String) throws -> Step {
        if let step = step(name) { return step }
        if let number = Int(name), steps.indices.contains(number - 1) { return steps[number - 1] }
        let names = steps.map(\.id).joined(separator: ", ")
        throw LabError(
            .usage,
            Localized(
                ko: "\(number)번 실습에는 \"\(name)\" 단계가 없어요",
                en: "there is no step \"\(name)\" in lab \(number)"),
            advice: Localized(ko: "단계: \(names)", en: "Steps: \(names)"))
    }
}
