import LabFile
import LabRuntime
import LabVerifier

/// The ways into a session's machines from outside.
enum Doors {
    /// What an outsider sees of a session's network.
    static func outside(of session: LiveSession) -> any Outside { ClosedOutside() }
}

/// No way in: every probe is blocked.
struct ClosedOutside: Outside {
    private var closed: Unjudgeable {
        Unjudgeable(Localized(ko: "밖에서 볼 수 있는 문이 없어요.", en: "There is no door to look from outside."))
    }

    func connect(from machine: String, to address: String, port: Int, seconds: Int) async throws -> TCPOutcome {
        throw closed
    }
    func authenticationMethods(from machine: String, to address: String, port: Int, user: String) async throws
        -> SSHOffer
    { throw closed }
    func passwordAccepted(from machine: String, to address: String, port: Int, user: String, password: String)
        async throws -> Bool
    { throw closed }
    func keyAccepted(from machine: String, to address: String, port: Int, user: String, privateKey: String)
        async throws -> Bool
    { throw closed }
    func run(on machine: String, as user: String, _ words: [String], input: String?, seconds: Int) async throws
        -> Observation
    { throw closed }
}
