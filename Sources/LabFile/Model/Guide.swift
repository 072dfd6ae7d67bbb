/// The Markdown of one language, cut into the introduction and a section a step.
public struct Guide: Sendable, Equatable {
    /// What stands before the first `## step-id`.
    public var introduction: String
    /// Each step's Markdown without its heading line, by step id.
    public var sections: [String: String]

    /// Makes a guide.
    public init(introduction: String, sections: [String: String]) {
        self.introduction = introduction
        self.sections = sections
    }
}
