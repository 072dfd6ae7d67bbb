import Glibc

/// Reads a list that libvirt allocated: `fill` lets it be made and gives how many there are, `read` makes a value of each
/// object (nil leaves it out), `release` frees the object.
func listing<Value: Sendable>(
    _ what: String, _ fill: (UnsafeMutablePointer<UnsafeMutablePointer<OpaquePointer?>?>) -> Int32,
    release: (OpaquePointer) -> Int32, read: (OpaquePointer) -> Value?
) -> Result<[Value], LibvirtError> {
    var list: UnsafeMutablePointer<OpaquePointer?>?
    let count = fill(&list)
    guard count >= 0, let list else { return .failure(.last("listing \(what)")) }
    defer { free(list) }
    var values: [Value] = []
    for case let object? in UnsafeBufferPointer(start: list, count: Int(count)) {
        if let value = read(object) { values.append(value) }
        _ = release(object)
    }
    return .success(values)
}
