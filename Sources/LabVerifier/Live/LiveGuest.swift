import Foundation
import LabFile
import LabRuntime

/// A machine of a running session, through its guest agent.
struct LiveGuest: Guest {
    let agent: GuestAgent

    func execute(_ argv: [String], as user: String?, input: [UInt8]?, timeout: Int, limit: Int) async throws
        -> Observation
    {
        do {
            let words = user.map { UserCommand.words(.words(argv), as: $0) } ?? argv
            let outcome = try await agent.run(words, input: input.map { Data($0) }, seconds: timeout)
            return Observation(
                status: outcome.status, output: String(decoding: outcome.output.prefix(limit), as: UTF8.self),
                error: String(decoding: outcome.error.prefix(BatchDriver.errorLimit), as: UTF8.self))
        } catch let error as LabError where error.code == .rescue {
            throw GuestUnreachable(.inRescue(agent.machine))
        } catch let error as LabError where error.code == .unreachable {
            throw GuestUnreachable(
                Localized(
                    ko: "\(agent.machine)이(가) 응답하지 않아요(꺼졌거나, 멈췄거나, 게스트 에이전트가 없어요). 판정하지 않았어요."
                        + " lab status와 lab console \(agent.machine)(으)로 확인해 보세요. 꺼졌거나 멈춘 기계는 lab resume으로 다시 돌려요."
                        + " (\(shown(error.message.ko, limit: 300)))",
                    en: "\(shown(error.message.en, limit: 300)). "
                        + "It is off, paused, or its guest agent was stopped; nothing was judged. "
                        + "Look at it with lab status and lab console \(agent.machine); lab resume lets it go on."))
        }
    }
}

extension Localized {
    /// Why nothing is judged on a machine that is in its rescue console.
    static func inRescue(_ machine: String) -> Localized {
        Localized(
            ko: "\(machine)이(가) 구조 콘솔에 있어서 원래 시스템이 돌지 않아요. 판정하지 않았어요. "
                + "구조 콘솔에서 나오거나(Ctrl-]) lab resume으로 원래 시스템을 부팅한 다음 다시 해 보세요.",
            en: "\(machine) is in its rescue console, so its own system does not run; nothing was judged. "
                + "Leave the console (Ctrl-]), or boot its own system with lab resume, and try again.")
    }

    /// Why a step is not opened while a machine does not run.
    static func notRunning(_ machine: String, isMissing: Bool) -> Localized {
        let way = isMissing ? "lab reset --machine \(machine)" : "lab resume"
        return Localized(
            ko: "\(machine)이(가) 꺼졌거나 멈춰 있어서 이 단계를 아직 열지 않았어요. \(way)(으)로 켠 다음 다시 해 보세요.",
            en: "\(machine) is off or paused, so this step was not opened. Switch it on with \(way), and try again.")
    }
}
