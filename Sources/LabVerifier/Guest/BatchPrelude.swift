/// What a perl script of a check can use, besides ``GuestPerl``.
enum BatchPrelude {
    /// - `said(words…)`: what a program prints on standard output; its status is in `$?`.
    /// - `program(name)`: where a program's own file is, from the system's PATH; undef when there is none.
    /// - `real(path)`: a path without links.
    /// - `home(user)`: a user's home; ends the script with status 3 when there is no such user.
    /// - `at_home(path, user)`: a path in which `~/` is the user's home.
    /// - `changed(path)`: when a file's content or mode last changed, seconds since 1970 with six decimals (stat(2)).
    /// - `sockets()`: TCP sockets of both families, each as `ss -tanHOe` writes it, but for the columns of queues
    ///   (`/proc/net/tcp`: proc(5)).
    /// - `holders()`: which processes hold a socket, `{inode => [pid…]}`.
    /// - `base64(bytes)`, `unbase64(text)`.
    /// - `private_key(path)`: `(state, public)`, nothing when no private key stands in the file. The state is `plain`,
    ///   `encrypted` or `damaged`; the public key, `TYPE BLOB`, is taken from the private one where it can be
    ///   (OpenSSH's PROTOCOL.key), so that a .pub file of another key proves nothing.
    /// - `private_keys(user, name)`: those in ~/.ssh, with a name that alone, as `[path, name, state, public]`; what a
    ///   name may not hold is `?` in it.
    /// - `public_keys(path)`: the keys of a file, as `TYPE BLOB`; `public_key(blob)` makes that of the bytes of one.
    /// - `print_of(public)`: its fingerprint as ssh-keygen prints it; a dash for none.
    /// - `key_files(directories…)`: small files below them, on the same file systems, with a private key in them.
    static let text = #"""
        sub said {
            open my $pipe, "-|", @_ or do { $? = 127 << 8; return "" };
            local $/;
            my $text = <$pipe>;
            close $pipe;
            die "$_[0] was killed by signal ", $? & 127, "\n" if $? > 0 && $? & 127;
            return $text // "";
        }
        sub real {
            my ($at, $links, @rest) = ("", 0, split m{/}, $_[0]);
            while (@rest) {
                my $part = shift @rest;
                next if $part eq "" || $part eq ".";
                if ($part eq "..") { $at =~ s{/[^/]*$}{}; next }
                my $to = readlink "$at/$part";
                if (!defined $to || $links++ > 40) { $at .= "/$part"; next }
                $at = "" if $to =~ m{^/};
                unshift @rest, split m{/}, $to;
            }
            return $at;
        }
        sub program {
            my ($name) = @_;
            for (split /:/, $ENV{PATH}) { return real("$_/$name") if -f "$_/$name" && -x _ }
            return undef;
        }
        sub home { my $home = (getpwnam $_[0])[7]; exit 3 if !defined $home; $home }
        sub at_home { my ($path, $user) = @_; $path =~ s{^~/}{home($user) . "/"}er }
        sub changed {
            my $stat = "\0" x 144;
            my $path = "$_[0]";
            syscall(4, $path, $stat) == 0 or return 0;
            return sprintf "%d.%06d", map { $_->[0], $_->[1] / 1000 } [unpack "x104qq", $stat];
        }
        sub address {
            my ($hex, $port) = split /:/, $_[0];
            $port = hex $port || "*";
            return join(".", unpack "C4", pack "L", hex $hex) . ":$port" if length $hex == 8;
            my @groups = map { sprintf "%x", $_ } unpack "n8", pack "L4", map { hex } $hex =~ /.{8}/g;
            my $long = join ":", @groups;
            return "[::ffff:" . join(".", map { hex } map { sprintf("%04x", hex) =~ /../g } @groups[6, 7]) . "]:$port"
                if $long =~ /^(?:0:){5}ffff:/;
            my ($zeros) = sort { length $b <=> length $a } $long =~ /(?:^|:)((?:0:)+0)(?=:|$)/g;
            $long =~ s/(?:^|:)\Q$zeros\E(?::|$)/::/ if defined $zeros;
            return "[$long]:$port";
        }
        sub sockets {
            my @states = qw(? ESTAB SYN-SENT SYN-RECV FIN-WAIT-1 FIN-WAIT-2 TIME-WAIT UNCONN CLOSE-WAIT LAST-ACK LISTEN
                CLOSING);
            my (@rows, $doubtful);
            for my $table ("tcp", "tcp6") {
                for (split /\n/, text("/proc/net/$table")) {
                    my @row = split;
                    next if $row[0] !~ /^\d+:$/;
                    my ($here, $there, $state) = (address($row[1]), address($row[2]), $states[hex $row[3]] // "?");
                    push @rows, "$state 0 0 $here $there uid:$row[7] ino:$row[9] sk:0";
                }
            }
            # A wildcard of IPv6 may stand for both families; that only ss can tell, where IPv4 has none beside it.
            for (grep { /^LISTEN \d+ \d+ \[::\]:\d+ / } @rows) {
                my ($port) = /\[::\]:(\d+)/;
                $doubtful ||= !grep { /^LISTEN \d+ \d+ 0\.0\.0\.0:$port / } @rows;
            }
            @rows = split /\n/, said("ss", "-tanHOe") if $doubtful;
            return @rows;
        }
        sub holders {
            my %pids;
            for my $directory (glob "/proc/[0-9]*/fd") {
                opendir my $list, $directory or next;
                my ($pid) = $directory =~ /(\d+)/;
                for (readdir $list) {
                    my ($inode) = (readlink "$directory/$_" // "") =~ /^socket:\[(\d+)\]$/ or next;
                    push @{$pids{$inode}}, $pid if !grep { $_ == $pid } @{$pids{$inode}};
                }
            }
            return \%pids;
        }
        sub base64 {
            my $text = pack "u", $_[0];
            my $missing = -length($_[0]) % 3;
            # uuencode has the same bits in other letters, and a letter for the length before each line.
            $text =~ s/^.//mg;
            $text =~ tr/\n//d;
            $text =~ tr|` -_|AA-Za-z0-9+/|;
            substr($text, -$missing) = "=" x $missing if $missing;
            return $text;
        }
        sub unbase64 {
            my ($text) = @_;
            $text =~ tr|A-Za-z0-9+/||cd;
            $text =~ tr|A-Za-z0-9+/| -_|;
            return join "", map { unpack "u", chr(32 + length($_) * 3 / 4) . $_ } $text =~ /.{1,60}/gs;
        }
        sub public_key { (unpack "N/a*", $_[0])[0] . " " . base64($_[0]) }
        sub public_keys {
            my @keys;
            for (split /\n/, text($_[0], 65536)) {
                my ($type, $blob) = /^\s*([a-z0-9@.-]+) ([A-Za-z0-9+\/]+=*)(?:\s|$)/ or next;
                push @keys, "$type $blob" if (eval { unpack "N/a*", unbase64($blob) } // "") eq $type;
            }
            return @keys;
        }
        sub print_of {
            my ($key) = @_;
            return "-" if !defined $key;
            require Digest::SHA;
            return "SHA256:" . base64(Digest::SHA::sha256(unbase64((split / /, $key)[1]))) =~ tr/=//dr;
        }
        sub private_key {
            my $text = text($_[0], 20000);
            my ($kind, $body) = $text =~ /-----BEGIN ([A-Z ]*)PRIVATE KEY-----(.*?)-----END/s or return;
            if ($kind eq "OPENSSH ") {
                my $raw = unbase64($body);
                return "damaged" if $raw !~ s/^openssh-key-v1\0//;
                my ($cipher, $blob, $secret) = (eval { unpack "N/a*N/a*N/a*NN/a*N/a*", $raw })[0, 4, 5];
                return "damaged" if !length($secret // "") || length($secret) % 8;
                return ("encrypted", public_key($blob)) if $cipher ne "none";
            } elsif ("$kind$body" =~ /ENCRYPTED/) {
                return "encrypted";
            }
            # Whether a plain one is whole, ssh-keygen knows; it wants no file's mode where it reads a pipe.
            pipe my $out, my $in or die "pipe: $!";
            print $in $text;
            close $in;
            open STDIN, "<&", $out;
            my ($type, $blob) = split / /, said(qw(ssh-keygen -y -P), "", "-f", "/dev/stdin");
            return $? == 0 && defined $blob ? ("plain", "$type " . $blob =~ s/\s.*//sr) : "damaged";
        }
        sub private_keys {
            my ($user, $wanted) = @_;
            my @keys;
            for my $file (glob home($user) . "/.ssh/*") {
                my $name = $file =~ s{.*/}{}r;
                next if !-f $file || length $wanted && $name ne $wanted;
                my ($state, $own) = private_key($file) or next;
                push @keys, [$file, $name =~ s/[^A-Za-z0-9._@+-]/?/gr, $state, $own];
            }
            return @keys;
        }
        sub key_files {
            my (@waiting, @files) = @_;
            my %device = map { $_ => (lstat)[0] } @waiting;
            while (defined(my $directory = shift @waiting)) {
                my $device = delete $device{$directory} // next;
                opendir my $list, $directory or next;
                for my $path (map { "$directory/$_" } grep { !/^\.\.?$/ } readdir $list) {
                    my @stat = lstat $path;
                    if (-d _ && $stat[0] == $device) { push @waiting, $path; $device{$path} = $device }
                    next if !-f _ || $stat[7] >= 65536;
                    push @files, $path if text($path) =~ /-----BEGIN [A-Z ]*PRIVATE KEY-----/;
                }
            }
            return @files;
        }

        """#
}
