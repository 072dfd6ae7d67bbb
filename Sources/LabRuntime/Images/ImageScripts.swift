/// The shell texts of an image's build.
enum ImageScripts {
    /// mmdebstrap's customize hook; `$1` is the root; POOL, LOCALES, MASK and ENABLE come in the environment, and the
    /// image's own files have been put into /var/lib/lab/files.
    ///
    /// The pool is made before the guest's own sources replace the host's: the packages, with what they need and the
    /// image lacks, are downloaded into it. Everybody may read the image's own files, whatever the umask of
    /// the checkout was.
    static let customize = #"""
        set -eu
        root=$1
        printf '%s\n' virtio_pci virtio_blk ext4 crc32c_intel crc32c_generic > "$root/etc/initramfs-tools/modules"
        printf 'MODULES=list\nCOMPRESS=zstd\n' > "$root/etc/initramfs-tools/conf.d/lab"
        chroot "$root" update-initramfs -u >/dev/null 2>&1
        if [ -n "$POOL" ]; then
            mkdir -p "$root/var/lib/lab/pool"
            chroot "$root" apt-get -o APT::Sandbox::User=root -o APT::Install-Recommends=false -y --download-only \
                -o Dir::Cache::archives=/var/lib/lab/pool/ install $POOL >&2
            rm -rf "$root/var/lib/lab/pool/partial" "$root/var/lib/lab/pool/lock"
            (cd "$root/var/lib/lab/pool" && apt-ftparchive packages . > Packages && gzip -kn9 Packages \
                && apt-ftparchive release . > Release.new && mv Release.new Release)
        else
            mkdir -p "$root/var/lib/lab/pool"; : > "$root/var/lib/lab/pool/Packages"
        fi
        rm -f "$root"/etc/apt/sources.list "$root"/etc/apt/sources.list.d/*
        chown -R 0:0 "$root/var/lib/lab/files"; chmod -R u=rwX,go=rX "$root/var/lib/lab/files"
        cp -r "$root/var/lib/lab/files/." "$root/"
        rm -rf "$root/var/lib/lab/files"
        for locale in $LOCALES; do echo "$locale UTF-8" >> "$root/etc/locale.gen"; done
        [ -z "$LOCALES" ] || chroot "$root" locale-gen >/dev/null
        for unit in $MASK e2scrub_reap.service e2scrub_all.timer apt-daily.timer apt-daily-upgrade.timer fstrim.timer \
            man-db.timer dpkg-db-backup.timer systemd-timesyncd.service getty@tty1.service systemd-pstore.service \
            dev-hugepages.mount dev-mqueue.mount sys-kernel-debug.mount sys-kernel-tracing.mount; do
            ln -sf /dev/null "$root/etc/systemd/system/$unit"
        done
        for unit in $ENABLE systemd-networkd.service qemu-guest-agent.service; do
            chroot "$root" systemctl enable "$unit" >/dev/null 2>&1
        done
        chroot "$root" systemctl disable systemd-networkd-wait-online.service >/dev/null 2>&1 || :
        echo "man-db man-db/auto-update boolean false" | chroot "$root" debconf-set-selections
        rm -f "$root"/var/lib/man-db/auto-update
        echo '%sudo ALL=(ALL:ALL) NOPASSWD: ALL' > "$root/etc/sudoers.d/lab"; chmod 440 "$root/etc/sudoers.d/lab"
        echo '/dev/vda / ext4 noatime 0 1' > "$root/etc/fstab"
        mkdir -p "$root/var/log/journal"
        ln -sf /lib/systemd/system/multi-user.target "$root/etc/systemd/system/default.target"
        rm -f "$root"/etc/ssh/ssh_host_*; : > "$root/etc/machine-id"; rm -f "$root/var/lib/dbus/machine-id"
        chroot "$root" dpkg-query -W -f='${Package} ${Version}\n' > "$root/var/lib/lab/contents"
        """#

    /// Turns `root.tar` in the current directory into disk, kernel and initial file system. Arguments: the size.
    static let assemble = #"""
        set -eu
        rm -rf root; mkdir root
        tar -xf root.tar -C root --exclude=./dev/\*
        rm root.tar
        cp root/boot/vmlinuz-* vmlinuz
        cp root/boot/initrd.img-* initrd.img
        cp root/var/lib/lab/contents contents
        rm -f root/boot/*
        mke2fs -q -t ext4 -E root_owner=0:0,lazy_itable_init=0 -L lab -d root base.raw "$1"
        rm -rf root
        qemu-img convert -O qcow2 base.raw base.qcow2
        rm base.raw
        chmod 444 base.qcow2 vmlinuz initrd.img
        """#
}
