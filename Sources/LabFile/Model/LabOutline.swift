/// What the catalogue and the status show of a lab, without its exercises; kept between commands, since reading a whole
/// lab takes several times as long as everything else that they do.
public struct LabOutline: Codable, Sendable, Equatable {
    /// See ``Lab/number``.
    public var number: Int
    /// See ``Lab/name``.
    public var name: String
    /// See ``Lab/title``.
    public var title: Localized
    /// See ``Lab/minutes``.
    public var minutes: Int?
    /// How many steps it has.
    public var steps: Int
    /// The sum of the steps' points.
    public var points: Int
    /// See ``Lab/machines``.
    public var machines: [MachineSpec]

    /// Draws the outline of a lab.
    public init(_ lab: Lab) {
        number = lab.number
        name = lab.name
        title = lab.title
        minutes = lab.minutes
        steps = lab.steps.count
        points = lab.steps.map(\.points).reduce(0, +)
        machines = lab.machines
    }

    /// A lab with these machines and no steps, for what looks at machines alone.
    public func bare(in directory: String) -> Lab {
        Lab(
            number: number, name: name, title: title, minutes: minutes, machines: machines, steps: [],
            directory: directory)
    }
}
