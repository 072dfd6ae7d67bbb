public import LabFile

/// Every kind of check there is; a new one is added here and nowhere else.
public enum CheckKinds {
    /// The kinds, in the order of the reference.
    public static let all: [any Check.Type] =
        [
            PackageCheck.self,
            ServiceCheck.self,
            SurvivesRebootCheck.self,
            ConsoleLoginCheck.self,
            RecordedCheck.self,
            MountCheck.self,
            MountSurvivesRebootCheck.self,
            ListeningCheck.self,
            FileCheck.self,
            SSHDConfigCheck.self,
            FirewallCheck.self,
            ProcessCheck.self,
            CommandCheck.self,
            AnswerCheck.self,
            KnownHostCheck.self,
            HostKeyCheckingCheck.self,
            KeyPairCheck.self,
            AuthorizedKeyCheck.self,
            PrivateKeyAbsentCheck.self,
            CapturedCheck.self,
        ] + SSHCheckKinds.all

    /// What the loader has to know of them.
    public static let specs: [CheckSpec] = all.map { $0.spec }
}
