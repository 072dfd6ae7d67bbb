/// What is known of a machine's SSH server: the values in its files, when they changed, and when it last read them.
struct SSHDState: Sendable {
    /// A line of a file that sets a keyword that was asked about.
    struct Line: Sendable, Equatable {
        var keyword: String
        var place: String
        var text: String
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

    /// `$1` is the connection for `-C`. Whatever keywords are asked about, the script is the same, so that it runs once.
    static let script = #"""
        [ -x /usr/sbin/sshd ] || { echo absent; exit 0; }
        mkdir -p /run/sshd
        if out=$(/usr/sbin/sshd -T -C "$1" 2>&1); then
          printf '%s\n' "$out" | sed 's/^/value /'
        else
          printf '%s\n' "$out" | tail -n 3 | tr '\n' ' ' | sed 's/^/problem /'; echo
        fi
        stat -L -c 'change %.6Z %n' -- /etc/ssh/sshd_config /etc/ssh/sshd_config.d/*.conf 2>/dev/null
        awk '{ w = tolower($1); sub(/=.*/, "", w) } w ~ /^[a-z]/ { print "line " w " " FILENAME ":" FNR " " $0 }' \
          /etc/ssh/sshd_config /etc/ssh/sshd_config.d/*.conf 2>/dev/null
        main=$(systemctl show -p MainPID -p ExecMainStartTimestamp ssh.service) || exit 0
        pid=$(printf '%s\n' "$main" | sed -n 's/^MainPID=//p')
        echo "pid $pid"
        [ "${pid:-0}" -gt 0 ] || exit 0
        echo "exe $(readlink "/proc/$pid/exe")"
        tr '\0' ' ' <"/proc/$pid/cmdline" | sed 's/^/command /'; echo
        began=$(printf '%s\n' "$main" | sed -n 's/^ExecMainStartTimestamp=//p')
        [ -z "$began" ] || echo "read $(date -d "$began" +%s)"
        journalctl -q --no-pager -o short-unix -n 400 _COMM=sshd _EXE=/usr/sbin/sshd _UID=0 _TRANSPORT=syslog \
          "_PID=$pid" 2>/dev/null | grep -E '\]: (Server listening on |Received SIGHUP; restarting\.)' |
          tail -n 1 | sed 's/^\([0-9.]*\) .*/read \1/'
        exit 0
        """#

    /// Reads what the script prints.
    init(_ text: String) {
        for line in text.split(separator: "\n") {
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
            case "line" where words.count == 3:
                let parts = words[2].split(separator: " ", maxSplits: 1).map(String.init)
                lines.append(Line(keyword: words[1], place: parts[0], text: parts.count > 1 ? parts[1] : ""))
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
