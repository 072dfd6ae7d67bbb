import CLibvirt
import Foundation

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

    /// The names of all networks, sorted.
    public func networks() async throws(LibvirtError) -> [String] {
        try await call { connection in
            var list: UnsafeMutablePointer<virNetworkPtr?>?
            let count = virConnectListAllNetworks(connection, &list, 0)
            guard count >= 0, let list else { return .failure(.last("listing networks")) }
            defer { free(list) }
            var names: [String] = []
            for index in 0..<Int(count) {
                guard let network = list[index] else { continue }
                if let name = virNetworkGetName(network) { names.append(String(cString: name)) }
                virNetworkFree(network)
            }
            return .success(names.sorted())
        }
    }
}
