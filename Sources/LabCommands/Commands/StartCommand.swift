import ArgumentParser
import Foundation
import LabFile
import LabRuntime
import LabStore
import LabVerifier

struct StartCommand: AsyncParsableCommand, Multilingual {
    static let configuration = CommandConfiguration(
        commandName: "start", abstract: "Start a lab: its machines come up, each with its address.",
        discussion: """
            Examples:
              lab start 6
              lab start ssh --student kim
              lab start 6 --accelerator tcg
              lab start 6 --at agent-forwarding
              lab start 6 --connect qemu+ssh://kim@server.example/system

            With --connect the machines run in a libvirt that is already there: on a network of their own whose \
            subnet is free, from images that are uploaded to a storage pool once. Other commands need no --connect.
            """)

    @Argument(help: "The lab: its number, its name, or a path to its directory.")
    var lab: String

    @Option(help: "Who works in it (default: LAB_STUDENT, else you).")
    var student: String?

    @Option(help: "How guests execute: auto, kvm or tcg (emulated).")
    var accelerator: String = "auto"

    @Flag(help: "Boot the machines although they could be woken from kept memories.")
    var cold = false

    @Option(help: "Begin at this step, by id or number; the steps before it are solved (once, then it is kept).")
    var at: String?

    @Option(
        help: "A libvirt that already runs, instead of a room: qemu:///system or qemu+ssh://… (default: LAB_CONNECT).")
    var connect: String?

    @Option(help: "The storage pool there (default: \"default\" if there is one, else \"lab\", which is made).")
    var pool: String?

    @Option(name: .customLong("lang"), help: "ko or en.")
    var language: Language?

    func validate() throws {
        guard accelerator == "auto" || Accelerator(rawValue: accelerator) != nil else {
            throw ValidationError("--accelerator takes auto, kvm or tcg, not \"\(accelerator)\".")
        }
    }

    func run() async throws {
        let context = try Context(language: language)
        let lab = try context.lab(lab)
        let student = try context.student(student)
        let language = context.language
        let target = try at.map { try lab.step(named: $0) }.flatMap { $0.id == lab.steps.first?.id ? nil : $0 }
        if let target, let record = try RoomEntry.inside(context) {
            try await SolvedStart(context: context, record: record, lab: lab, language: language).lead(to: target)
            return sayNext(target, of: lab, in: language)
        }
        let named = connect ?? context.environment["LAB_CONNECT"].flatMap { $0.isEmpty ? nil : $0 }
        let address = try named.map { try LibvirtAddress($0) }
        if address == nil, pool != nil {
            throw LabError(
                .usage, Localized(ko: "--pool은 --connect와 함께 써요", en: "--pool goes with --connect"))
        }
        if address != nil, target != nil {
            throw LabError(
                .usage,
                Localized(
                    ko: "--at은 이 컴퓨터에서 시작할 때만 쓸 수 있어요", en: "--at begins in a room only, not elsewhere"),
                advice: Localized(
                    ko: "--at 없이 시작한 다음: lab solve --until 단계",
                    en: "Start there without it, then: lab solve --until STEP"))
        }
        let lease = try await Self.lease(of: lab.number, student: student, for: "lab start", context: context)
        defer { withExtendedLifetime(lease) {} }
        if let before = try Self.earlier(lab, student: student, context: context),
            try await settle(before, lab: lab, context: context)
        {
            return
        }
        let minutes = lab.minutes.map(Self.about) ?? Localized.same("")
        let heading = Localized(
            ko: "\(lab.number)번 실습 · \(lab.title.ko)    \(lab.steps.count)단계\(minutes.ko)",
            en: "Lab \(lab.number) · \(lab.title.en)    \(lab.steps.count) steps\(minutes.en)")
        Output.error(heading[language])
        let began = ContinuousClock.now
        let view = ProgressView(language)
        let start = SessionStart(paths: context.paths, store: context.store, drawn: try context.drawn()) {
            view.show($0)
        }
        defer { view.end() }
        let started: SessionStart.Started
        if let address {
            if !cold {
                view.show(
                    .notice(
                        Localized(
                            ko: "기계가 부팅해요. 남겨 둔 메모리는 이 컴퓨터에서 돌릴 때만 써요.",
                            en: "The machines boot: memories are kept for rooms only.")))
            }
            started = try await start.start(
                lab, student: student, accelerator: Accelerator(rawValue: accelerator), at: address, pool: pool)
        } else {
            var options = SessionStart.Options()
            options.accelerator = Accelerator(rawValue: accelerator)
            options.cold = cold
            if let target { options.at = (target.id, try context.variables(of: lab, student: student).values) }
            started = try await start.start(lab, student: student, options)
        }
        view.end()
        let seconds = Double((ContinuousClock.now - began) / .milliseconds(1)) / 1000
        let took = Localized(ko: "시작하는 데 %.1f초 걸렸어요.\n", en: "Started in %.1f s.\n")
        Output.error(String(format: took[language], seconds))
        if let target, !started.isAtPoint {
            let words = Localized(
                ko: "이제 \(target.id) 앞의 단계를 풀어요. 다 되면 다음을 위해 남겨 두어요.",
                en: "The steps before \(target.id) are solved now; what is reached is kept for next time.")
            Output.error(words[language])
            try RoomEntry.enter(started.record, context: context)
        }
        sayNext(target ?? lab.steps.first, of: lab, in: language)
    }

    private func sayNext(_ step: Step?, of lab: Lab, in language: Language) {
        let number = (lab.steps.firstIndex { $0.id == step?.id } ?? 0) + 1
        let machine = lab.machines.first?.name ?? ""
        var lines: [(String, Localized)] = [
            (
                "lab guide",
                Localized(
                    ko: "\(number)단계 \"\(step?.title.ko ?? "")\" 읽기",
                    en: "read step \(number), \"\(step?.title.en ?? "")\"")
            ),
            ("lab shell", Localized(ko: "\(machine)의 터미널", en: "a terminal on \(machine)")),
            ("lab check", Localized(ko: "지금까지 된 것", en: "what already holds")),
        ]
        if lab.guides[language]?.introduction.isEmpty == false {
            let words = Localized(
                ko: "소개 읽기: 기계 그림, 이름과 패스워드", en: "the introduction: the machines, names and passwords")
            lines.insert(("lab guide intro", words), at: 0)
        }
        let head = Localized(ko: "다음:  ", en: "Next:  ")[language]
        for (index, (command, words)) in lines.enumerated() {
            let start = Columns.padded(index == 0 ? head : "", to: Columns.width(head))
            Output.error(start + Columns.padded(command, to: 17) + words[language])
        }
    }

    /// The right to start a lab for a student.
    static func lease(of lab: Int, student: String, for purpose: String, context: Context) async throws -> Lease {
        try await Lease.take(directory: context.paths.home + "/starts/\(lab)-\(student)", for: purpose) {
            Output.error(SessionLease.waiting(for: $0)[context.language])
        }
    }

    /// The session of a lab and student that is there already.
    static func earlier(_ lab: Lab, student: String, context: Context) throws -> SessionRecord? {
        try context.store.sessions().last {
            $0.lab == lab.number && $0.student == student && $0.state != .finished
        }
    }

    /// Deals with a session of the same lab and student that was there before; true when nothing is left to do.
    private func settle(_ before: SessionRecord, lab: Lab, context: Context) async throws -> Bool {
        let (number, steps) = (lab.number, lab.steps.count)
        switch before.state {
        case .running where before.isUp:
            let done = try context.store.steps(of: before.id).values.filter { $0.passed != nil }.count
            if let at {
                let anew = "lab start \(number) --at \(at)"
                throw LabError(
                    .usage,
                    Localized(
                        ko: "\(number)번 실습은 이미 돌고 있어요(\(steps)단계 가운데 \(done)단계)",
                        en: "lab \(number) is already running, \(done) of \(steps) steps done"),
                    advice: Localized(
                        ko: "거기서 이어 가려면: lab solve      새로 시작하려면: lab finish, 그다음 \(anew)",
                        en: "Go on from there: lab solve      Begin anew: lab finish, then \(anew)"))
            }
            let since = ClockText.of(before.begun)
            let words = Localized(
                ko: "\(number)번 실습은 이미 돌고 있어요(시작한 때 \(since), \(steps)단계 가운데 \(done)단계). "
                    + "lab shell · lab check · lab finish",
                en: "Lab \(number) is already running (started \(since), \(done) of \(steps) steps done). "
                    + "lab shell · lab check · lab finish")
            Output.error(words[context.language])
            return true
        default:
            try await Self.clear(before, context: context)
            return false
        }
    }

    /// Clears away what an interrupted command left of a session; throws when it can go on.
    static func clear(_ before: SessionRecord, context: Context) async throws {
        switch before.state {
        case .running, .stopped, .stopping:
            throw LabError(
                .usage,
                Localized(
                    ko: "\(before.lab)번 실습(\(before.student))이 이미 있고, 기계는 꺼져 있어요.",
                    en: "Lab \(before.lab) of \(before.student) is there already, with its machines off."),
                advice: Localized(
                    ko: "이어서 하려면: lab resume      새로 시작하려면: lab finish, 그다음 lab start \(before.lab)",
                    en: "Go on with: lab resume      Begin anew with: lab finish, then lab start \(before.lab)"))
        case .starting, .finishing:
            var left = before
            let lease: Lease
            do {
                lease = try await SessionLease.take(
                    &left, for: "lab start", in: context, states: [.starting, .finishing])
            } catch let error as LabError where error.code == .usage {
                // Who was waited for was finishing it, and has.
                guard try context.store.session(before.id).map({ $0.state == .finished }) ?? true else { throw error }
                return
            }
            defer { withExtendedLifetime(lease) {} }
            let words = Localized(
                ko: "중간에 멈춘 명령이 남긴 것을 치우고 있어요.", en: "Clearing away what an interrupted command left.")
            Output.error(words[context.language])
            try await SessionEnd(paths: context.paths, store: context.store).finish(left)
        case .finished: break
        }
    }

    private static func about(_ minutes: Int) -> Localized {
        let hours = (minutes + 30) / 60
        return minutes < 90
            ? Localized(ko: ", 약 \(minutes)분", en: ", about \(minutes) minutes")
            : Localized(ko: ", 약 \(hours)시간", en: ", about \(hours) hours")
    }
}
