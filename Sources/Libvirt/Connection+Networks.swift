import CLibvirt
import Foundation

/// A network as a list shows it.
public struct NetworkInfo: Sendable, Equatable {
    /// Its name.
    public var name: String
    /// Whether it is started.
    public var isActive: Bool
    /// Its definition; of one that is started, as it runs.
    public var xml: String
}

extension Connection {
    /// Makes and starts a transient network.
    public func createNetwork(xml: String) async throws(LibvirtError) {
        try await call { (connection) -> Result<Void, LibvirtError> in
            guard let network = virNetworkCreateXML(connection, xml) else {
                return .failure(.last("making a network"))
            }
            virNetworkFree(network)
            return .success(())
        }
    }

    /// Defines a network that stays until it is removed; it is not started.
    public func defineNetwork(xml: String) async throws(LibvirtError) {
        try await call { (connection) -> Result<Void, LibvirtError> in
            guard let network = virNetworkDefineXML(connection, xml) else {
                return .failure(.last("defining a network"))
            }
            virNetworkFree(network)
            return .success(())
        }
    }

    /// Starts a defined network.
    public func startNetwork(_ name: String) async throws(LibvirtError) {
        try await network(name, "starting the network") { virNetworkCreate($0) }
    }

    /// Stops a network; one that is not defined is gone then.
    public func destroyNetwork(_ name: String) async throws(LibvirtError) {
        try await network(name, "stopping the network") { virNetworkDestroy($0) }
    }

    /// Removes a network's definition.
    public func undefineNetwork(_ name: String) async throws(LibvirtError) {
        try await network(name, "removing the network") { virNetworkUndefine($0) }
    }

    /// All networks, started or not, by name.
    public func networks() async throws(LibvirtError) -> [NetworkInfo] {
        try await call { connection in
            listing("networks", { virConnectListAllNetworks(connection, $0, 0) }, release: virNetworkFree) { network in
                guard let name = virNetworkGetName(network), let xml = virNetworkGetXMLDesc(network, 0) else {
                    return nil
                }
                defer { free(xml) }
                return NetworkInfo(
                    name: String(cString: name), isActive: virNetworkIsActive(network) == 1, xml: String(cString: xml))
            }.map { $0.sorted { $0.name < $1.name } }
        }
    }

    private func network(
        _ name: String, _ verb: String, _ act: @escaping @Sendable (virNetworkPtr) -> Int32
    ) async throws(LibvirtError) {
        try await call { (connection) -> Result<Void, LibvirtError> in
            guard let network = virNetworkLookupByName(connection, name) else {
                return .failure(.last("looking up the network \(name)"))
            }
            defer { virNetworkFree(network) }
            return act(network) == 0 ? .success(()) : .failure(.last("\(verb) \(name)"))
        }
    }
}
