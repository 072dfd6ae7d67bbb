/// One lab: the parsed, validated content of a `lab.yaml` and its two guides.
public struct Lab: Sendable, Equatable {
    /// The number a student types (`lab start 6`), 1 to 999.
    public var number: Int
    /// The short name, `[a-z][a-z0-9-]*`.
    public var name: String
    /// What the catalogue shows.
    public var title: Localized
    /// About how long a beginner needs, in minutes; nil when the author gave none.
    public var minutes: Int?
    /// Whether the machines have a way out to what the host reaches.
    public var uplink: Bool
    /// The guests, in the order of the file; the first one is the student's workstation.
    public var machines: [MachineSpec]
    /// Values drawn for each student, in the order of the file.
    public var parameters: [ParameterSpec]
    /// The exercises, in the order of the file.
    public var steps: [Step]
    /// The directory the lab was read from, as an absolute path.
    public var directory: String
    /// Each language's guide, keyed by `ko` and `en`.
    public var guides: [Language: Guide]
    /// SHA-256 of the lab file's text, in hexadecimal; empty for one that was not read from a file.
    public var digest = ""

    /// Makes a lab from its parts.
    public init(
        number: Int, name: String, title: Localized, minutes: Int? = nil, uplink: Bool = false, machines: [MachineSpec],
        parameters: [ParameterSpec] = [], steps: [Step], directory: String, guides: [Language: Guide] = [:]
    ) {
        self.number = number
        self.name = name
        self.title = title
        self.minutes = minutes
        self.uplink = uplink
        self.machines = machines
        self.parameters = parameters
        self.steps = steps
        self.directory = directory
        self.guides = guides
    }

    /// The machine called `name`, or nil.
    public func machine(_ name: String) -> MachineSpec? { machines.first { $0.name == name } }

    /// The step called `id`, or nil.
    public func step(_ id: String) -> Step? { steps.first { $0.id == id } }
}
