/// The texts that run in a guest so that it becomes itself, in perl: one program that starts no other. Each program
/// that an emulated machine starts takes 0.1 to 0.6 s there.
enum IdentityScripts {
    /// `awaken(seed, time)`: the first thing that runs on a machine, before anything may want randomness. Entropy from
    /// the host, by RNDADDENTROPY and RNDRESEEDCRNG (random(4)), and its clock, by clock_settime(2). Clones of one
    /// memory repeat each other's randomness otherwise, and live in the past.
    static let awaken = #"""
        sub awaken {
            my ($seed, $time) = @_;
            my $bytes = pack "H*", $seed;
            open my $device, ">", "/dev/urandom" or die "urandom: $!";
            ioctl $device, 0x40085203, pack("ii", 8 * length $bytes, length $bytes) . $bytes or die "seed: $!";
            ioctl $device, 0x5207, 0 or die "reseed: $!";
            my ($whole, $rest) = split /\./, $time;
            syscall(227, 0, pack "qq", $whole, $rest) == 0 or die "clock: $!";
        }

        """#

    /// What a machine that stood still or was put back runs. Argument: the time; standard input: the seed.
    static let refresh = awaken + #"chomp(my $seed = <STDIN>); awaken($seed, $ARGV[0]);"#

    /// What a machine runs as root to take its name, address, user and keys.
    ///
    /// Standard input: ten fields, each a line with its size in bytes and then that many: the seed, the time, name, address,
    /// user, password (empty: none), the machines as `address name` lines, the card's address, the router (empty: none) and
    /// who knows names there (empty: nobody). Then files: a line `MODE SIZE PATH` and the contents of each; then a line `end`.
    ///
    /// With an argument it is parked: it makes a FIFO of that path and waits in it for its input. That is how it waits in the
    /// memory of a warm image, compiled, with what it calls in its memory: a clone starts no program to become itself.
    ///
    /// The user is made as `useradd -m -s /bin/bash -G sudo,adm` of Debian 12 makes it (passwd(5), shadow(5), group(5),
    /// gshadow(5), subuid(5)). A clone of a warm image has no machine-id and a stopped journal, so that its journal
    /// begins as its own.
    static let become =
        awaken + GuestPerl.text + GuestPerl.systemd + #"""
            if (my ($fifo) = @ARGV) {
                my $nothing = crypt "x", q($5$x);
                syscall(133, $fifo, 010600, 0) == 0 or die "$fifo: $!";
                open STDIN, "<", $fifo or die "$fifo: $!";
                unlink $fifo;
            }
            my ($seed, $time, $name, $address, $user, $password, $hosts, $mac, $gateway, $nameserver) = map {
                my $size = <STDIN> // die "a field is missing";
                read(STDIN, my $field = "", $size) == $size or die "a field is not whole";
                $field;
            } 1 .. 10;
            awaken($seed, $time);
            umask 077;
            my @units;

            # Gives whether somebody waited for the file, at a FIFO in its place: who does gets the text by that.
            sub put {
                my ($path, $mode, $text) = @_;
                my $reader;
                if (-p $path) {
                    sysopen $reader, $path, 04001 or undef $reader;
                    unlink $path or die "$path: $!";
                }
                open my $file, ">", $path or die "$path: $!";
                chmod $mode, $file if defined $mode;
                print $file $text;
                close $file or die "$path: $!";
                return 0 if !$reader;
                print $reader $text;
                close $reader or die "$path: $!";
                return 1;
            }

            sub start {
                my $manager = "org.freedesktop.systemd1";
                my @calls = map { ["/org/freedesktop/systemd1", "$manager.Manager", "StartUnit", "ss", $_, "replace"] } @_;
                for (systemd(@calls)) { die "systemd does not start @_: $$_\n" if ref }
            }

            # Ready is a machine whose servers listen (the tables of /proc/net/tcp: proc(5)).
            sub wait_for {
                my $line = sprintf "^ *\\d+: 00000000:%04X 00000000:0000 0A ", $_[0];
                for (1 .. 1500) { last if text("/proc/net/tcp") =~ /$line/m; select undef, undef, undef, 0.02 }
            }

            my ($has_door, $has_server, $door_waits);
            # Whoever writes may keep the FIFO open: it has an end of its own.
            while ((my $head = <STDIN> // die "it breaks off") ne "end\n") {
                my ($mode, $size, $path) = $head =~ m{^(\d+) (\d+) (/\S+)$} or die "what is $head";
                read(STDIN, my $text, $size) == $size or die "$path is not whole";
                next if !-d $path =~ s{/[^/]*$}{}r;
                my $is_awaited = put $path, oct $mode, $text;
                if ($path eq "/etc/lab/ssh_host_ed25519_key") { ($has_door, $door_waits) = (1, $is_awaited) }
                $has_server ||= $path eq "/etc/ssh/ssh_host_ed25519_key";
            }
            # The door comes first: an sshd that is not parked takes as long to start as all that follows.
            start("lab-sshd.service") if $has_door && !$door_waits;

            if (!-s "/etc/machine-id") {
                (my $id = text "/proc/sys/kernel/random/uuid") =~ tr/-//d;
                put "/etc/machine-id", 0444, $id;
                push @units, qw(systemd-journald.socket systemd-journald-dev-log.socket systemd-journald.service);
            }
            put "/etc/hostname", 0644, "$name\n";
            put "/proc/sys/kernel/hostname", undef, "$name\n";
            put "/etc/hosts", 0644,
                "127.0.0.1 localhost\n127.0.1.1 $name\n::1 localhost ip6-localhost ip6-loopback\n\n$hosts\n";

            # The card: ioctl(2) SIOCSIFHWADDR, SIOCSIFADDR, SIOCSIFNETMASK, SIOCSIFBRDADDR, SIOCSIFFLAGS (netdevice(7)).
            socket my $card, 2, 2, 0 or die "socket: $!";
            my $card_is = sub {
                my ($call, $value) = @_;
                ioctl $card, $call, pack("a16", "eth0") . pack("a24", $value) or die sprintf "eth0 %x: $!", $call;
            };
            my $network = sub { pack "SnCCCC", 2, 0, split /\./, $_[0] };
            $card_is->(0x8924, pack "SH2H2H2H2H2H2", 1, split /:/, $mac);
            $card_is->(0x8916, $network->($address));
            $card_is->(0x891c, $network->("255.255.255.0"));
            $card_is->(0x891a, $network->($address =~ s/\d+$/255/r));
            $card_is->(0x8914, pack "S", 0x1043);
            my $way = "";
            if (length $gateway) {
                $way = "Gateway=$gateway\n";
                put "/etc/resolv.conf", 0644, "nameserver $nameserver\n" if length $nameserver;
                system "ip", "route", "replace", "default", "via", $gateway and die "no way out";
            }
            put "/etc/systemd/network/10-lab.network", 0644,
                "[Match]\nType=ether\n\n[Network]\nAddress=$address/24\nLinkLocalAddressing=ipv6\nIPv6AcceptRA=no\n$way";

            my $users = text "/etc/passwd";
            if ($users !~ /^\Q$user\E:/m) {
                my ($id, $home) = (1000, "/home/$user");
                $id++ while $users =~ /^[^:]*:[^:]*:$id:/m;
                my $secret = length $password ? crypt $password, '$5$' . substr($seed, 0, 16) : "!";
                my $day = int($time / 86400);
                my ($group, $shadow) = map { text $_ } "/etc/group", "/etc/gshadow";
                for my $text ($group, $shadow) {
                    $text =~ s/^(?:sudo|adm):.*[^:]\K$/,$user/gm;
                    $text =~ s/^(?:sudo|adm):.*:\K$/$user/gm;
                }
                put "/etc/passwd", undef, "$users$user:x:$id:$id\::$home:/bin/bash\n";
                put "/etc/shadow", undef, text("/etc/shadow") . "$user:$secret:$day:0:99999:7:::\n";
                put "/etc/group", undef, "$group$user:x:$id:\n";
                put "/etc/gshadow", undef, "$shadow$user:!::\n";
                for my $file ("/etc/subuid", "/etc/subgid") {
                    my $ranges = text $file;
                    my $first = 100000 + 65536 * ($ranges =~ tr/\n//);
                    put $file, undef, "$ranges$user:$first:65536\n";
                }
                mkdir $home or die "$home: $!";
                chmod 0755, $home;
                for my $file (glob "/etc/skel/.[!.]*") {
                    my $copy = $home . substr $file, 9;
                    put $copy, 0644, text $file;
                    chown $id, $id, $copy;
                }
                chown $id, $id, $home;
            }

            # Its name is on the disk before it is ready; the servers start meanwhile.
            my $writer = fork // die "fork: $!";
            if (!$writer) { syscall 162; exit }
            wait_for(22022) if $has_door;
            push @units, "ssh.service" if $has_server;
            start(@units) if @units;
            wait_for(22) if $has_server;
            waitpid $writer, 0;
            """#

    /// What the machine of a warm image runs last: its card is down, its journal stopped and empty, nothing of it is
    /// anybody's own. Of its memory is kept what is in use, since every clone has to read it: files that were read once
    /// are forgotten, what is free is empty, and then what every clone runs first is read again. The door's sshd is
    /// parked: it waits for its host key at a FIFO, and a clone starts no program for its door either. What it draws at
    /// random it draws from the kernel, in a fork for each connection.
    static let calm = #"""
        set -eu
        printf 'link set dev eth0 down\n' | ip -batch -
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
        if [ -e /etc/systemd/system/lab-sshd.service ]; then
            mkfifo -m 600 /etc/lab/ssh_host_ed25519_key
            systemctl start --no-block lab-sshd
            for try in $(seq 100); do
                door=$(systemctl show --value -p MainPID lab-sshd)
                [ "$(cat "/proc/$door/wchan" 2>/dev/null)" != wait_for_partner ] || break
                sleep 0.3
            done
            if [ "$try" = 100 ]; then echo "the door's sshd does not wait" >&2; exit 1; fi
        fi
        sync
        echo 3 > /proc/sys/vm/drop_caches
        perl -e '$zeros = "\0" x (1024 * shift)' "$(awk '$1 == "MemFree:" { print int($2 * 0.9) }' /proc/meminfo)"
        cat /etc/hosts /etc/passwd /etc/shadow /etc/group /etc/gshadow /etc/sub?id /etc/skel/.* >/dev/null 2>&1 || :
        [ ! -x /usr/sbin/sshd ] || /usr/sbin/sshd -V 2>/dev/null || :
        """#
}
