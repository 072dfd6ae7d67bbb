public import Foundation
import GRDB
import GRDBSQLite

/// The installation's records: sessions, steps, kept passes and answers, in one SQLite file in WAL mode.
///
/// Every method is one transaction; several processes may have the file open. When the file system is full there is a
/// ``Reserve`` to work with; ``DiskIsFull`` is thrown when that is used up, too.
public final class LabStore: Sendable {
    private let database: DatabasePool
    private let home: String

    /// Opens or makes `lab.sqlite` in `home` (an absolute path that exists).
    public init(home: String) throws {
        self.home = home
        Reserve(home: home).fill()
        database = try Self.sparing(home) { try Self.open(home) }
    }

    private static func open(_ home: String) throws -> DatabasePool {
        var configuration = Configuration()
        configuration.busyMode = .timeout(10)
        // The log of writes stays where it is: a process that opens the records needs no new space, and most writes none.
        configuration.prepareDatabase { db in
            var persists: CInt = 1
            let code = sqlite3_file_control(db.sqliteConnection, nil, SQLITE_FCNTL_PERSIST_WAL, &persists)
            guard code == SQLITE_OK else { throw DatabaseError(resultCode: ResultCode(rawValue: code)) }
        }
        let database = try DatabasePool(path: home + "/lab.sqlite", configuration: configuration)
        var migrator = DatabaseMigrator()
        migrator.registerMigration("first") { db in
            try db.create(table: "session") { table in
                table.primaryKey("id", .text)
                table.column("lab", .integer).notNull()
                table.column("directory", .text).notNull()
                table.column("student", .text).notNull()
                table.column("begun", .datetime).notNull()
                table.column("state", .text).notNull()
                table.column("accelerator", .text).notNull()
                table.column("roomProcess", .integer)
                table.column("roomStart", .integer)
                table.column("roomBoot", .text)
            }
            try db.create(table: "step") { table in
                table.column("session", .text).notNull().references("session", onDelete: .cascade)
                table.column("step", .text).notNull()
                table.column("opened", .datetime)
                table.column("prepared", .boolean).notNull()
                table.column("passed", .datetime)
                table.column("hints", .integer).notNull()
                table.column("solved", .boolean).notNull()
                table.primaryKey(["session", "step"])
            }
            try db.create(table: "pass") { table in
                table.column("session", .text).notNull().references("session", onDelete: .cascade)
                table.column("step", .text).notNull()
                table.column("statement", .text).notNull()
                table.column("evidence", .blob).notNull()
                table.column("found", .datetime).notNull()
                table.primaryKey(["session", "step", "statement"])
            }
            try db.create(table: "answer") { table in
                table.column("session", .text).notNull().references("session", onDelete: .cascade)
                table.column("step", .text).notNull()
                table.column("question", .text).notNull()
                table.column("value", .text).notNull()
                table.column("attempts", .integer).notNull()
                table.column("given", .datetime).notNull()
                table.primaryKey(["session", "step", "question"])
            }
        }
        migrator.registerMigration("checkpoints") { db in
            try db.alter(table: "step") { $0.add(column: "checkpoint", .text) }
        }
        migrator.registerMigration("slowness") { db in
            try db.alter(table: "session") { $0.add(column: "slowness", .double) }
        }
        migrator.registerMigration("elsewhere") { db in
            try db.alter(table: "session") { table in
                for column in ["connection", "pool", "subnet"] { table.add(column: column, .text) }
            }
        }
        migrator.registerMigration("outlines") { db in
            try db.create(table: "outline") { table in
                table.primaryKey("directory", .text)
                table.column("stamp", .text).notNull()
                table.column("outline", .blob).notNull()
            }
        }
        migrator.registerMigration("sockets") { db in
            try db.alter(table: "session") { $0.add(column: "sockets", .text) }
        }
        migrator.registerMigration("drawn") { db in
            try db.alter(table: "session") { $0.add(column: "drawn", .text) }
        }
        try migrator.migrate(database)
        return database
    }

    /// Does what may need space; once more with the reserve if there is too little.
    private static func sparing<Value>(_ home: String, _ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch let error as DatabaseError where error.saysDiskIsFull {
            guard Reserve(home: home).release() else { throw DiskIsFull(home: home) }
        }
        do {
            return try body()
        } catch let error as DatabaseError where error.saysDiskIsFull {
            throw DiskIsFull(home: home)
        }
    }

    /// One transaction that writes.
    func write<Value>(_ body: (Database) throws -> Value) throws -> Value {
        try Self.sparing(home) { try database.write(body) }
    }

    /// One transaction that reads.
    func read<Value>(_ body: (Database) throws -> Value) throws -> Value {
        try Self.sparing(home) { try database.read(body) }
    }

    /// All sessions, the oldest first.
    public func sessions() throws -> [SessionRecord] {
        try read { try SessionRecord.order(Column("begun")).fetchAll($0) }
    }

    /// The session called `id`, or nil.
    public func session(_ id: String) throws -> SessionRecord? {
        try read { try SessionRecord.fetchOne($0, key: id) }
    }

    /// Writes a session's record, new or changed.
    public func save(_ session: SessionRecord) throws {
        try write { try session.save($0) }
    }

    /// Forgets a session and all that is kept of it: for a start that was undone.
    public func delete(_ id: String) throws {
        _ = try write { try SessionRecord.deleteOne($0, key: id) }
    }

    /// The records of a session's steps, by step id; steps that nothing is known of are missing.
    public func steps(of session: String) throws -> [String: StepRecord] {
        let records = try read {
            try StepRecord.filter(Column("session") == session).fetchAll($0)
        }
        return Dictionary(uniqueKeysWithValues: records.map { ($0.step, $0) })
    }

    /// Changes one step's record, making it first if need be.
    public func updateStep(_ step: String, of session: String, _ change: @Sendable (inout StepRecord) -> Void) throws {
        try write { db in
            var record =
                try StepRecord.filter(Column("session") == session && Column("step") == step).fetchOne(db)
                ?? StepRecord(session: session, step: step)
            change(&record)
            try record.save(db)
        }
    }

    /// The kept passes of a session.
    public func passes(of session: String) throws -> [PassRecord] {
        try read { try PassRecord.filter(Column("session") == session).fetchAll($0) }
    }

    /// Keeps passes; one that was kept before stays as it is, so that the first evidence is the one that counts.
    public func keep(_ passes: [PassRecord]) throws {
        try write { db in
            for pass in passes { try pass.insert(db, onConflict: .ignore) }
        }
    }

    /// Forgets the passes, answers and the first pass of a step: it is as when it was opened.
    public func forget(_ step: String, of session: String) throws {
        try write { db in
            for table in ["pass", "answer"] {
                try db.execute(sql: "DELETE FROM \(table) WHERE session = ? AND step = ?", arguments: [session, step])
            }
            try db.execute(
                sql: "UPDATE step SET passed = NULL, solved = FALSE WHERE session = ? AND step = ?",
                arguments: [session, step])
        }
    }

    /// Forgets what was found or given at `moment` or after it: the session's machines are put back to it. Hints that
    /// were taken stay taken.
    public func rewind(_ session: String, to moment: Date) throws {
        try write { db in
            try db.execute(sql: "DELETE FROM pass WHERE session = ? AND found >= ?", arguments: [session, moment])
            try db.execute(sql: "DELETE FROM answer WHERE session = ? AND given >= ?", arguments: [session, moment])
            try db.execute(
                sql: "UPDATE step SET passed = NULL, solved = FALSE WHERE session = ? AND (passed >= ? OR opened >= ?)",
                arguments: [session, moment, moment])
            try db.execute(
                sql: """
                    UPDATE step SET opened = NULL, prepared = FALSE
                    WHERE session = ? AND (opened IS NULL OR opened > ?)
                    """,
                arguments: [session, moment])
        }
    }

    /// The answers given in a session.
    public func answers(of session: String) throws -> [AnswerRecord] {
        try read { try AnswerRecord.filter(Column("session") == session).fetchAll($0) }
    }

    /// Writes an answer in place of the one before it and counts it; gives the number of attempts.
    @discardableResult
    public func answer(_ value: String, to question: String, of step: String, in session: String, at moment: Date)
        throws -> Int
    {
        try write { db in
            let before = try AnswerRecord.filter(
                Column("session") == session && Column("step") == step && Column("question") == question
            ).fetchOne(db)
            let attempts = (before?.attempts ?? 0) + 1
            try AnswerRecord(
                session: session, step: step, question: question, value: value, attempts: attempts, given: moment
            ).save(db)
            return attempts
        }
    }
}

extension DatabaseError {
    /// Whether a file could not grow: the database, its log, or the log's index, which processes share.
    fileprivate var saysDiskIsFull: Bool {
        [.SQLITE_FULL, .SQLITE_IOERR_SHMSIZE].contains(extendedResultCode)
    }
}
