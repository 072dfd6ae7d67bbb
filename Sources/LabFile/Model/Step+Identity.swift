extension Step {
    /// A text that is the same as long as the step opens in the same way and the same things decide whether it is done:
    /// its needs, setup and checks.
    public var judgement: String {
        let checks = checks.map { "\($0.identity) within \($0.within ?? 0)" }
        return ([id, needs.joined(separator: ","), String(reflecting: setup)] + checks).joined(separator: "\n")
    }

    /// A text that is the same as long as the step's solution leaves the same behind.
    public var outcome: String {
        [judgement, String(reflecting: solution), undoes.joined(separator: ",")].joined(separator: "\n")
    }
}
