import Foundation
import LabFile

/// The files at a path of a machine: content, mode and times.
struct Manifest: Sendable, Equatable {
    /// One file.
    struct File: Sendable, Equatable {
        /// The path below the directory; empty for a single file.
        var name: String
        /// Octal.
        var mode: String
        /// When its content last changed, in whole seconds.
        var modified: Int
        /// When the file was last written or changed here; unlike ``modified``, nobody can set it (inode(7)).
        var changed: Date
        /// SHA-256 of the content.
        var digest: String
    }

    /// Whether the path is a directory.
    var isDirectory: Bool
    /// The files, by name.
    var files: [File]

    /// `$1` user, `$2` path; a relative path starts at the user's home.
    static let script = #"""
        #!perl
        my ($user, $path) = @ARGV;
        $path = "~/$path" if $path !~ m{^~?/};
        $path = at_home($path, $user);
        require Digest::SHA;
        my $one = sub {
            my ($file, $name) = @_;
            my @stat = stat $file;
            my $digest = Digest::SHA->new(256)->addfile($file, "b")->hexdigest;
            printf "%o %d %d %s %s\n", $stat[2] & 07777, $stat[9], $stat[10], $digest, $name;
        };
        if (-d $path) {
            print "directory\n";
            my (@files, @waiting) = ();
            @waiting = ("");
            while (defined(my $directory = shift @waiting)) {
                opendir my $list, "$path/$directory" or next;
                for (grep { !/^\.\.?$/ } readdir $list) {
                    my $name = length $directory ? "$directory/$_" : $_;
                    next if /\n/ || -l "$path/$name";
                    if (-d _) { push @waiting, $name }
                    elsif (-f _ && -s _ < 20480 * 1024) { push @files, $name }
                }
                last if @files > 300 || @waiting > 300;
            }
            $#files = 299 if @files > 300;
            $one->("$path/$_", $_) for sort @files;
        } elsif (-f $path && -s _ < 20480 * 1024) {
            print "file\n";
            $one->($path, "");
        } else {
            exit 4;
        }
        """#

    /// Reads what stands at a path; nil when nothing does.
    static func read(_ path: String, on machine: String, user: String, bench: any Bench) async throws -> Manifest? {
        Manifest(try await bench.observe(on: machine, as: nil, script, [user, path]).output)
    }

    /// Reads what the script printed; nil when there was no such file.
    init?(_ text: String) {
        let lines = text.lines()
        guard let kind = lines.first else { return nil }
        isDirectory = kind == "directory"
        files = lines.dropFirst().compactMap { line in
            let words = line.split(separator: " ", maxSplits: 4, omittingEmptySubsequences: false).map(String.init)
            guard words.count == 5, let modified = Int(words[1]), let changed = Double(words[2]) else { return nil }
            return File(
                name: words[4], mode: words[0], modified: modified, changed: Date(timeIntervalSince1970: changed),
                digest: words[3])
        }
    }
}
