import Foundation

/// Joins sshd's lines into logins, by boot and process.
///
/// The privileged process of a connection (uid 0) writes that it came in and was accepted, and names its child; the
/// child, which runs as the user, writes what sessions it starts. A line of another user's process never opens a login.
struct SSHJoining {
    private struct Process: Hashable {
        var boot: String
        var pid: Int
    }

    private var logins: [SSHLogin] = []
    private var current: [Process: Int] = [:]
    private var newest: [String: Date] = [:]

    /// Whether the newest session that PAM opened has no acceptance beside it: sshd itself says nothing.
    private(set) var unexplainedOpening = false

    /// Takes the next record, in the order of the journal.
    mutating func take(_ record: SSHRecord) {
        newest[record.boot] = record.time
        guard let message = SSHMessage(record.message) else { return }
        let process = Process(boot: record.boot, pid: record.pid)
        if record.uid == 0 {
            takePrivileged(message, record, process)
        } else {
            takeChild(message, record, process)
        }
    }

    /// The logins, with those of earlier boots closed at the last line of their boot.
    func finish() -> [SSHLogin] {
        let last = newest.max { $0.value < $1.value }?.key
        return logins.map { login in
            guard login.ended == nil, login.boot != last else { return login }
            var login = login
            login.ended = newest[login.boot]
            return login
        }
    }

    private mutating func takePrivileged(_ message: SSHMessage, _ record: SSHRecord, _ process: Process) {
        switch message {
        case .connection(let client, let server):
            open(process, client: client, at: record.time)
            change(process) { $0.server = server }
        case .accepted(let method, let user, let client, let fingerprint):
            find(process, client: client, at: record.time)
            unexplainedOpening = false
            change(process) {
                $0.user = user
                $0.acceptance = .init(at: record.time, method: method, fingerprint: fingerprint)
            }
        case .failed(let method, let user, let client):
            find(process, client: client, at: record.time)
            change(process) {
                $0.user = user
                $0.failures.append(method)
            }
        case .userChild(let pid):
            guard let index = current[process] else { return }
            logins[index].childPid = pid
            current[Process(boot: process.boot, pid: pid)] = index
        case .opened:
            unexplainedOpening = current[process].map { logins[$0].acceptance == nil } ?? true
        default:
            takeChild(message, record, process)
        }
    }

    private mutating func takeChild(_ message: SSHMessage, _ record: SSHRecord, _ process: Process) {
        switch message {
        case .session(let kind, let user, let client, let id):
            change(process) { login in
                guard login.acceptance != nil, login.user == user, login.client == client else { return }
                login.sessions.append(.init(kind: kind, id: id, began: record.time))
            }
        case .sessionClosed(let client, let id):
            change(process) { login in
                guard login.client == client,
                    let index = login.sessions.lastIndex(where: { $0.id == id && $0.ended == nil })
                else { return }
                login.sessions[index].ended = record.time
            }
        case .ended(let user, let authenticated, let client):
            if record.uid == 0, !authenticated, let client, current[process] == nil {
                open(process, client: client, at: record.time)
            }
            change(process) { login in
                if let user, login.user == nil { login.user = user }
                if !authenticated, login.acceptance == nil, user != nil { login.endedUnauthenticated = true }
                login.end(at: record.time)
            }
        case .closed:
            change(process) { $0.end(at: record.time) }
        default:
            break
        }
    }

    private mutating func open(_ process: Process, client: SSHEndpoint, at time: Date) {
        current[process] = logins.count
        logins.append(SSHLogin(boot: process.boot, pid: process.pid, client: client, began: time))
    }

    /// Below VERBOSE nothing says that a connection came in, so its first line opens it; so does a process id used anew.
    private mutating func find(_ process: Process, client: SSHEndpoint, at time: Date) {
        if let index = current[process], logins[index].client == client, logins[index].acceptance == nil { return }
        open(process, client: client, at: time)
    }

    private mutating func change(_ process: Process, _ body: (inout SSHLogin) -> Void) {
        guard let index = current[process] else { return }
        body(&logins[index])
    }
}

extension SSHLogin {
    fileprivate mutating func end(at time: Date) {
        if ended == nil { ended = time }
        for index in sessions.indices where sessions[index].ended == nil { sessions[index].ended = time }
    }
}
