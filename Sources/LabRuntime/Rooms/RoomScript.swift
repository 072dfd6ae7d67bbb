/// The text that sets a room up from inside its namespaces, and the configuration of its libvirtd.
enum RoomScript {
    /// Run by `sh -ec` as a child of the room's first process. Arguments: the session's directory, the directory of
    /// its sockets, the images' directory, the home directory to hide, and a file whose lock keeps the room (or nothing).
    ///
    /// What a guest's QEMU may see of the user's files is the session's and the images' directories only: they are
    /// put aside on a scratch tmpfs, the homes are covered, and they are bound again where they were. The scratch lies over
    /// a place that has none of these in it; one more is known than they are. The directories that libvirtd writes to are
    /// covered too: an ordinary user cannot make those that the host lacks. libvirtd does not start where its compiled-in
    /// user is unknown, whatever `qemu.conf` says, so the room knows it.
    ///
    /// The network namespace is bound to ``network``, where a process that may not look at others can open it.
    static let setup = #"""
        libvirt_qemu=libvirt-qemu:x:64055:64055::/:/usr/sbin/nologin
        session=$1 sockets=$2 images=$3 home=$4 lock=$5
        ip link set lo up
        used=$(realpath -m "$session" "$sockets" "$images" "${home:-/}" | sed 's,$,/,')
        for scratch in /mnt /media /srv /opt /usr/local/src; do
            [ -d "$scratch" ] && ! printf '%s\n' "$used" | grep -q "^$scratch/" && break
        done
        mount -t tmpfs -o mode=755 tmpfs "$scratch"
        mkdir "$scratch/session" "$scratch/sockets" "$scratch/images"
        mount --bind "$session" "$scratch/session"
        mount --bind "$sockets" "$scratch/sockets"
        mount --bind "$images" "$scratch/images"
        mount -o remount,bind,ro "$scratch/images" 2>/dev/null || :
        for covered in /home /root "$home"; do
            case $covered in /|"") continue;; esac
            [ -d "$covered" ] && mount -t tmpfs -o mode=755 tmpfs "$covered"
        done
        for covered in /run /var/lib /var/log /var/cache; do mount -t tmpfs -o mode=755 tmpfs "$covered"; done
        touch \#(network)
        mount --bind /proc/self/ns/net \#(network)
        mkdir -p /run/libvirt /run/lock /var/lib/libvirt /var/log/libvirt /var/cache/libvirt
        mkdir -p "$session" "$sockets" "$images"
        mount --bind "$scratch/session" "$session"
        mount --bind "$scratch/sockets" "$sockets"
        mount --bind "$scratch/images" "$images"
        umount -l "$scratch"
        mount --bind "$session/etc" /etc/libvirt
        mount --bind "$session/lib" /var/lib/libvirt
        mount --bind "$session/log" /var/log/libvirt
        mount --bind "$session/cache" /var/cache/libvirt
        mkdir -p /var/lib/libvirt/dnsmasq
        for file in passwd group; do
            { cat /etc/$file; grep -q '^libvirt-qemu:' /etc/$file || echo "$libvirt_qemu"; } > "$session/etc/$file"
            mount --bind "$session/etc/$file" /etc/$file
        done
        cd /
        if [ -n "$lock" ]; then flock "$lock" kill -TERM 1 & fi
        exec libvirtd --pid-file "$sockets/libvirtd.pid"
        """#

    /// Where a process in the room's mount namespace finds its network namespace.
    static let network = "/run/lab-network"

    /// `libvirtd.conf` for sockets in `directory`, which is mode 0700 and so decides who may connect.
    static func libvirtd(sockets directory: String) -> String {
        """
        unix_sock_dir = "\(directory)"
        auth_unix_ro = "none"
        auth_unix_rw = "none"
        max_clients = 200
        log_filters = "3:qemu 3:libvirt"
        log_outputs = "3:file:/var/log/libvirt/libvirtd.log"

        """
    }

    /// `qemu.conf`: machines run as the room's root, which outside is the user; QEMU's own seccomp sandbox stays on.
    static let qemu = """
        user = "root"
        group = "root"
        dynamic_ownership = 0
        remember_owner = 0
        security_driver = "none"
        stdio_handler = "file"
        namespaces = []
        cgroup_controllers = []
        seccomp_sandbox = 1

        """
}
