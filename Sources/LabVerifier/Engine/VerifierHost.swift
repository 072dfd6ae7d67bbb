public import Foundation
public import LabFile

/// What the engine needs of a running session: its machines, the network as an outsider sees it, and two deeds.
public protocol VerifierHost: Sendable {
    /// The machine called `name`; nil when the session has none.
    func guest(_ name: String) -> (any Guest)?

    /// What an outsider sees.
    var outside: any Outside { get }

    /// Reboots a machine cleanly and waits until its agent answers; throws ``Unjudgeable`` when it does not.
    func reboot(_ machine: String) async throws

    /// A step's needs have all passed for the first time: run its setup, take its checkpoint, record the moment.
    ///
    /// Called once for a step, never twice at a time; the step is judged after it returns. What it throws blocks the
    /// step's checks.
    func open(_ step: Step) async throws -> Date

    /// A check has disturbed the machines: they are not any more what they were when the last step was opened.
    func disturbed()
}

extension VerifierHost {
    /// Does nothing.
    public func disturbed() {}
}
