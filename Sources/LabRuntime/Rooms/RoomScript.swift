/// The text that sets a room up from inside its namespaces, and the configuration of its libvirtd.
enum RoomScript {
    /// Run by `sh -ec` as a child of the room's first process. Arguments: the session's directory, the directory of
    /// its sockets, the images' directory, and the home directory to hide.
    ///
    /// What a guest's QEMU may see of the user's files is the session's and the images' directories only: they are
    /// put aside on a scratch tmpfs, the homes are covered, and they are bound again where they were.
    static let setup = #"""
        session=$1 sockets=$2 images=$3 home=$4
        ip link set lo up
        mount -t tmpfs -o mode=755 tmpfs /mnt
        mkdir /mnt/session /mnt/sockets /mnt/images
        mount --bind "$session" /mnt/session
        mount --bind "$sockets" /mnt/sockets
        mount --bind "$images" /mnt/images
        mount -o remount,bind,ro /mnt/images 2>/dev/null || :
        for covered in /home /root "$home"; do
            case $covered in /|"") continue;; esac
            [ -d "$covered" ] && mount -t tmpfs -o mode=755 tmpfs "$covered"
        done
        mount -t tmpfs -o mode=755 tmpfs /run
        mkdir -p /run/libvirt /run/lock "$session" "$sockets" "$images"
        mount --bind /mnt/session "$session"
        mount --bind /mnt/sockets "$sockets"
        mount --bind /mnt/images "$images"
        umount -l /mnt
        mount --bind "$session/etc" /etc/libvirt
        mount --bind "$session/lib" /var/lib/libvirt
        mount --bind "$session/log" /var/log/libvirt
        mount -t tmpfs -o mode=700 tmpfs /var/cache/libvirt
        cd /
        exec libvirtd --pid-file "$sockets/libvirtd.pid"
        """#

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
