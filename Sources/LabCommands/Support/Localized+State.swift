import LabFile

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
