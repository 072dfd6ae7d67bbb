import CLibvirt
public import Foundation

/// An error of libvirt's, with its own numbers kept.
public struct LibvirtError: Error, Sendable, LocalizedError, CustomStringConvertible {
    /// The error's number (`virErrorNumber`).
    public struct Code: RawRepresentable, Sendable, Hashable {
        /// The number.
        public var rawValue: Int32
        /// Wraps a number.
        public init(rawValue: Int32) { self.rawValue = rawValue }

        /// The domain's metadata holds nothing of the kind.
        public static let noMetadata = Code(rawValue: Int32(VIR_ERR_NO_DOMAIN_METADATA.rawValue))
        /// The object is not in a state that allows the operation.
        public static let operationInvalid = Code(rawValue: Int32(VIR_ERR_OPERATION_INVALID.rawValue))
    }

    /// The number.
    public var code: Code
    /// The part of libvirt that it comes from (`virErrorDomain`).
    public var domain: Int32
    /// How bad it is (`virErrorLevel`).
    public var level: Int32
    /// libvirt's words.
    public var message: String
    /// What was being done.
    public var context: String

    /// The error that libvirt keeps for this thread.
    static func last(_ context: String) -> LibvirtError {
        guard let error = virGetLastError()?.pointee else {
            return LibvirtError(
                code: Code(rawValue: 0), domain: 0, level: 0, message: "libvirt gave no reason", context: context)
        }
        return LibvirtError(
            code: Code(rawValue: error.code), domain: error.domain, level: Int32(error.level.rawValue),
            message: error.message.map { String(cString: $0) } ?? "libvirt gave no reason", context: context)
    }

    /// What was being done, and libvirt's words.
    public var description: String { "\(context): \(message)" }
    /// The same as ``description``.
    public var errorDescription: String? { description }
}
