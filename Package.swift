// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]

let subprocess = Target.Dependency.product(name: "Subprocess", package: "swift-subprocess")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let system = Target.Dependency.product(name: "SystemPackage", package: "swift-system")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")

let package = Package(
    name: "lab",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "lab", targets: ["lab"]),
        .library(name: "Libvirt", targets: ["Libvirt"]),
        .library(name: "SSH", targets: ["SSH"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
    ],
    targets: [
        .systemLibrary(name: "CLibvirt", pkgConfig: "libvirt-qemu", providers: [.apt(["libvirt-dev"])]),
        .systemLibrary(name: "CLibSSH2", pkgConfig: "libssh2", providers: [.apt(["libssh2-1-dev"])]),
        .target(name: "Libvirt", dependencies: ["CLibvirt"], swiftSettings: strict),
        .target(name: "SSH", dependencies: ["CLibSSH2"], swiftSettings: strict),
        .target(name: "LabFile", dependencies: ["Yams", crypto], swiftSettings: strict),
        .target(
            name: "LabStore",
            dependencies: [
                .product(name: "GRDB", package: "GRDB.swift"), .product(name: "GRDBSQLite", package: "GRDB.swift"),
            ],
            swiftSettings: strict),
        .target(
            name: "LabRuntime",
            dependencies: ["LabFile", "LabStore", "Libvirt", "SSH", "Yams", subprocess, system, crypto],
            swiftSettings: strict),
        .target(
            name: "LabVerifier", dependencies: ["LabRuntime", "LabStore", "LabFile", "SSH"], swiftSettings: strict),
        .target(name: "LabAuthoring", dependencies: ["LabFile", crypto], swiftSettings: strict),
        .target(name: "LabGrade", dependencies: ["LabVerifier"], swiftSettings: strict),
        .target(
            name: "LabCommands",
            dependencies: [
                "LabAuthoring", "LabGrade", "LabVerifier", "LabRuntime", "LabStore", "LabFile", "Libvirt", "SSH",
                arguments, crypto,
            ],
            swiftSettings: strict),
        .executableTarget(name: "lab", dependencies: ["LabCommands"], swiftSettings: strict),
        .testTarget(name: "LibvirtTests", dependencies: ["Libvirt"], swiftSettings: strict),
        .testTarget(name: "SSHTests", dependencies: ["SSH"], swiftSettings: strict),
        .testTarget(name: "LabFileTests", dependencies: ["LabFile"], exclude: ["Golden"], swiftSettings: strict),
        .testTarget(name: "LabRuntimeTests", dependencies: ["LabRuntime", "LabStore"], swiftSettings: strict),
        .testTarget(
            name: "LabVerifierTests", dependencies: ["LabVerifier"], exclude: ["Captures", "SSHRecords"],
            swiftSettings: strict),
        .testTarget(name: "LabAuthoringTests", dependencies: ["LabAuthoring", "LabFile"], swiftSettings: strict),
        .testTarget(name: "LabGradeTests", dependencies: ["LabGrade"], swiftSettings: strict),
        .testTarget(
            name: "LabCommandsTests",
            dependencies: [
                "LabCommands", "LabAuthoring", "LabRuntime", "LabStore", "LabFile",
                .product(name: "GRDB", package: "GRDB.swift"),
            ],
            swiftSettings: strict),
    ]
)
