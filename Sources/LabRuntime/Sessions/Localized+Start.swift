import Foundation
public import LabFile

extension Localized {
    /// The line of a start that tells of the room.
    public static let room = Localized(ko: "방", en: "room")
    /// The line of a start that tells of all machines.
    public static let machines = Localized(ko: "기계", en: "machines")
    /// The line of a start that tells whether KVM works.
    static let kvm = Localized.same("KVM")
    /// What is said while something is tried.
    static let isTried = Localized(ko: "시험하고 있어요", en: "is tried")
    /// What came of it.
    static func works(_ does: Bool) -> Localized {
        does ? Localized(ko: "돼요", en: "works") : Localized(ko: "안 돼요", en: "does not work")
    }
    /// Connections by the room's NAT do not go on as the machines do.
    static func connectionsAreLost(_ reason: String) -> Localized {
        Localized(
            ko: "통신사 라우터(NAT)를 지나는 연결은 이어지지 않아요 (\(reason))",
            en: "Connections through the room's NAT will not go on (\(reason))")
    }
    /// The line of a start that tells of an image.
    public static func image(_ name: String) -> Localized { Localized(ko: "이미지 \(name)", en: "image \(name)") }

    /// What is done, and how long it took.
    public func taking(since moment: ContinuousClock.Instant) -> Localized {
        let seconds = Double((ContinuousClock.now - moment) / .milliseconds(1)) / 1000
        return Localized(
            ko: ko + String(format: "  %.1f초", seconds), en: en + String(format: "  %.1f s", seconds))
    }

    /// A machine's address, and what is happening to it.
    func at(_ machine: MachineSpec) -> Localized {
        Localized(ko: "\(machine.address)  \(ko)", en: "\(machine.address)  \(en)")
    }
}
