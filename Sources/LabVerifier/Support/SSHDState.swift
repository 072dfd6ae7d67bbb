/// What is known of a machine's SSH server: the values in its files, when they changed, and when it last read them.
struct SSHDState: Sendable {
    /// A line of a file that sets a keyword that was asked about.
    struct Line: Sendable, Equatable {
        var keyword: String
        var place: String
        var text: String
        /// Whether it counts for some connections only: it stands in a Match block.
        var isConditional = false

        /// What it sets the keyword to.
        var value: String {
            let words = text.split(whereSeparator: { " \t\r=".contains($0) }).dropFirst()
            return words.prefix { !$0.hasPrefix("#") }.joined(separator: " ").replacing("\"", with: "")
        }
    }

    var isInstalled = true
    var isReadable = false
    /// What `sshd -T` complained of.
    var problem = ""
    /// What `sshd -T` says, by keyword in lower case; a keyword may have several lines.
    var values: [String: [String]] = [:]
    var lines: [Line] = []
    /// The service's main process; 0 when it does not run.
    var mainPID = 0
    /// Options of its command line that override the files.
    var options = ""
    /// When it started, and when its own records say that it read its files; seconds since 1970.
    var reads: [Double] = []
    /// When each file last changed, by path.
    var changes: [(path: String, time: Double)] = []

    /// Files that changed after the server last read them.
    var stale: [String] {
        let last = reads.max() ?? 0
        return changes.filter { $0.time > last + 0.001 }.map(\.path)
    }

    /// `$1` is the connection for `-C`; without it the values are those outside all Match blocks. Whatever keywords are
    /// asked about, the script is the same, so that it runs once.
    static let script = #"""
        #!perl
        if (!-x "/usr/sbin/sshd") { print "absent\n"; exit 0 }
        mkdir "/run/sshd", 0755;
        open STDERR, ">&", \*STDOUT;
        my $said = said("/usr/sbin/sshd", "-T", length $ARGV[0] ? ("-C", $ARGV[0]) : ());
        my @lines = split /\n/, $said;
        if ($? == 0) {
            print "value $_\n" for @lines;
        } else {
            print "problem @lines[-3 .. -1]\n" if @lines > 2;
            print "problem @lines\n" if @lines < 3;
        }
        my @files = grep { -e } "/etc/ssh/sshd_config", glob "/etc/ssh/sshd_config.d/*.conf";
        my $latest = 0;
        for my $file (@files) {
            my $time = changed($file);
            $latest = $time if $time > $latest;
            my $name = $file =~ tr/\n/?/r;
            print "change $time $name\n";
            my ($number, $block) = (0, 0);
            for (split /\n/, text($file, 100000)) {
                $number++;
                my ($word, $rest) = /^[\s"]*([A-Za-z0-9]+)(.*)/ or next;
                $block = $rest !~ /^[\s="]*all[\s"]*(?:#|$)/i if lc $word eq "match";
                print $block ? "case " : "line ", lc $word, " $name:$number $_\n";
            }
        }
        my $path = unit_path("ssh.service");
        my ($pid, $began) = map { value($_) } systemd(
            map { [$path, "org.freedesktop.DBus.Properties", "Get", "ss", "org.freedesktop.systemd1.Service", $_] }
                "MainPID", "ExecMainStartTimestamp");
        $pid ||= 0;
        print "pid $pid\n";
        exit 0 if !$pid;
        print "exe ", readlink("/proc/$pid/exe") =~ tr/\n/?/r, "\n";
        print "command ", text("/proc/$pid/cmdline") =~ tr/\0\n/  /r, "\n";
        printf "read %.6f\n", $began / 1e6 if $began;
        # Whether it read them again since matters only where a file changed after its start.
        exit 0 if $began && $latest <= $began / 1e6;
        my @records = split /\n/, said(qw(journalctl -q --no-pager -o short-unix -n 400 _COMM=sshd _EXE=/usr/sbin/sshd),
            "_UID=0", "_TRANSPORT=syslog", "_PID=$pid");
        my ($read) = grep { /\]: (?:Server listening on |Received SIGHUP; restarting\.)/ } reverse @records;
        print "read $1\n" if defined $read && $read =~ /^([0-9.]+) /;
        """#

    /// Reads what the script prints.
    init(_ text: String) {
        for line in text.lines() {
            let words = line.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
            let rest = words.dropFirst().joined(separator: " ")
            switch words[0] {
            case "absent": isInstalled = false
            case "value" where words.count > 1:
                isReadable = true
                values[words[1], default: []].append(words.count > 2 ? words[2] : "")
            case "problem": problem = rest
            case "change" where words.count == 3:
                if let time = Double(words[1]) { changes.append((words[2], time)) }
            case "line" where words.count == 3, "case" where words.count == 3:
                let parts = words[2].split(separator: " ", maxSplits: 1).map(String.init)
                lines.append(
                    Line(
                        keyword: words[1], place: parts[0], text: parts.count > 1 ? String(parts[1].withoutReturn) : "",
                        isConditional: words[0] == "case"))
            case "pid": mainPID = Int(rest) ?? 0
            case "exe": if rest.split(separator: " ").first != "/usr/sbin/sshd" { mainPID = 0 }
            case "command":
                let arguments = rest.split(separator: " ").map(String.init)
                let overriding = arguments.indices.filter { index in
                    ["-f", "-o", "-p"].contains { arguments[index].hasPrefix($0) }
                }
                options = overriding.map { arguments[$0...].prefix(2).joined(separator: " ") }.joined(separator: " ")
            case "read": if let time = Double(rest) { reads.append(time) }
            default: continue
            }
        }
    }

}
