import Crypto
import Foundation
public import LabFile
import Subprocess
import SystemPackage

/// Builds images with mmdebstrap, with no root rights: as an ordinary user in a user namespace with subordinate ids.
///
/// The image is made in a directory beside its place and renamed into it, so an interrupted or failed build leaves
/// the images that were there untouched. Two builders of one image wait for each other. All users of the host may read it.
public enum ImageBuilder {
    /// Builds `recipe` unless another builder has done so meanwhile; `progress` gets what it is doing, with how long
    /// that usually takes.
    public static func build(
        _ recipe: ImageRecipe, into store: ImageStore, progress: @escaping @Sendable (Localized) -> Void
    ) async throws -> BuiltImage {
        try LabPaths.make(store.root, shared: true)
        let lock = try await Lease.take(directory: "\(store.root)/.lock-\(recipe.name)", for: "a build") { _ in
            progress(Localized(ko: "다른 명령이 만들고 있어서 기다려요", en: "waits for another build"))
        }
        defer { withExtendedLifetime(lock) {} }
        if let image = try store.find(recipe) { return image }
        let work = "\(store.root)/.build-\(recipe.name)"
        // mmdebstrap's root is a subordinate id, which must be able to walk to its directory: no home will do.
        let place = SHA256.hash(data: Data(work.utf8)).prefix(6).map { String(format: "%02x", $0) }.joined()
        let scratch = "/var/tmp/lab-build-\(getuid())-\(place)"
        for stale in [work, scratch] { try await remove(stale) }
        try LabPaths.make(work)
        try FileManager.default.createDirectory(
            atPath: scratch, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o755])
        let result: Result<BuiltImage, any Error>
        do {
            result = .success(try await make(recipe, in: work, scratch: scratch, store: store, progress: progress))
        } catch {
            result = .failure(error)
        }
        // In a task of its own: a build that was cancelled still clears away what it left.
        await Task {
            for left in [work, scratch] {
                // What was interrupted writes for a moment more.
                let backoff = Backoff(seconds: 30)
                repeat {
                    try? await remove(left)
                    guard FileManager.default.fileExists(atPath: left) else { break }
                } while (try? await backoff.wait()) == true
            }
        }.value
        return try result.get()
    }

    private static func make(
        _ recipe: ImageRecipe, in work: String, scratch: String, store: ImageStore,
        progress: @escaping @Sendable (Localized) -> Void
    ) async throws -> BuiltImage {
        try sources(suite: recipe.suite).write(toFile: work + "/sources", atomically: true, encoding: .utf8)
        progress(
            Localized(
                ko: "패키지 \(recipe.packages.count)개를 설치하고 있어요 (보통 1~3분)",
                en: "installs \(recipe.packages.count) packages (usually 1 to 3 minutes)"))
        let environment = [
            "POOL": recipe.pool.joined(separator: " "), "LOCALES": recipe.locales.joined(separator: " "),
            "MASK": recipe.mask.joined(separator: " "), "ENABLE": recipe.enable.joined(separator: " "),
            "TMPDIR": scratch,
        ]
        let mode = getuid() == 0 ? "root" : "unshare"
        let files = recipe.directories.map { $0 + "/files" }.filter { FileManager.default.fileExists(atPath: $0) }
        let words =
            [
                "--quiet", "--mode=\(mode)", "--variant=minbase", "--include=" + recipe.packages.joined(separator: ","),
                "--aptopt=APT::Install-Recommends \"false\"", "--dpkgopt=force-unsafe-io",
                #"--customize-hook=mkdir -p "$1/var/lib/lab/files""#,
            ]
            + files.map { "--customize-hook=sync-in \(SolutionPlayer.quoted($0)) /var/lib/lab/files" }
            + ["--customize-hook=" + ImageScripts.customize, recipe.suite, work + "/root.tar", work + "/sources"]
        // Its own pid namespace, so that nothing of it outlives an interrupted build.
        let alone = getuid() == 0 ? ["--pid", "--fork", "--kill-child", "--mount-proc"] : ["--kill-child", "--fork"]
        try await run("unshare", alone + ["mmdebstrap"] + words, environment: environment)
        progress(
            Localized(ko: "디스크를 만들고 있어요 (보통 20초)", en: "makes the disk (usually 20 seconds)"))
        let namespace = getuid() == 0 ? [] : ["--user", "--map-root-user", "--map-auto"]
        let inside = [
            "--pid", "--fork", "--kill-child", "sh", "-c", "cd \"$1\"; set -- \"$2\"; \(ImageScripts.assemble)",
        ]
        try await run("unshare", namespace + inside + ["sh", work, recipe.size])
        let contents = try String(contentsOfFile: work + "/contents", encoding: .utf8)
        for scratch in ["sources", "contents"] {
            try FileManager.default.removeItem(atPath: work + "/" + scratch)
        }
        let image = BuiltImage(
            name: recipe.name, digest: recipe.digest, built: Date(),
            contents: contents.split(separator: "\n").map(String.init).sorted(), enabled: recipe.enable)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        encoder.dateEncodingStrategy = .iso8601
        try encoder.encode(image).write(to: URL(filePath: work + "/image.json"))
        try await Tool.check("chmod", ["-R", "a+rX", work])
        // On the disk before it counts: a power failure leaves no image that is there by its name only.
        let made = try FileManager.default.contentsOfDirectory(atPath: work).map { work + "/" + $0 }
        try await Tool.check("sync", made + [work])
        try FileManager.default.moveItem(atPath: work, toPath: store.directory(of: recipe, built: image.built))
        guard let built = try store.find(recipe) else {
            throw LabError(.failed, "the image \(recipe.name) was built and is not there")
        }
        return built
    }

    private static func run(_ program: String, _ words: [String], environment: [String: String] = [:]) async throws {
        let outcome = try await Tool.run(program, words, environment: environment)
        guard outcome.status == 0 else {
            if Task.isCancelled { throw CancellationError() }
            let said = (outcome.output + outcome.error).split(separator: "\n").suffix(12).joined(separator: "\n")
            throw LabError(
                .failed, "the image could not be built: \(program) ended with status \(outcome.status):\n\(said)")
        }
    }

    /// Removes a work directory, whose files may belong to subordinate ids.
    private static func remove(_ directory: String) async throws {
        guard FileManager.default.fileExists(atPath: directory) else { return }
        let namespace = getuid() == 0 ? [] : ["--user", "--map-root-user", "--map-auto"]
        try await Tool.check("unshare", namespace + ["--fork", "rm", "-rf", directory])
    }

    /// The Debian mirrors that the host's apt knows; other repositories are left out.
    static func mirrors() throws -> [String] {
        let directory = "/etc/apt/sources.list.d"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        let files = ["/etc/apt/sources.list"] + names.sorted().map { directory + "/" + $0 }
        var mirrors: [String] = []
        for file in files {
            guard let text = try? String(contentsOfFile: file, encoding: .utf8) else { continue }
            let lines = text.split(separator: "\n").filter { !$0.drop(while: \.isWhitespace).hasPrefix("#") }
            for word in lines.flatMap({ $0.split(whereSeparator: \.isWhitespace) }) where word.contains("://") {
                let mirror = word.hasSuffix("/") ? String(word.dropLast()) : String(word)
                if mirror.hasSuffix("/debian") || mirror.hasSuffix("/debian-security"), !mirrors.contains(mirror) {
                    mirrors.append(mirror)
                }
            }
        }
        guard mirrors.contains(where: { $0.hasSuffix("/debian") }) else {
            throw LabError(
                .host, "images are built from Debian's packages, and this host's apt knows no Debian mirror",
                advice: "Add one to /etc/apt/sources.list.d/, or bring built images: LAB_IMAGES")
        }
        return mirrors
    }

    /// The host's own Debian sources for a release, in the one-line format.
    static func sources(suite: String) throws -> String {
        try mirrors().flatMap { mirror in
            mirror.hasSuffix("-security")
                ? ["deb \(mirror) \(suite)-security main"]
                : ["deb \(mirror) \(suite) main", "deb \(mirror) \(suite)-updates main"]
        }.joined(separator: "\n") + "\n"
    }
}
