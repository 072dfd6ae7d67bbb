import Foundation
import LabFile

/// `captured`: a packet capture file holds a conversation, and the server knows of the same one.
struct CapturedCheck: Check {
    static let spec = CheckSpec(
        "captured", mode: .once, basis: .guest,

        "The file holds one whole TCP conversation of the two, from its first segment on, with no byte missing and all of "
            + "it acknowledged, in which these texts are (or are not); with `login` and `noted`, the server knows of it too.",
        fields: [
            .init("on", .machine, required: true, "Where the capture file is."),
            .init("file", .string, required: true, "The pcap file; a relative path starts at the user's home."),
            .init("client", .machine, required: true, "The machine that called."),
            .init("server", .machine, required: true, "The machine that was called."),
            .init("port", .port, required: true, "The server's port."),
            .init("protocol", .oneOf(["tcp", "telnet", "ssh"]), "How the bytes are read; default tcp."),
            .init("sent", .list(.string), "Texts that the client sent."),
            .init("received", .list(.string), "Texts that the server sent."),
            .init("absent", .list(.string), "Texts that neither of them sent in clear."),
            .init("login", .string, "The server recorded this user's login in it (telnet and ssh)."),
            .init("noted", .string, "The server's kernel log notes its first segment in a line with this prefix."),
            .init("since-open", .boolean, "Only a conversation after the step opened counts."),
        ])

    private let machine: String
    private let file: String
    private let client: String
    private let server: String
    private let port: Int
    private let reading: String
    private let sent: [String]
    private let received: [String]
    private let absent: [String]
    private let login: String?
    private let noted: String?
    private let sinceOpen: Bool

    init(_ fields: Fields) throws {
        machine = try fields.required("on")
        file = try fields.required("file")
        client = try fields.required("client")
        server = try fields.required("server")
        guard let port = fields.integer("port") else { throw MissingField(name: "port") }
        self.port = port
        reading = fields.string("protocol") ?? "tcp"
        sent = fields.strings("sent")
        received = fields.strings("received")
        absent = fields.strings("absent")
        login = fields.string("login")
        noted = fields.string("noted")
        sinceOpen = fields.boolean("since-open") ?? false
    }

    func judge(on bench: any Bench) async throws -> Finding {
        let bytes: [UInt8]
        switch try await CaptureFile.read(file, on: machine, bench: bench) {
        case .missing:
            return fail(Localized(ko: "\(machine)에 \(file)이(가) 없어요.", en: "There is no \(file) on \(machine)."))
        case .tooLarge(let size):
            return fail(
                Localized(
                    ko: "\(file)이(가) 너무 커요(\(size)바이트, 한도 \(CaptureFile.limit)).",
                    en: "\(file) is too large (\(size) bytes; at most \(CaptureFile.limit))."),
                hint: Localized(
                    ko: "tcpdump에 포트를 알려 주면 필요한 것만 남아요.",
                    en: "Tell tcpdump which port to look at, and only that is kept."))
        case .bytes(let found): bytes = found
        }
        let capture: PacketCapture
        do { capture = try PacketCapture(bytes) } catch { return fail(trouble(error)) }
        let conversations = try TCPConversation.all(
            in: capture, client: bench.machine(client).address, server: bench.machine(server).address, port: port)
        guard !conversations.isEmpty else {
            return fail(
                Localized(
                    ko: "\(file)에 패킷 \(capture.packets)개가 있지만, \(client)에서 \(server)의 \(port)번 포트로 건 연결의 시작이 없어요.",
                    en: "\(file) holds \(capture.packets) packets, but not the beginning of a connection from "
                        + "\(client) to \(server)'s port \(port)."),
                hint: Localized(
                    ko: "tcpdump를 먼저 켜고, 그다음에 연결하세요.", en: "Start tcpdump first, and connect after that."))
        }
        let witness = try await CaptureWitness.read(
            server, login: login.map { _ in reading }, prefix: noted, on: bench)
        var nearest: (conversation: TCPConversation, wrong: [Localized])?
        for conversation in conversations.reversed() {
            let wrong = wrong(conversation, witness, opening: bench.opening)
            if wrong.isEmpty { return pass(conversation) }
            if nearest.map({ wrong.count < $0.wrong.count }) ?? true { nearest = (conversation, wrong) }
        }
        guard let nearest else { return fail(Localized.same("")) }
        return fail(about(nearest.conversation) + nearest.wrong.lines)
    }

    /// What keeps a conversation from being the one that is looked for.
    private func wrong(_ conversation: TCPConversation, _ witness: CaptureWitness, opening: Date) -> [Localized] {
        var wrong: [Localized] = []
        if !conversation.wasAnswered {
            wrong.append(Localized(ko: "서버가 연결을 받지 않았어요.", en: "The server did not take the call."))
        }
        if conversation.sent.hasHole || conversation.received.hasHole {
            wrong.append(
                Localized(
                    ko: "중간에 빠진 바이트가 있어요. 패킷이 잘렸거나(-s) 놓쳤어요.",
                    en: "Bytes are missing in it: packets were cut short (-s) or lost."))
        } else if !conversation.sent.wasAcknowledged || !conversation.received.wasAcknowledged {
            wrong.append(
                Localized(
                    ko: "한쪽이 보낸 것을 다른 쪽이 받았다는 확인이 없어요.",
                    en: "What one end sent was never acknowledged by the other."))
        }
        if sinceOpen, conversation.ended < opening.addingTimeInterval(-CaptureWitness.tolerance) {
            wrong.append(
                Localized(ko: "이 단계가 열리기 전의 대화예요.", en: "It is older than the opening of this step."))
        }
        wrong += wrongTexts(conversation)
        if let prefix = noted, !witness.noted(conversation) {
            wrong.append(
                Localized(
                    ko: "\(server)의 커널 로그(\(prefix.trimmingCharacters(in: .whitespaces)))에는 이 연결이 없어요: "
                        + "포트 \(conversation.client.port), 순서 번호 \(conversation.initialSequence)",
                    en: "\(server)'s kernel log (\(prefix.trimmingCharacters(in: .whitespaces))) has no such call: "
                        + "port \(conversation.client.port), sequence number \(conversation.initialSequence)"))
        }
        if let login, !witness.loggedIn(login, in: conversation) {
            wrong.append(
                Localized(
                    ko: "\(server)의 기록에는 이 대화 동안 \(login)이(가) 로그인한 적이 없어요.",
                    en: "\(server) recorded no login of \(login) in this conversation."))
        }
        return wrong
    }

    private func wrongTexts(_ conversation: TCPConversation) -> [Localized] {
        var wrong: [Localized] = []
        let isTelnet = reading == "telnet"
        let plain = [conversation.sent.bytes, conversation.received.bytes].map {
            isTelnet ? TelnetText.plain($0) : $0
        }
        let typed = isTelnet ? TelnetText.typed(conversation.sent.bytes) : plain[0]
        if reading == "ssh", !plain.allSatisfy({ $0.starts(with: Array("SSH-".utf8)) }) {
            wrong.append(
                Localized(
                    ko: "SSH가 아니에요. 양쪽 모두 SSH-로 시작하는 줄을 먼저 보내야 해요.",
                    en: "It is not SSH: both ends would begin with a line that starts with SSH-."))
        }
        let lost = sent.filter { !typed.holds($0) && !plain[0].holds($0) }.count
        if lost > 0 {
            wrong.append(
                Localized(
                    ko: "클라이언트가 보낸 것에 있어야 할 내용 \(sent.count)가지 가운데 \(lost)가지가 없어요.",
                    en: "Of \(sent.count) texts that the client should have sent, \(lost) are not there."))
        }
        let unheard = received.filter { !plain[1].holds($0) }.count
        if unheard > 0 {
            wrong.append(
                Localized(
                    ko: "서버가 보낸 것에 있어야 할 내용 \(received.count)가지 가운데 \(unheard)가지가 없어요.",
                    en: "Of \(received.count) texts that the server should have sent, \(unheard) are not there."))
        }
        if absent.contains(where: { text in typed.holds(text) || plain.contains { $0.holds(text) } }) {
            wrong.append(
                Localized(ko: "보여서는 안 될 내용이 그대로 보여요.", en: "What nobody should read stands there in clear."))
        }
        return wrong
    }

    private func trouble(_ trouble: PacketCapture.Trouble) -> Localized {
        switch trouble {
        case .notACapture:
            Localized(
                ko: "\(machine)의 \(file)은(는) 캡처 파일(pcap)이 아니에요.", en: "\(file) on \(machine) is no capture file (pcap)."
            )
        case .newerForm:
            Localized(
                ko: "\(file)은(는) pcapng 형식이에요. tcpdump -w로 저장하세요.",
                en: "\(file) is in the form pcapng; save it with tcpdump -w.")
        case .linkType(let kind):
            Localized(
                ko: "\(file)은(는) 이더넷 카드에서 캡처한 것이 아니에요(종류 \(kind)).",
                en: "\(file) was not captured from an Ethernet card (link type \(kind)).")
        }
    }

    private func about(_ conversation: TCPConversation) -> Localized {
        let line =
            "\(ClockText.of(conversation.began)) \(conversation.client.address):\(conversation.client.port) → "
            + "\(conversation.server.address):\(conversation.server.port), "
        let count = "\(conversation.sent.bytes.count)/\(conversation.received.bytes.count)"
        return Localized(
            ko: "\(file): \(line)보낸/받은 바이트 \(count)", en: "\(file): \(line)\(count) bytes sent/received")
    }

    private func pass(_ conversation: TCPConversation) -> Finding {
        Finding(.pass, machine: machine, expected: expected, observed: about(conversation))
    }

    private func fail(_ observed: Localized, hint: Localized? = nil) -> Finding {
        Finding(.fail, machine: machine, expected: expected, observed: observed, hint: hint)
    }

    private var expected: Localized {
        Localized(
            ko: "\(file)에 \(client)과(와) \(server):\(port)의 대화가 처음부터 담겨 있어요",
            en: "\(file) holds a conversation of \(client) with \(server):\(port) from its beginning")
    }
}

extension [UInt8] {
    /// Whether a text stands in these bytes, in UTF-8; an empty one does not.
    func holds(_ text: String) -> Bool {
        let wanted = Array(text.utf8)
        guard let first = wanted.first, wanted.count <= count else { return false }
        return (0...(count - wanted.count)).contains {
            self[$0] == first && self[$0..<($0 + wanted.count)].elementsEqual(wanted)
        }
    }
}
