import Foundation
import LabFile

/// A reverse tunnel, as its two ends show it at one moment.
struct TunnelState: Sendable, Equatable {
    /// The sshd that listens (the process that runs as the user).
    var serverPid: Int
    /// Whether the port is open to other machines.
    var isPublic: Bool
    /// The client's local port of the connection that carries the tunnel.
    var clientPort: Int
    /// The ssh that holds the client's end.
    var clientPid: Int

    /// Why there is no tunnel.
    enum Absence: Error, Sendable, Equatable {
        /// Nothing listens on the port.
        case closed
        /// The listener is not sshd's, but this program's.
        case foreign(program: String)
        /// The listener is sshd's own port, or a program of a user's that only looks like a session of sshd.
        case noSession
        /// The session belongs to a client at this address.
        case elsewhere(address: String)
        /// The client's end is gone or is held by another program.
        case orphan
    }

    /// Looks at both ends.
    static func read(listen: MachineSpec, port: Int, client: MachineSpec, bench: any Bench) async throws
        -> Result<TunnelState, Absence>
    {
        async let serverRead = Sockets.read(listen.name, on: bench)
        async let clientRead = Sockets.read(client.name, on: bench)
        let (server, there) = try await (serverRead, clientRead)
        return find(server: server, port: port, address: listen.address, client: there, at: client.seenAddress)
    }

    /// Joins the two ends: the listener with its session by process, the session with the client's ssh by port.
    static func find(server: Sockets, port: Int, address: String, client: Sockets, at clientAddress: String)
        -> Result<TunnelState, Absence>
    {
        let listeners = server.listeners(on: port)
        guard !listeners.isEmpty else { return .failure(.closed) }
        var absence = Absence.noSession
        for listener in listeners {
            let holders = server.holders(of: listener)
            guard let daemon = holders.first(where: \.isServer) else {
                absence = .foreign(program: shown(holders.first?.program ?? "?"))
                continue
            }
            // The user's sshd is the child of root's; root's own login has no child.
            guard daemon.uid == 0 || server.processes[daemon.parent].map({ $0.isServer && $0.uid == 0 }) == true else {
                continue
            }
            let session = server.established(heldBy: daemon.pid).filter { !$0.peer.isLoopback }
            for connection in session {
                let end = client.established.first {
                    $0.local.port == connection.peer.port && $0.peer == connection.local
                        && $0.peer.address == address
                }
                guard let end else {
                    // Behind an address translation the addresses differ; then the port alone has to match.
                    absence =
                        connection.peer.address == clientAddress
                        ? .orphan : .elsewhere(address: shown(connection.peer.address))
                    continue
                }
                guard let ssh = client.holders(of: end).first(where: \.isClient) else {
                    absence = .orphan
                    continue
                }
                let open = listeners.contains {
                    !$0.local.isLoopback && server.holders(of: $0).contains { $0.pid == daemon.pid }
                }
                return .success(
                    TunnelState(
                        serverPid: daemon.pid, isPublic: open, clientPort: connection.peer.port, clientPid: ssh.pid))
            }
        }
        return .failure(absence)
    }
}

extension TunnelState.Absence {
    /// What the reader is told.
    func explained(listen: String, port: Int, client: String) -> NoServer {
        switch self {
        case .closed:
            NoServer(
                observed: Localized(
                    ko: "\(listen)의 \(port)번 포트에서 기다리는 프로그램이 없어요.", en: "Nothing listens on port \(port) of \(listen)."),
                hint: Localized(
                    ko: "\(client)에서 ssh -R로 터널을 열었나요? 아직 열려 있나요?",
                    en: "Did you open the tunnel with ssh -R on \(client), and is it still open?"))
        case .foreign(let program):
            NoServer(
                observed: Localized(
                    ko: "\(listen)의 \(port)번 포트에서 sshd가 아닌 프로그램이 기다리고 있어요: \(program)",
                    en: "What listens on port \(port) of \(listen) is \(program), not sshd."),
                hint: Localized(
                    ko: "터널의 입구는 sshd가 열어야 해요. 다른 프로그램을 끄고 ssh -R을 다시 해 보세요.",
                    en: "The tunnel's mouth is opened by sshd. End that program, and run ssh -R again."))
        case .noSession:
            NoServer(
                observed: Localized(
                    ko: "\(listen)의 \(port)번 포트는 어느 SSH 세션의 것도 아니에요.",
                    en: "Port \(port) of \(listen) does not belong to any SSH session."),
                hint: Localized(
                    ko: "sshd 자신이 기다리는 포트와 다른 번호를 써야 해요.",
                    en: "Choose a port that sshd itself does not listen on."))
        case .elsewhere(let address):
            NoServer(
                observed: Localized(
                    ko: "그 포트를 연 SSH 세션은 \(client)이(가) 아니라 \(address)에서 왔어요.",
                    en: "The SSH session that opened the port comes from \(address), not from \(client)."),
                hint: Localized(
                    ko: "터널은 \(client)에서 시작해야 해요. ssh -R과 ssh -L의 방향을 생각해 보세요.",
                    en: "The tunnel has to start on \(client). Think of the directions of ssh -R and ssh -L."))
        case .orphan:
            NoServer(
                observed: Localized(
                    ko: "\(listen)에는 입구가 남아 있지만 \(client)에 그 연결을 쥔 ssh가 없어요.",
                    en: "The mouth is still there on \(listen), but no ssh on \(client) holds that connection."),
                hint: Localized(
                    ko: "끊어진 연결을 sshd가 아직 모를 수 있어요. 터널을 다시 열어 보세요.",
                    en: "sshd may not have noticed a broken connection yet. Open the tunnel again."))
        }
    }
}
