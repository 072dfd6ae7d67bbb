import LabFile
import LabStore

extension SessionRecord {
    /// What can be done with a session that is in no state for a command.
    var wayOn: Localized {
        switch state {
        case .running:
            Localized(
                ko: "이미 돌고 있어요: lab shell · lab check · lab finish",
                en: "It is running already: lab shell · lab check · lab finish")
        case .starting:
            // Either at work in another terminal, which is waited for, or broken off, which is cleared away.
            Localized(
                ko: "시작을 마치려면: lab start \(lab)      지우려면: lab finish",
                en: "Bring its start to an end with: lab start \(lab)      Remove it with: lab finish")
        case .finishing:
            Localized(ko: "마저 지우려면: lab finish", en: "Remove what is left of it with: lab finish")
        case .stopping, .stopped, .finished:
            Localized(
                ko: "이어서 하려면: lab resume      지우려면: lab finish",
                en: "Go on with: lab resume      Remove it with: lab finish")
        }
    }
}

extension Localized {
    /// The state of a session or a machine, by the name that records and libvirt have for it.
    static func state(_ name: String) -> Localized { Localized(ko: korean[name] ?? name, en: name) }

    private static let korean = [
        "starting": "시작하는 중", "running": "실행 중", "stopping": "멈추는 중", "stopped": "멈춤",
        "finishing": "지우는 중", "finished": "끝남", "unreachable": "연결 안 됨", "lost (lab resume)": "끊김 (lab resume)",
        "paused": "일시 정지", "halted": "디스크 때문에 멈춤", "shutting down": "꺼지는 중", "off": "꺼짐", "crashed": "비정상 종료",
        "rescue": "구조 콘솔",
    ]
}
