import CLibvirt
import Foundation

/// A domain as a list shows it.
public struct DomainInfo: Sendable, Equatable {
    /// Its name.
    public var name: String
    /// Its UUID, in the usual form.
    public var uuid: String
    /// Its state when the list was made.
    public var state: DomainState
}

/// What a domain is doing (`virDomainState`).
public enum DomainState: Sendable, Equatable, CustomStringConvertible {
    /// It runs.
    case running
    /// It is paused, by a person or for a moment by libvirt.
    case paused
    /// It is paused because its disk could not be read or written, as when no space is left for it to grow.
    case halted
    /// Its system has ended, and what runs it is about to.
    case shuttingDown
    /// It is off.
    case shutOff
    /// It crashed.
    case crashed
    /// Another state, by its number.
    case other(Int32)

    /// The state of a domain; nil when libvirt does not tell, and its error is the thread's.
    init?(of domain: virDomainPtr) {
        var (state, reason): (Int32, Int32) = (0, 0)
        guard virDomainGetState(domain, &state, &reason, 0) == 0 else { return nil }
        self.init(number: state)
        if self == .paused, UInt32(reason) == VIR_DOMAIN_PAUSED_IOERROR.rawValue { self = .halted }
    }

    init(number: Int32) {
        switch UInt32(number) {
        case VIR_DOMAIN_RUNNING.rawValue: self = .running
        case VIR_DOMAIN_PAUSED.rawValue: self = .paused
        case VIR_DOMAIN_SHUTDOWN.rawValue: self = .shuttingDown
        case VIR_DOMAIN_SHUTOFF.rawValue: self = .shutOff
        case VIR_DOMAIN_CRASHED.rawValue: self = .crashed
        default: self = .other(number)
        }
    }

    /// The state in a word.
    public var description: String {
        switch self {
        case .running: "running"
        case .paused: "paused"
        case .halted: "halted"
        case .shuttingDown: "shutting down"
        case .shutOff: "off"
        case .crashed: "crashed"
        case .other(let number): "state \(number)"
        }
    }
}

extension Connection {
    /// All domains, running or not, by name.
    public func domains() async throws(LibvirtError) -> [DomainInfo] {
        try await call { connection in
            listing("domains", { virConnectListAllDomains(connection, $0, 0) }, release: virDomainFree) { domain in
                guard let name = virDomainGetName(domain), let state = DomainState(of: domain) else { return nil }
                var uuid = [CChar](repeating: 0, count: Int(VIR_UUID_STRING_BUFLEN))
                virDomainGetUUIDString(domain, &uuid)
                return DomainInfo(
                    name: String(cString: name),
                    uuid: String(decoding: uuid.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self),
                    state: state)
            }.map { $0.sorted { $0.name < $1.name } }
        }
    }

    /// Defines a domain from its XML, or changes the definition of the one that has its UUID and name.
    public func defineDomain(xml: String) async throws(LibvirtError) {
        try await call { (connection) -> Result<Void, LibvirtError> in
            guard let domain = virDomainDefineXML(connection, xml) else {
                return .failure(.last("defining a domain"))
            }
            virDomainFree(domain)
            return .success(())
        }
    }

    /// Starts a defined domain.
    public func startDomain(_ name: String) async throws(LibvirtError) {
        try await domain(name, "starting") { virDomainCreate($0) }
    }

    /// Starts a defined domain that is off as this XML says instead, until it is off again; its definition stays.
    public func startDomain(as xml: String) async throws(LibvirtError) {
        try await call { (connection) -> Result<Void, LibvirtError> in
            guard let domain = virDomainCreateXML(connection, xml, 0) else {
                return .failure(.last("starting a domain"))
            }
            virDomainFree(domain)
            return .success(())
        }
    }

    /// Switches a domain off at once; one that is off stays so, as one that ends by itself just before.
    public func destroyDomain(_ name: String) async throws(LibvirtError) {
        do {
            try await domain(name, "switching off") { virDomainDestroy($0) }
        } catch {
            // What libvirt says of a domain that does not run, and of nothing else here.
            if error.code != .operationInvalid { throw error }
        }
    }

    /// Presses a domain's power button (ACPI); the guest shuts down by itself if it listens.
    public func shutdownDomain(_ name: String) async throws(LibvirtError) {
        try await domain(name, "shutting down") {
            virDomainShutdownFlags($0, UInt32(VIR_DOMAIN_SHUTDOWN_ACPI_POWER_BTN.rawValue))
        }
    }

    /// Suspends a domain's processors.
    public func suspendDomain(_ name: String) async throws(LibvirtError) {
        try await domain(name, "pausing") { virDomainSuspend($0) }
    }

    /// Lets a suspended domain go on.
    public func resumeDomain(_ name: String) async throws(LibvirtError) {
        try await domain(name, "resuming") { virDomainResume($0) }
    }

    /// Removes a domain's definition, with the memory that was kept of it and what is known of its snapshots.
    public func undefineDomain(_ name: String) async throws(LibvirtError) {
        try await domain(name, "removing") {
            virDomainUndefineFlags(
                $0, UInt32(VIR_DOMAIN_UNDEFINE_MANAGED_SAVE.rawValue | VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA.rawValue))
        }
    }

    /// What a domain is doing now.
    public func domainState(_ name: String) async throws(LibvirtError) -> DomainState {
        try await withDomain(name) { domain in
            guard let state = DomainState(of: domain) else {
                return .failure(.last("asking for the state of \(name)"))
            }
            return .success(state)
        }
    }

    /// Keeps the memory of a domain that runs or is paused and ends it; ``startDomain(_:)`` lets it run on from there.
    public func saveDomain(_ name: String) async throws(LibvirtError) {
        try await domain(name, "keeping the memory of") {
            virDomainManagedSave($0, UInt32(VIR_DOMAIN_SAVE_RUNNING.rawValue))
        }
    }

    /// Whether a domain's next start goes on from memory that ``saveDomain(_:)`` kept.
    public func hasSavedMemory(_ name: String) async throws(LibvirtError) -> Bool {
        try await withDomain(name) { domain in
            let answer = virDomainHasManagedSaveImage(domain, 0)
            return answer < 0 ? .failure(.last("asking for the kept memory of \(name)")) : .success(answer == 1)
        }
    }

    /// Forgets the memory that ``saveDomain(_:)`` kept, so that the next start is a boot.
    public func forgetSavedDomain(_ name: String) async throws(LibvirtError) {
        try await domain(name, "forgetting the memory of") {
            let isKept = virDomainHasManagedSaveImage($0, 0)
            return isKept == 1 ? virDomainManagedSaveRemove($0, 0) : isKept
        }
    }

    /// A domain's definition, secrets included.
    public func domainXML(_ name: String) async throws(LibvirtError) -> String {
        try await withDomain(name) { domain in
            guard let text = virDomainGetXMLDesc(domain, UInt32(VIR_DOMAIN_XML_SECURE.rawValue)) else {
                return .failure(.last("reading the definition of \(name)"))
            }
            defer { free(text) }
            return .success(String(cString: text))
        }
    }

    /// What a domain's metadata holds in a namespace, an XML element; nil when it holds nothing there.
    public func domainMetadata(_ name: String, namespace: String) async throws(LibvirtError) -> String? {
        try await withDomain(name) { domain in
            let kind = Int32(VIR_DOMAIN_METADATA_ELEMENT.rawValue)
            guard let text = virDomainGetMetadata(domain, kind, namespace, 0) else {
                let error = LibvirtError.last("reading the metadata of \(name)")
                return error.code == .noMetadata ? .success(nil) : .failure(error)
            }
            defer { free(text) }
            return .success(String(cString: text))
        }
    }

    /// Sends a JSON command to a domain's QEMU guest agent and gives its JSON reply; `timeout` in seconds.
    public func agentCommand(domain name: String, _ command: String, timeout: Int) async throws(LibvirtError) -> String
    {
        try await withDomain(name) { domain in
            guard let reply = virDomainQemuAgentCommand(domain, command, Int32(clamping: timeout), 0) else {
                return .failure(.last("asking the guest agent of \(name)"))
            }
            defer { free(reply) }
            return .success(String(cString: reply))
        }
    }

    /// Looks a domain up, hands it to `body`, and frees it.
    func withDomain<Value: Sendable>(
        _ name: String, _ body: @escaping @Sendable (virDomainPtr) -> Result<Value, LibvirtError>
    ) async throws(LibvirtError) -> Value {
        try await call { connection in
            guard let domain = virDomainLookupByName(connection, name) else {
                return .failure(.last("looking up \(name)"))
            }
            defer { virDomainFree(domain) }
            return body(domain)
        }
    }

    private func domain(
        _ name: String, _ verb: String, _ act: @escaping @Sendable (virDomainPtr) -> Int32
    ) async throws(LibvirtError) {
        try await withDomain(name) { act($0) == 0 ? .success(()) : .failure(.last("\(verb) \(name)")) }
    }
}
