/// The program that carries a command's input and output in a guest; perl is in every Debian (perl-base is essential).
///
/// Arguments: the directory with the FIFOs `in`, `data` and `control`, then the words of the command. It announces on
/// `control`, in records of eight bytes: `r` how much more input it can take, `o` and `e` how many bytes of standard
/// output or error it has put into `data`, `x` the exit status at the end (128 and the signal's number for a signal).
/// Jobs that the command left behind may go on; their output is read as long as it comes without a pause.
enum GuestPump {
    static let text = #"""
        $SIG{PIPE} = "IGNORE";
        my ($dir, @words) = @ARGV;
        open(my $in, "<", "$dir/in") or die; open(my $data, ">", "$dir/data") or die;
        open(my $control, ">", "$dir/control") or die;
        sub put { my ($file, $bytes) = @_; my $done = 0;
            while ($done < length $bytes) {
                my $count = syswrite($file, $bytes, length($bytes) - $done, $done);
                next if !defined $count && $! == 4; return 0 unless $count; $done += $count } 1 }
        sub tell_ { put($control, sprintf("%s%07d", @_)) or exit 1 }
        pipe(my $cin_r, my $cin_w); pipe(my $cout_r, my $cout_w); pipe(my $cerr_r, my $cerr_w);
        my $pid = fork; die unless defined $pid;
        if (!$pid) {
            open(STDIN, "<&", $cin_r); open(STDOUT, ">&", $cout_w); open(STDERR, ">&", $cerr_w);
            $SIG{PIPE} = "DEFAULT"; setpgrp(0, 0);
            close $_ for $in, $data, $control, $cin_r, $cin_w, $cout_r, $cout_w, $cerr_r, $cerr_w;
            { exec { $words[0] } @words } print STDERR "$words[0]: $!\n"; exit 127;
        }
        $SIG{TERM} = sub { kill "TERM", -$pid };
        close $_ for $cin_r, $cout_w, $cerr_w;
        # The command may wait for its output to be read: its input is never waited for (O_NONBLOCK).
        fcntl($cin_w, 4, 2048 | fcntl($cin_w, 3, 0)) or die;
        tell_("r", 49152);
        my ($status, %open) = (undef, (fileno($cout_r) => [$cout_r, "o"], fileno($cerr_r) => [$cerr_r, "e"]));
        my ($reading, $pending) = (1, "");
        while (%open) {
            my ($set, $out) = ("", ""); vec($set, $_, 1) = 1 for keys %open;
            vec($set, fileno $in, 1) = 1 if $reading && !length $pending;
            vec($out, fileno $cin_w, 1) = 1 if length $pending;
            my $found = select(my $ready = $set, my $writable = $out, undef, defined $status ? 0.1 : 0.05);
            if (!defined $status && waitpid($pid, 1) == $pid) { $status = $? & 127 ? 128 + ($? & 127) : $? >> 8 }
            last if !$found && defined $status;
            next if $found <= 0;
            for my $number (keys %open) {
                next unless vec($ready, $number, 1);
                my $count = sysread($open{$number}[0], my $bytes, 49152);
                if (!$count) { delete $open{$number}; next }
                put($data, $bytes) or exit 1; tell_($open{$number}[1], $count);
            }
            if ($reading && vec($ready, fileno $in, 1) && !sysread($in, $pending, 49152)) { $reading = 0; close $cin_w }
            if (length $pending && vec($writable, fileno $cin_w, 1)) {
                my $count = syswrite($cin_w, $pending);
                next if !defined $count && ($! == 11 || $! == 4);
                # What a command that reads no more was sent is thrown away.
                $count //= length $pending;
                substr($pending, 0, $count) = "";
                tell_("r", $count);
            }
        }
        if (!defined $status) { waitpid($pid, 0); $status = $? & 127 ? 128 + ($? & 127) : $? >> 8 }
        tell_("x", $status);
        """#
}
