import LabRuntime

/// The program that runs a batch inside the guest, and the argument list that carries the scripts to it.
///
/// Scripts and arguments travel as words: nothing is quoted, nothing is parsed, so nothing can be pasted into a shell.
enum BatchDriver {
    /// The PATH of every script: the system's own programs. /usr/local, which a student may fill, is not looked at.
    static let path = "/usr/sbin:/usr/bin:/sbin:/bin"
    /// The most that is kept of one script's standard output, in bytes.
    static let outputLimit = 262_144
    /// The most that is kept of one script's standard error, in bytes.
    static let errorLimit = 16_384
    /// The most that one execution sends back, in bytes of base64.
    static let replyLimit = 1_000_000
    /// The status of a script that was ended for taking too long: 128 + SIGKILL.
    static let tooLong = 137
    /// The status of a script of perl's that died.
    static let died = 254
    /// What a script begins with that is perl's: it runs in the driver's own process, forked, and starts nothing.
    static let perl = "#!perl\n"

    /// The argument list of one execution.
    static func words(for requests: [BatchRequest], nonce: String, seconds: Int) -> [String] {
        [
            "/usr/bin/perl", "-e", GuestPerl.text + GuestPerl.systemd + BatchPrelude.text + program, nonce,
            String(seconds),
        ]
            + requests.flatMap { [$0.user ?? "", String($0.arguments.count), $0.script] + $0.arguments }
    }

    /// Two scripts run at a time: more at once than the machine has processors take longer all together, much longer
    /// where they are emulated.
    ///
    /// A script has a process group of its own, which is killed when its time is over. Its output is read as long as it
    /// runs: a child that is left behind holds nothing up. The reply is one base64 text: a line with the nonce, a line a
    /// script (status, two sizes), then all outputs.
    ///
    /// It is strict perl, which the tests ask for and not the program: reading strict.pm takes an emulated machine 45 ms.
    private static let program = #"""
        my ($nonce, $seconds) = splice @ARGV, 0, 2;
        my ($limit, $errors) = (262144, 16384);
        %ENV = (PATH => "/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL => "C.UTF-8", LANG => "C.UTF-8", SHELL => "/bin/bash",
            TERM => "dumb");
        umask 077;
        $SIG{CHLD} = sub { };
        my @jobs;
        while (@ARGV) {
            my ($user, $count, $script) = splice @ARGV, 0, 3;
            push @jobs, {user => $user, script => $script, words => [splice @ARGV, 0, $count], said => ["", ""]};
        }

        sub dress {
            my ($user) = @_;
            my ($uid, $gid, $home) = $user eq "root" ? (0, 0, "/root") : (getpwnam $user)[2, 3, 7];
            if ($uid) {
                my @groups = $gid;
                while (my ($name, undef, $id, $members) = getgrent) {
                    push @groups, $id if grep { $_ eq $user } split / /, $members;
                }
                $) = "$gid @groups";
                # setresgid(2) and setresuid(2): perl's own way leaves the saved ids as they were.
                syscall(119, ($gid + 0) x 3) == 0 && syscall(117, ($uid + 0) x 3) == 0 or die "user: $!";
            }
            @ENV{qw(HOME USER LOGNAME)} = ($home, $user, $user);
            chdir $home or chdir "/";
        }

        sub perform {
            my ($job) = @_;
            setpgrp;
            $SIG{CHLD} = "DEFAULT";
            dress($$job{user} || "root");
            my ($script, @words) = ($$job{script}, @{$$job{words}});
            if ($script !~ s/^#!perl\n//) {
                exec "/bin/sh", "-c", $script, "lab", @words;
                exit 127;
            }
            @ARGV = @words;
            undef $job; undef @jobs;
            eval "$script\n; 1" or do { print STDERR $@; exit 254 };
            exit 0;
        }

        sub begin {
            my ($job) = @_;
            if (length $$job{user} && !defined getpwnam $$job{user}) { $$job{status} = "nouser"; return }
            pipe my $out, my $to_out or die "pipe: $!";
            pipe my $err, my $to_err or die "pipe: $!";
            my $pid = fork // die "fork: $!";
            if (!$pid) {
                open STDIN, "<", "/dev/null";
                open STDOUT, ">&", $to_out;
                open STDERR, ">&", $to_err;
                close $_ for $out, $err, $to_out, $to_err;
                perform($job);
            }
            @$job{qw(pid pipes end)} = ($pid, [$out, $err], time + $seconds);
        }

        # Takes what there is; closes a pipe at its end, or when it has said enough.
        sub hear {
            my ($job, $i) = @_;
            my $most = $i ? $errors : $limit;
            my $taken = sysread $$job{pipes}[$i], $$job{said}[$i], 65536, length $$job{said}[$i];
            return 1 if !defined $taken && $! == 4;
            return 1 if $taken && length $$job{said}[$i] < $most;
            close delete $$job{pipes}[$i];
            $$job{said}[$i] = substr $$job{said}[$i], 0, $most;
            return 0;
        }

        sub ready {
            my ($wait, @pipes) = @_;
            my $bits = "";
            vec($bits, fileno $_, 1) = 1 for @pipes;
            # A signal interrupts it, with all bits as they were asked for.
            my $count = select my $found = $bits, undef, undef, $wait;
            return $count > 0 ? $found : "";
        }

        my @waiting = @jobs;
        my @running;
        while (@waiting || @running) {
            while (@waiting && @running < 2) {
                my $job = shift @waiting;
                begin($job);
                push @running, $job if $$job{pid};
            }
            my @open = grep { defined } map { @{$$_{pipes}}[0, 1] } @running;
            my $found = ready(@open ? 0.2 : 0.01, @open) if @running;
            for my $job (@running) {
                for my $i (0, 1) {
                    my $pipe = $$job{pipes}[$i] or next;
                    hear($job, $i) if vec $found, fileno $pipe, 1;
                }
                if (waitpid($$job{pid}, 1) == $$job{pid}) {
                    $$job{status} = $? & 127 ? 128 + ($? & 127) : $? >> 8;
                    for my $i (0, 1) {
                        my $pipe = $$job{pipes}[$i] or next;
                        1 while vec(ready(0, $pipe), fileno $pipe, 1) && hear($job, $i);
                    }
                } elsif (time >= $$job{end}) {
                    kill KILL => -$$job{pid}, $$job{pid};
                }
            }
            @running = grep { !defined $$_{status} } @running;
        }

        my ($sum, $heads, $bodies) = (0, "", "");
        for my $job (@jobs) {
            my @sizes = map { length } @{$$job{said}};
            if ($sum && $sum + $sizes[0] + $sizes[1] > 600000) { $heads .= "unfit 0 0\n"; next }
            $sum += $sizes[0] + $sizes[1];
            $heads .= "$$job{status} @sizes\n";
            $bodies .= join "", @{$$job{said}};
        }
        print base64("$nonce\n$heads$bodies");
        """#
}
