import LabFile

/// `process`: a process with this program runs.
struct ProcessCheck: Check {
    static let spec = CheckSpec(
        "process", mode: .holds, basis: .guest, "A process that runs this program, or this script, is there.",
        fields: [
            .init("on", .machine, required: true, "The machine."),
            .init("name", .string, required: true, "The program's or script's file name."),
            .init("user", .string, "Whose process; default anybody's."),
            .init("running", .boolean, "Whether there is one; default true."),
        ])

    let machine: String
    let name: String
    let user: String?
    let running: Bool

    init(_ fields: Fields) throws {
        machine = try fields.required("on")
        name = try fields.required("name")
        user = fields.string("user")
        running = fields.boolean("running") ?? true
    }

    /// Prints the id of the user and the program's own file, then each process's file, then each one's arguments.
    private static let script = #"""
        #!perl
        my ($name, $user) = @ARGV;
        my $program = program($name);
        print "program $program\n" if defined $program;
        print "user ", getpwnam $user // "", "\n" if length $user;
        for my $directory (glob "/proc/[0-9]*") {
            my $file = readlink "$directory/exe" // next;
            my ($state, $uid) = text("$directory/status") =~ /^State:\s*(\S).*^Uid:\s*(\d+)/ms or next;
            $file =~ tr/\n/?/;
            my $words = text("$directory/cmdline", 8000) =~ s/\0$//r =~ tr/\0\n/  /r;
            print "exe $directory/exe $file\nps ", substr($directory, 6), " $uid $state $words\n";
        }
        """#

    func judge(on bench: any Bench) async throws -> Finding {
        let seen = try await bench.look(on: machine, Self.script, [name, user ?? ""])
        var program: String?
        var owner: String?
        var files: [String: String] = [:]
        var found: [String] = []
        for line in seen.output.lines() {
            let words = line.split(separator: " ").map(String.init)
            switch words.first {
            case "program": program = words.dropFirst().joined(separator: " ")
            case "user": owner = words.count > 1 ? words[1] : "none"
            case "exe" where words.count > 2:
                files[String(words[1].dropFirst(6).prefix { $0 != "/" })] = words.dropFirst(2).joined(separator: " ")
            case "ps" where words.count > 4:
                guard let file = files[words[1]], owner == nil || owner == words[2], !words[3].hasPrefix("Z") else {
                    continue
                }
                if isIt(file, words[4...], program: program) { found.append("\(file) (pid \(words[1]))") }
            default: continue
            }
        }
        let whose = user.map { Localized(ko: "\($0) 사용자의 ", en: "\($0)'s ") } ?? .same("")
        let list = shown(found.joined(separator: ", "))
        return Finding(
            found.isEmpty == running ? .fail : .pass, machine: machine,
            expected: Localized(
                ko: "\(whose.ko)\(name) 프로세스가 \(running ? "돌고 있어요" : "없어요")",
                en: "\(whose.en)process \(name) \(running ? "runs" : "does not run")"),
            observed: found.isEmpty
                ? Localized(
                    ko: "\(machine)에서 \(whose.ko)\(name) 프로세스를 찾지 못했어요.",
                    en: "no \(whose.en)process on \(machine) runs \(name).")
                : .same("\(machine): \(list)"))
    }

    /// A program by the file that it runs; a script by the argument of its interpreter.
    private func isIt(_ file: String, _ words: ArraySlice<String>, program: String?) -> Bool {
        // An upgrade has taken the file away from a program that runs on.
        let file = file.hasSuffix(" (deleted)") ? String(file.dropLast(" (deleted)".count)) : file
        if file == program { return true }
        let base = file.split(separator: "/").last.map(String.init) ?? file
        if base == name { return Self.isInstalled(file) }
        guard Self.interpreters.contains(where: { base.hasPrefix($0) }) else { return false }
        return words.dropFirst().first { !$0.hasPrefix("-") }?.split(separator: "/").last.map(String.init) == name
    }

    private static func isInstalled(_ file: String) -> Bool { file.hasPrefix("/usr/") || file.hasPrefix("/opt/") }
    private static let interpreters = ["dash", "bash", "python", "perl", "sh"]
}
