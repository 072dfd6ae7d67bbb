/// How guests execute.
public enum Accelerator: String, Sendable, CaseIterable {
    /// The processor runs them (`/dev/kvm`).
    case kvm
    /// QEMU translates them: 10 to 20 times slower, works everywhere.
    case tcg
}
