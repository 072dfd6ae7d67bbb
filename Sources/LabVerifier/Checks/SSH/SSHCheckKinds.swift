/// The kinds that are about connections and logins.
enum SSHCheckKinds {
    /// Every kind of this folder.
    static let all: [any Check.Type] = [
        TCPCheck.self, SSHMethodsCheck.self, SSHLoginCheck.self, SSHRefusedCheck.self, RootRefusedCheck.self,
        SSHAcceptedCheck.self, SSHAttemptedCheck.self, SSHEstablishedCheck.self, AgentHoldsCheck.self,
        AgentForwardedCheck.self, ParallelSessionsCheck.self, CopiedCheck.self, FetchedCheck.self, TunnelCheck.self,
        TunnelLoginCheck.self, TunnelRecoversCheck.self, TunnelSurvivesRebootCheck.self,
    ]
}
