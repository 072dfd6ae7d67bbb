import ArgumentParser
import Foundation
import LabFile
import LabRuntime
import LabStore

struct ImageCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "image", abstract: "Build, list and remove the machines' base images.",
        subcommands: [Build.self, List.self, Remove.self])

    struct Build: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Build images whose recipe has changed or that are missing.",
            discussion: """
                With --warm, the machines of every lab are booted once as well and kept, which the first start would \
                do otherwise.

                Examples:
                  lab image build
                  lab image build server
                  lab image build --warm
                """)

        @Argument(help: "The images under images/ (default: all).")
        var names: [String] = []

        @Flag(help: "Keep booted machines of every lab, too.")
        var warm = false

        func run() async throws {
            let context = try Context()
            let directory = context.paths.root + "/images"
            let known = try FileManager.default.contentsOfDirectory(atPath: directory).sorted()
            if let unknown = names.first(where: { !known.contains($0) }) {
                throw LabError(
                    .usage, "there is no image \"\(unknown)\"", advice: "Images: " + known.joined(separator: ", "))
            }
            let store = ImageStore(root: context.paths.images)
            let view = ProgressView(context.language)
            defer { view.end() }
            for name in names.isEmpty ? known : names {
                let recipe = try ImageRecipe.load(directory: directory + "/" + name)
                if let image = try store.find(recipe) {
                    view.show(.done(.image(name), .same("is there: \(image.directory)")))
                    continue
                }
                let image = try await ImageBuilder.build(recipe, into: store) { phase in
                    view.show(.doing(.image(name), phase))
                }
                view.show(.done(.image(name), .same("built: \(image.directory)")))
            }
            guard warm else { return }
            let start = SessionStart(paths: context.paths, store: context.store) { view.show($0) }
            for entry in context.catalogue.entries() { try await start.prepare(try context.load(entry.directory)) }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "The images that are built.")

        func run() async throws {
            let context = try Context()
            let rows = try ImageStore(root: context.paths.images).list().map {
                [$0.name, String($0.digest.prefix(12)), $0.built.formatted(.iso8601), $0.directory]
            }
            Output.table(["IMAGE", "DIGEST", "BUILT", "DIRECTORY"], rows)
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Remove a built image, and the booted machines that are kept of it.")

        @Argument(help: "The image's name.")
        var name: String

        func run() async throws {
            let context = try Context()
            let store = ImageStore(root: context.paths.images)
            let images = try store.list().filter { $0.name == name }
            guard !images.isEmpty else {
                throw LabError(.usage, "no image \"\(name)\" is built", advice: "See: lab image list")
            }
            // The disks of a session lie over the image's.
            let using = try context.store.sessions().filter { record in
                record.state != .finished && !record.isElsewhere
                    && (try? context.lab(of: record))?.machines.contains { $0.image == name } ?? true
            }
            guard using.isEmpty else {
                throw LabError(
                    .usage,
                    "the disks of \(using.count == 1 ? "a session" : "sessions") lie over the image \"\(name)\": "
                        + using.map(\.id).joined(separator: ", "),
                    advice: "First: lab finish (sessions: lab status)")
            }
            for image in images { try store.remove(image) }
        }
    }
}
