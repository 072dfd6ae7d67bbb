public import LabFile

/// How a command becomes one that the agent, which is root, runs as a user in that user's home.
public enum UserCommand {
    /// The search path of every command in a guest.
    public static let path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

    /// Words for the agent that run `command` as `user` with a plain environment in the home directory.
    public static func words(_ command: Command, as user: String) -> [String] {
        let enter = #"cd 2>/dev/null || cd /; exec "$@""#
        let inner: [String] =
            switch command {
            case .shell(let text): ["/bin/bash", "-c", text]
            case .words(let words): words
            }
        let environment = ["/usr/bin/env", "-i"]
        let home = user == "root" ? "/root" : "/home/\(user)"
        let variables = [
            "HOME=\(home)", "USER=\(user)", "LOGNAME=\(user)", "SHELL=/bin/bash", "LANG=C.UTF-8", "PATH=\(path)",
            "TERM=dumb",
        ]
        let become = user == "root" ? [] : ["/usr/sbin/runuser", "-u", user, "--"]
        return become + environment + variables + ["/bin/sh", "-c", enter, "sh"] + inner
    }
}
