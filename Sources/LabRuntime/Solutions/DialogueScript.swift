/// The program that plays one command on a pseudo-terminal in a guest and answers its prompts.
///
/// It is python3 (ufw brings it to every image). Arguments: the words of the command; standard input: JSON with
/// `dialogue` (a list of `[when, say]`), `limit` (seconds; without it the command may run for ever), `transcript` (a path
/// to write to instead of standard output). Prompts are answered in their order, each once, compared without regard to
/// case. It prints the transcript and ends with the command's status; 124 when the limit has passed, 125 when prompts
/// were left unanswered and the command ended well.
enum DialogueScript {
    /// What it reads.
    struct Plan: Encodable {
        var dialogue: [[String]]
        var limit: Int?
        var transcript: String?
    }

    static let text = #"""
        import codecs, json, os, pty, select, signal, sys, time
        plan = json.load(sys.stdin)
        pid, terminal = pty.fork()
        if pid == 0:
            signal.signal(signal.SIGHUP, signal.SIG_DFL)
            os.execvp(sys.argv[1], sys.argv[1:])
        decode = codecs.getincrementaldecoder("utf-8")("replace")
        waiting, seen, said, ended = list(plan["dialogue"]), "", "", None
        deadline = time.monotonic() + plan.get("limit", float("inf"))
        out = open(plan["transcript"], "w") if plan.get("transcript") else sys.stdout
        while time.monotonic() < deadline:
            readable, _, _ = select.select([terminal], [], [], 0.2)
            if readable:
                try:
                    data = os.read(terminal, 65536)
                except OSError:
                    break
                if not data:
                    break
                text = decode.decode(data)
                seen, said = (seen + text)[-8192:], (said + text)[-262144:]
                if plan.get("transcript"):
                    out.write(text); out.flush()
                while waiting and waiting[0][0].lower() in seen.lower():
                    when, say = waiting.pop(0)
                    seen = seen[seen.lower().index(when.lower()) + len(when):]
                    os.write(terminal, (say + "\n").encode())
            else:
                done, status = os.waitpid(pid, os.WNOHANG)
                if done:
                    ended = status
                    break
        else:
            os.kill(pid, signal.SIGKILL)
            ended = os.waitpid(pid, 0)[1]
            if not plan.get("transcript"):
                print(said)
            print("the time limit of %d s passed" % plan["limit"], file=sys.stderr)
            sys.exit(124)
        if ended is None:
            ended = os.waitpid(pid, 0)[1]
        status = os.waitstatus_to_exitcode(ended)
        status = status if status >= 0 else 128 - status
        if not plan.get("transcript"):
            print(said)
        if waiting and status == 0:
            print("these prompts never came: " + ", ".join(when for when, _ in waiting), file=sys.stderr)
            sys.exit(125)
        sys.exit(status)
        """#
}
