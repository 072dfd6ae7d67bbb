import CLibvirt
import Foundation

extension Connection {
    /// Whether the host's QEMU offers KVM for guests of its x86-64 kind; that it works is not said.
    public func offersKVM() async -> Bool {
        let answer: Result<Bool, LibvirtError> = await CallPool.shared.run { [self] in
            guard let text = virConnectGetDomainCapabilities(pointer, nil, "x86_64", nil, "kvm", 0) else {
                return .success(false)
            }
            free(text)
            return .success(true)
        }
        return (try? answer.get()) ?? false
    }

    /// The memory that the host's programs could take, in MiB: what is free and what only caches files.
    public func availableMemory() async throws(LibvirtError) -> Int {
        try await call { connection in
            var count: Int32 = 0
            let all = Int32(VIR_NODE_MEMORY_STATS_ALL_CELLS.rawValue)
            guard virNodeGetMemoryStats(connection, all, nil, &count, 0) == 0 else {
                return .failure(.last("asking for the host's memory"))
            }
            var stats = [virNodeMemoryStats](repeating: virNodeMemoryStats(), count: Int(count))
            guard virNodeGetMemoryStats(connection, all, &stats, &count, 0) == 0 else {
                return .failure(.last("asking for the host's memory"))
            }
            let wanted = [VIR_NODE_MEMORY_STATS_FREE, VIR_NODE_MEMORY_STATS_BUFFERS, VIR_NODE_MEMORY_STATS_CACHED]
            let kibibytes = stats.filter { stat in
                withUnsafeBytes(of: stat.field) { bytes in
                    wanted.contains(String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self))
                }
            }.map { Int(clamping: $0.value) }.reduce(0, +)
            return .success(kibibytes / 1024)
        }
    }
}
