public import LabFile

/// What happens during a start, a stop or a resume, for whoever shows it.
public enum StartEvent: Sendable, Equatable {
    /// A line of its own, such as "images" or "room", and what is happening to it now.
    case doing(Localized, Localized)
    /// That line is done.
    case done(Localized, Localized)
    /// Something the user should know, once.
    case notice(Localized)
}

/// Receives events; called from any task.
public typealias Progress = @Sendable (StartEvent) -> Void
