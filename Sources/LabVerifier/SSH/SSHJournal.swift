import Foundation
import LabFile

/// What the sshd of one machine recorded about logins, across reboots.
///
/// Only lines count whose sender the kernel vouches for: `logger`, `systemd-cat` and a text file say nothing here.
struct SSHJournal: Sendable, Equatable {
    /// The logins that students made, oldest first; the harness's own probes are left out.
    var logins: [SSHLogin]
    /// How much sshd tells.
    var level: Level

    /// How much sshd tells, by the newest login.
    enum Level: Sendable, Equatable {
        /// It has recorded nothing at all.
        case empty
        /// Only PAM speaks: LogLevel is QUIET, FATAL or ERROR.
        case off
        /// Logins but neither ports nor sessions: LogLevel is INFO.
        case info
        /// Everything that checks need: LogLevel is VERBOSE or higher.
        case verbose
    }

    /// Prints sshd's lines as JSON, one a line, capped to the newest 200 kB.
    ///
    /// The cursor and the monotonic time make up a third of each line and are of no use here.
    static let script = #"""
        #!perl
        exit 69 if !defined program("journalctl");
        my $text = said(qw(journalctl --no-pager --quiet --output=json
            --output-fields=MESSAGE,_PID,_UID,_EXE,_COMM,_TRANSPORT _COMM=sshd _EXE=/usr/sbin/sshd _TRANSPORT=syslog));
        $text =~ s/"__(?:CURSOR|MONOTONIC_TIMESTAMP)":"[^"]*",\s*//g;
        $text =~ s/,\s*"__(?:CURSOR|MONOTONIC_TIMESTAMP)":"[^"]*"//g;
        print length $text > 200000 ? substr $text, -200000 : $text;
        """#

    /// Reads the journal of a machine.
    static func read(_ machine: String, on bench: any Bench) async throws -> SSHJournal {
        let seen = try await bench.observe(on: machine, as: nil, script, [])
        guard seen.status != 69 else {
            throw Unjudgeable(
                Localized(ko: "\(machine)에 journalctl이 없어요.", en: "\(machine) has no journalctl."))
        }
        return SSHJournal(seen.output)
    }

    /// Puts logins together from the lines of `journalctl -o json`; a line that is cut or not sshd's is passed over.
    init(_ output: String) {
        let decoder = JSONDecoder()
        let records = output.lines().compactMap { line in
            try? decoder.decode(SSHRecord.self, from: Data(line.utf8))
        }
        self.init(records)
    }

    /// Puts logins together from records in the order of the journal.
    init(_ records: [SSHRecord]) {
        var joining = SSHJoining()
        for record in records { joining.take(record) }
        let all = joining.finish()
        logins = all.filter { !$0.isProbe }
        level =
            switch all.last(where: { $0.acceptance != nil }) {
            case _ where joining.unexplainedOpening: .off
            case let login?: login.isVerbose ? .verbose : .info
            case nil where all.isEmpty: .empty
            case nil: .verbose
            }
    }

    /// Logins that were accepted.
    var accepted: [SSHLogin] { logins.filter { $0.acceptance != nil } }
}
