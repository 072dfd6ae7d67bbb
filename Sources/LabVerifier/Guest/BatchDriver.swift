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
    /// The status of a script that was ended for taking too long: `timeout -s KILL`, 128 + 9.
    static let tooLong = 137

    /// The argument list of one execution.
    static func words(for requests: [BatchRequest], nonce: String, seconds: Int) -> [String] {
        ["/bin/sh", "-c", program, "lab", nonce, String(seconds)]
            + requests.flatMap { [$0.user ?? "", String($0.arguments.count), $0.script] + $0.arguments }
    }

    /// The scripts run in two lanes, one after the other in each: more at once than the machine has processors take
    /// longer all together, much longer where they are emulated.
    ///
    /// Standard output goes to files of limited size, not to pipes: a child that is left behind holds nothing up.
    /// The reply is one base64 text: a line with the nonce, a line a script (status, two sizes), then all outputs.
    static let program = #"""
        nonce=$1 seconds=$2; shift 2
        PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8; export PATH LC_ALL
        umask 077; d=
        for base in /run /dev/shm /tmp; do
          if [ -w "$base" ] && d=$(mktemp -d "$base/lab.XXXXXXXX" 2>/dev/null); then break; fi
        done
        [ -n "$d" ] || { echo 'no room for temporary files' >&2; exit 120; }
        trap 'rm -rf "$d"' EXIT
        one() {
          script=$1; shift
          ulimit -f 512
          if [ -z "$user" ]; then
            HOME=/root USER=root LOGNAME=root; export HOME USER LOGNAME; cd "$HOME" || cd /
            timeout -s KILL "$seconds" /bin/sh -c "$script" lab "$@" </dev/null >"$d/$i.o" 2>"$d/$i.e"
          else
            entry=$(getent passwd "$user") || { echo nouser >"$d/$i.s"; return; }
            entry=${entry#*:*:*:*:*:}; HOME=${entry%%:*} USER=$user LOGNAME=$user; export HOME USER LOGNAME
            cd "$HOME" || cd /
            timeout -s KILL "$seconds" runuser -u "$user" -- /bin/sh -c "$script" lab "$@" \
              </dev/null >"$d/$i.o" 2>"$d/$i.e"
          fi
          echo "$?" >"$d/$i.s"
        } 2>/dev/null
        i=0 at=1 total=$# odd= even=
        while [ "$at" -le "$total" ]; do
          i=$((i + 1)); eval "n=\$((\${$((at + 1))} + 1))"
          k=0 w=; while [ "$k" -lt "$n" ]; do w="$w \"\${$((at + 2 + k))}\""; k=$((k + 1)); done
          : >"$d/$i.o"; : >"$d/$i.e"
          one="i=$i user=\"\${$at}\"; one $w;"
          case $i in *[13579]) odd=$odd$one ;; *) even=$even$one ;; esac
          at=$((at + 2 + n))
        done
        eval "$odd" &
        eval "$even" &
        wait
        k=1; set --
        while [ "$k" -le "$i" ]; do set -- "$@" "$d/$k.o" "$d/$k.e"; k=$((k + 1)); done
        sizes=$(stat -c %s "$@")
        set -- $sizes
        {
          echo "$nonce"
          k=1 sum=0 files=
          while [ "$k" -le "$i" ]; do
            s=lost; read -r s <"$d/$k.s"
            if [ "$sum" -gt 0 ] && [ $((sum + $1 + $2)) -gt 600000 ]; then
              echo "unfit 0 0"
            else
              echo "$s $1 $2"; sum=$((sum + $1 + $2)); files="$files $d/$k.o $d/$k.e"
            fi
            shift 2; k=$((k + 1))
          done
          cat $files
        } 2>/dev/null | base64 -w 0
        """#
}
