import Crypto
import Foundation
import LabFile

/// What a machine is given so that it becomes itself.
enum Identity {
    /// A card's address: locally administered in QEMU's range, the same for a machine of a session at every start.
    static func mac(session: String, machine: String) -> String {
        let digest = SHA256.hash(data: Data("\(session)/\(machine)".utf8))
        return "52:54:00:" + digest.prefix(3).map { String(format: "%02x", $0) }.joined(separator: ":")
    }

    /// The first thing that runs on a fresh machine: entropy from the host, by RNDADDENTROPY and RNDRESEEDCRNG
    /// (random(4)); clones of one memory repeat each other's randomness otherwise.
    ///
    /// Standard input is 64 random bytes, the script is for python3.
    static let seed = """
        import fcntl, struct, sys
        seed = sys.stdin.buffer.read(64)
        with open("/dev/urandom", "wb") as device:
            fcntl.ioctl(device, 0x40085203, struct.pack("ii", len(seed) * 8, len(seed)) + seed)
            fcntl.ioctl(device, 0x5207)
        """

    /// What a machine runs as root to take its name, address, user and door. Arguments: name, address, user,
    /// password (empty: none), the other machines as `address name` lines; standard input: the keys of the door.
    static let become = #"""
        set -eu
        name=$1 address=$2 user=$3 password=$4 hosts=$5
        echo "$name" > /etc/hostname; echo "$name" > /proc/sys/kernel/hostname
        printf '127.0.0.1 localhost\n127.0.1.1 %s\n::1 localhost ip6-localhost ip6-loopback\n\n%s\n' "$name" "$hosts" > /etc/hosts
        printf '[Match]\nType=ether\n\n[Network]\nAddress=%s/24\nLinkLocalAddressing=ipv6\nIPv6AcceptRA=no\n' "$address" > /etc/systemd/network/10-lab.network
        ip link set eth0 up
        ip addr replace "$address/24" dev eth0
        if ! id "$user" >/dev/null 2>&1; then
            useradd -m -s /bin/bash -G sudo,adm "$user"
            [ -z "$password" ] || printf '%s:%s\n' "$user" "$password" | chpasswd
        fi
        if [ -d /etc/lab ] && [ -f /etc/lab/sshd_config ]; then
            umask 077
            cat > /etc/lab/door
            sed -n '/^BEGIN HOST$/,/^END HOST$/{//!p}' /etc/lab/door > /etc/lab/ssh_host_ed25519_key
            sed -n 's/^CLIENT //p' /etc/lab/door > /etc/lab/authorized_keys
            rm /etc/lab/door
            chmod 644 /etc/lab/authorized_keys
            systemctl start --no-block lab-sshd.service
        fi
        """#
}
