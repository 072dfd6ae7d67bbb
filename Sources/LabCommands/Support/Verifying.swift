import Crypto
import Foundation
import LabFile
import LabRuntime
import LabStore
import LabVerifier

extension Context {
    /// The secret that parameters are drawn with: `LAB_SECRET` of a course, without blanks around it, else this
    /// installation's own, made at the first start.
    func secret() throws -> Data {
        let course = environment["LAB_SECRET"]?.trimmingCharacters(in: .whitespacesAndNewlines) ?? ""
        if !course.isEmpty { return Data(course.utf8) }
        let path = paths.home + "/secret"
        if let kept = try Self.keptSecret(path) { return kept }
        let made = Data((0..<32).map { _ in UInt8.random(in: .min ... .max) })
        // Whole or not at all: another process, a full disk or a power failure would leave half of it for good.
        let draft = "\(path).\(UUID().uuidString)"
        defer { unlink(draft) }
        try Self.write(made, to: draft)
        if link(draft, path) == 0 { return made }
        if let kept = try Self.keptSecret(path) { return kept }
        guard rename(draft, path) == 0 else { throw Self.unusable(path, String(cString: strerror(errno))) }
        // Another process may have done the same a moment later.
        return try Self.keptSecret(path) ?? made
    }

    /// The secret in a file; nil when there is none. Throws for what cannot be read or is none: another in its place would
    /// change every student's values for good.
    private static func keptSecret(_ path: String) throws -> Data? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw unusable(path, String(cString: strerror(errno)))
        }
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        let kept = try handle.read(upToCount: 33) ?? Data()
        // An empty one is what an interrupted writing left behind.
        if kept.isEmpty { return nil }
        guard kept.count == 32 else {
            throw unusable(path, "not 32 bytes; a course's own secret belongs into LAB_SECRET")
        }
        return kept
    }

    /// What tells the secret from others, and does not tell the secret.
    func drawn() throws -> String {
        var hash = SHA256()
        hash.update(data: Data("lab: parameters are drawn with\0".utf8))
        hash.update(data: try secret())
        return hash.finalize().prefix(4).map { String(format: "%02x", $0) }.joined()
    }

    /// The secret that a session's parameters were drawn with; throws when it is not the one that there is now.
    func secret(of record: SessionRecord, lab: Lab) throws -> Data {
        guard let drawn = record.drawn else {
            // A session of before that was kept: blanks around a course's secret counted.
            if let course = environment["LAB_SECRET"], !course.isEmpty { return Data(course.utf8) }
            return try secret()
        }
        guard !lab.parameters.isEmpty, try drawn != self.drawn() else { return try secret() }
        throw LabError(
            .usage,
            Localized(
                ko: "\(record.lab)번 실습(\(record.student))의 포트, 이름, 낱말은 지금과 다른 비밀값으로 정해졌어요",
                en:
                    "the ports, names and words of lab \(record.lab) of \(record.student) were drawn with another secret"
            ),
            advice: Localized(
                ko: "LAB_SECRET을 lab start 때와 똑같이 두고 다시 해 보세요(그때 없었다면 지우세요).",
                en: "Set LAB_SECRET as it was at lab start; unset it if there was none."))
    }

    private static func write(_ bytes: Data, to path: String) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw unusable(path, String(cString: strerror(errno))) }
        defer { close(descriptor) }
        let written = bytes.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
        guard written == bytes.count, fsync(descriptor) == 0 else {
            throw unusable(path, String(cString: strerror(errno)))
        }
    }

    private static func unusable(_ path: String, _ reason: String) -> LabError {
        LabError(
            .host,
            Localized(ko: "비밀값 파일 \(path)을(를) 쓸 수 없어요: \(reason)", en: "the secret \(path) cannot be used: \(reason)"))
    }

    /// The checks of a session, for a process that is inside its room.
    func verifier(_ session: LiveSession) throws -> SessionVerifier {
        SessionVerifier(
            session: session, store: store, secret: try secret(of: session.record, lab: session.lab),
            outside: try Doors.outside(of: session))
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
