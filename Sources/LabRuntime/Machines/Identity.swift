import Crypto
import Foundation
import LabFile

/// What a machine is given so that it becomes itself.
struct Identity: Sendable {
    /// The machine as the lab file describes it.
    var machine: MachineSpec
    /// Its card's address, `52:54:00:…`.
    var mac: String
    /// All machines of the lab, for `/etc/hosts`.
    var peers: [MachineSpec]
    /// Whether it has a way out of the room.
    var uplink: Bool
    /// The keys of the lab's door: the host's private key and the public key that is let in.
    var door: String

    /// Makes the machine itself, by one command of its agent; then its clock is the host's.
    func give(to agent: GuestAgent) async throws {
        let hosts = peers.map { "\($0.address) \($0.name)" }.joined(separator: "\n")
        let words = [
            "/bin/sh", "-c", Self.become, "sh", Self.awaken, Self.now, machine.name, machine.address, machine.user,
            machine.password ?? "", hosts, mac,
            uplink ? Uplink.gateway : "", Uplink.nameserver,
        ]
        try await agent.check(words, input: Data("\(Self.seed)\n\(door)".utf8), seconds: 300)
        try await agent.setTime()
    }

    /// Gives a machine that stood still or was put back fresh randomness and the time of now.
    static func refresh(_ agent: GuestAgent) async throws {
        let words = ["/bin/sh", "-c", #"read -r seed; exec perl -e "$1" "$seed" "$2""#, "sh", awaken, now]
        try await agent.check(words, input: Data("\(seed)\n".utf8))
        try await agent.setTime()
    }

    /// A card's address: locally administered in QEMU's range, the same for a machine of a session at every start.
    static func mac(session: String, machine: String) -> String {
        let digest = SHA256.hash(data: Data("\(session)/\(machine)".utf8))
        return "52:54:00:" + digest.prefix(3).map { String(format: "%02x", $0) }.joined(separator: ":")
    }

    /// 64 random bytes of the host's, hexadecimal.
    private static var seed: String {
        (0..<64).map { _ in String(format: "%02x", UInt8.random(in: .min ... .max)) }.joined()
    }

    /// The host's clock, seconds since 1970 with nine decimals.
    private static var now: String { String(format: "%.9f", Date().timeIntervalSince1970) }

    /// The first thing that runs on a machine, before anything may want randomness: entropy from the host, by
    /// RNDADDENTROPY and RNDRESEEDCRNG (random(4)), and its clock, by clock_settime(2). Clones of one memory repeat
    /// each other's randomness otherwise, and live in the past.
    ///
    /// Arguments: the seed, the time, and a password; prints what crypt(3) makes of the password, if there is one.
    private static let awaken = #"""
        my ($seed, $time, $password) = @ARGV;
        my $bytes = pack "H*", $seed;
        open my $device, ">", "/dev/urandom" or die "urandom: $!";
        ioctl $device, 0x40085203, pack("ii", 8 * length $bytes, length $bytes) . $bytes or die "seed: $!";
        ioctl $device, 0x5207, 0 or die "reseed: $!";
        my ($whole, $rest) = split /\./, $time;
        syscall(227, 0, pack "qq", $whole, $rest) == 0 or die "clock: $!";
        print crypt $password, '$5$' . substr($seed, 0, 16) if length $password;
        """#

    /// What a machine runs as root to take its name, address, user and door. Arguments: ``awaken``, the time, name,
    /// address, user, password (empty: none), the machines as `address name` lines, the card's address, the way out (empty: none) and who knows names there; standard
    /// input: the seed on a line, then the keys of the door.
    ///
    /// A clone of a warm image has no machine-id and a stopped journal, so that its journal begins as its own.
    private static let become = #"""
        set -eu
        read -r seed
        hash=$(perl -e "$1" "$seed" "$2" "$6")
        units=
        name=$3 address=$4 user=$5 hosts=$7 mac=$8 gateway=$9 nameserver=${10}
        if [ ! -s /etc/machine-id ]; then
            read -r id < /proc/sys/kernel/random/uuid
            printf '%s%s%s%s%s\n' $(IFS=-; echo $id) > /etc/machine-id
            units="systemd-journald.socket systemd-journald-dev-log.socket systemd-journald.service"
        fi
        echo "$name" > /etc/hostname; echo "$name" > /proc/sys/kernel/hostname
        printf '127.0.0.1 localhost\n127.0.1.1 %s\n::1 localhost ip6-localhost ip6-loopback\n\n%s\n' "$name" "$hosts" > /etc/hosts
        printf '[Match]\nType=ether\n\n[Network]\nAddress=%s/24\nLinkLocalAddressing=ipv6\nIPv6AcceptRA=no\n' "$address" > /etc/systemd/network/10-lab.network
        printf 'link set dev eth0 address %s\naddr replace %s/24 dev eth0\nlink set dev eth0 up\n' "$mac" "$address" | ip -batch -
        if [ -n "$gateway" ]; then
            printf 'Gateway=%s\n' "$gateway" >> /etc/systemd/network/10-lab.network
            printf 'nameserver %s\n' "$nameserver" > /etc/resolv.conf
            ip route replace default via "$gateway"
        fi
        grep -q "^$user:" /etc/passwd || useradd -m -s /bin/bash -G sudo,adm ${hash:+-p "$hash"} "$user"
        if [ -f /etc/lab/sshd_config ]; then
            umask 077
            cat > /etc/lab/door
            sed -n '/^BEGIN HOST$/,/^END HOST$/{//!p}' /etc/lab/door > /etc/lab/ssh_host_ed25519_key
            sed -n 's/^CLIENT //p' /etc/lab/door > /etc/lab/authorized_keys
            rm /etc/lab/door
            chmod 644 /etc/lab/authorized_keys
            units="$units lab-sshd.service"
        fi
        [ -z "$units" ] || systemctl start --no-block $units
        """#

    /// What the machine of a warm image runs last: its card is down, its journal stopped and empty, nothing of it is
    /// anybody's own. Programs that every clone runs first are read once, so that they are in the memory.
    static let calm = #"""
        set -eu
        perl -e 'crypt "x", q($5$x)'
        printf 'link set dev eth0 down\n' | ip -batch -
        useradd --help >/dev/null; sed -n p /etc/hostname; chmod 644 /etc/hosts
        [ ! -x /usr/sbin/sshd ] || /usr/sbin/sshd -V 2>/dev/null || :
        rm -f /var/lib/systemd/random-seed /var/lib/dbus/machine-id
        journal="systemd-journald.socket systemd-journald-dev-log.socket systemd-journald-audit.socket systemd-journald.service"
        # What is logged meanwhile starts it again and cancels the stop.
        for try in $(seq 20); do
            systemctl stop $journal 2>/dev/null && break
            sleep 0.3
        done
        if systemctl --quiet is-active $journal; then echo "the journal does not stop" >&2; exit 1; fi
        rm -rf /var/log/journal/* /run/log/journal/*
        : > /etc/machine-id
        sync
        """#
}
