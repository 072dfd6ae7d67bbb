/// Perl that programs of the harness in a guest share. Nothing in it starts a program or loads a module: each program
/// that an emulated machine starts takes 0.1 to 0.6 s there.
public enum GuestPerl {
    /// `systemd(calls…)`: method calls to systemd, through its own socket, which is root's (org.freedesktop.systemd1(5);
    /// the D-Bus specification, "Message Protocol"). A call is `[path, interface, member, signature, strings…]`; gives
    /// for each its answer's body, or a reference to the name of the error; dies when systemd does not answer.
    ///
    /// `unit_path(name)` is a unit's path there, `value(body)` the value in an answer that is a string, a number or a
    /// variant of these.
    public static let systemd = #"""
        sub systemd {
            my @calls = @_;
            my $text = sub { pack "l/a*x", $_[0] };
            my $pad = sub { $_[0] . "\0" x (-length($_[0]) % $_[1]) };
            socket my $manager, 1, 1, 0 or die "socket: $!\n";
            connect $manager, pack "Sa108", 1, "/run/systemd/private" or die "systemd does not answer: $!\n";
            my $said = "";
            for my $i (0 .. $#calls) {
                my ($path, $interface, $member, $signature, @strings) = @{$calls[$i]};
                my ($body, $fields) = ("", "");
                $body = $pad->($body, 4) . $text->($_) for @strings;
                for (["\1", "o", $path], ["\2", "s", $interface], ["\3", "s", $member]) {
                    $fields = $pad->($fields, 8) . "$$_[0]\1$$_[1]\0" . $text->($$_[2]);
                }
                $fields = $pad->($fields, 8) . "\10\1g\0" . pack "C/a*x", $signature if length $signature;
                $said .= $pad->(pack("a4LLL", "l\1\0\1", length $body, $i + 1, length $fields) . $fields, 8) . $body;
            }
            syswrite $manager, "\0AUTH EXTERNAL 30\r\nBEGIN\r\n" or die "systemd does not answer: $!\n";
            my $heard = "";
            my $next = sub {
                my ($wanted) = @_;
                while (length $heard < $wanted) {
                    sysread $manager, $heard, 65536, length $heard or die "systemd does not answer: $!\n";
                }
                substr $heard, 0, $wanted, "";
            };
            my $line = "";
            $line .= $next->(1) while $line !~ /\r\n$/;
            die "systemd does not answer: $line" if $line !~ /^OK/;
            # Only now: a short call that systemd reads together with BEGIN waits there for more to come.
            syswrite $manager, $said or die "systemd does not answer: $!\n";
            my ($answered, @answers) = 0;
            while ($answered < @calls) {
                my ($kind, $size, $fields) = unpack "xCxxLxxxxL", $next->(16);
                my $head = $next->($fields + -$fields % 8);
                my $body = $next->($size);
                next if $kind != 2 && $kind != 3;
                # The fields' order is the sender's: the serial of the call is field 5, the error's name field 4.
                my ($call) = $head =~ /\x05\x01u\x00(....)/s or die "systemd answers nothing\n";
                my ($error) = $head =~ /\x04\x01s\x00....([\w.]+)/s;
                $answers[unpack("L", $call) - 1] = $kind == 2 ? $body : \($error // "?");
                $answered++;
            }
            return @answers;
        }
        sub unit_path { "/org/freedesktop/systemd1/unit/" . $_[0] =~ s/^\d|[^A-Za-z0-9]/sprintf "_%02x", ord $&/ger }
        sub value {
            my ($body) = @_;
            return "" if ref $body || !length $body;
            my ($kind, $at) = $body =~ /^\x01([stu])\x00/ ? ($1, $1 eq "t" ? 8 : 4) : ("s", 0);
            return unpack $kind eq "t" ? "Q" : $kind eq "u" ? "L" : "l/a*", substr $body, $at;
        }

        """#

    /// `text(path, limit)`: a file's content, empty when it cannot be read; a limit in bytes may be left out.
    public static let text = #"""
        sub text {
            my ($path, $limit) = @_;
            open my $file, "<", $path or return "";
            my $text = "";
            while (!defined $limit || length $text < $limit) {
                my $wanted = defined $limit ? $limit - length $text : 1 << 20;
                read $file, $text, $wanted, length $text or last;
            }
            return $text;
        }

        """#
}
