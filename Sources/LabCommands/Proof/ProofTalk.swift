import LabAuthoring
import LabFile

/// What is asked of the process inside a room, a line of JSON each.
struct ProofRequest: Codable {
    /// The trials that are judged together: all of one kind, which is `fresh` or `end`, or one alone.
    var trials: [TrialName]
    /// How long the longest action of the step's solution took, if that is known.
    var longestAction: Double?
    /// How long each check of the step took when its solution was played, in seconds, if that is known.
    var took: [Double]?
}

/// Which trial of a plan is meant.
struct TrialName: Codable, Hashable {
    var step: String
    var kind: Trial.Kind
    var name: String

    init(_ trial: Trial) { (step, kind, name) = (trial.step, trial.kind, trial.name) }
}

/// What the process inside a room says, a line of JSON each.
enum ProofReply: Codable {
    /// What it is about to do.
    case doing(String)
    /// What it is about to do on its way to a step, which may take long.
    case leading(String)
    /// What came of the trials, in the order of the request.
    case results([TrialResult])
    /// The solution of a step does not work, so that nothing after it can be tried.
    case stuck(step: String, reason: String)
    /// It cannot go on.
    case failed(String)
}

extension TrialPlan {
    /// The plan of all trials that there can be, for the values that every proof draws.
    static func whole(_ lab: Lab) -> TrialPlan { TrialPlan(lab: lab, values: ProofRoom.values(of: lab)) }
}
