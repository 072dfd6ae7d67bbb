import Foundation

/// A room's way out, by pasta(1) of the package passt: its machines reach what this host reaches, by sockets of an
/// ordinary process; no port of this host is opened for them. A question over UDP has a socket for its reply while it lasts.
///
/// The machines' packets are routed and masqueraded to a card of the room, whose other end is pasta. That card's
/// addresses are of TEST-NET-1 (RFC 5737), so that no network of the host's can be the same. IPv4 only.
enum Uplink {
    /// Where machines ask for names: pasta hands that on to the host's own server.
    static let nameserver = "192.0.2.53"
    /// The room's card whose other end is pasta.
    static let card = "uplink"

    /// What it needs of the host besides what a room and its forwarding need, with Debian's packages.
    static let programs = [("pasta", "passt")]

    /// Connects the room whose first process is `room` and which forwards already; pasta ends with it.
    static func open(_ room: HostProcess, log: String) async throws {
        let enter = Room.entering(room)
        // In the room's pid namespace, so that it ends with it, and in the host's network.
        let words =
            ["pasta", "--quiet", "--log-file", log, "--log-size", "1048576", "-4", "--config-net", "-I", card]
            + ["-a", "192.0.2.2", "-n", "24", "-g", "192.0.2.1", "--dns-forward", nameserver, "--no-map-gw"]
            + ["-t", "none", "-u", "none", "-T", "none", "-U", "none", "--netns-only", "--netns", RoomScript.network]
            + (getuid() == 0 ? ["--runas", "0"] : [])
        let outcome = try await Tool.run("nsenter", enter + ["--mount", "--pid", "--"] + words)
        guard outcome.status == 0 else {
            throw LabError(
                .host, "the lab's machines have no way out: pasta says: \(outcome.error.suffix(500))",
                advice: "This lab needs a host that is on a network (ip route).")
        }
    }
}
