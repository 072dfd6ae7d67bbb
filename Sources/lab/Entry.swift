import LabCommands

@main
struct Entry {
    static func main() async { await LabCommand.runAndExit() }
}
