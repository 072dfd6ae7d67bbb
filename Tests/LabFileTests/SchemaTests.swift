import Foundation
import LabFile
import Testing
import Yams

/// As much of JSON Schema (draft 2020-12) as the schema uses; anything else is a fault of the test.
struct SchemaValidator {
    let root: [String: Any]

    func isValid(_ value: Any, _ schema: [String: Any]) -> Bool {
        schema.allSatisfy { keyword, rule in
            switch (keyword, rule) {
            case ("$schema", _), ("title", _), ("description", _), ("$defs", _): return true
            case ("$ref", let path as String):
                let name = path.replacing("#/$defs/", with: "")
                return (root["$defs"] as? [String: [String: Any]])?[name].map { isValid(value, $0) } ?? false
            case ("type", let name as String): return Self.isOf(value, name)
            case ("type", let names as [String]): return names.contains { Self.isOf(value, $0) }
            case ("const", let constant as String): return value as? String == constant
            case ("const", let constant as Bool): return value as? Bool == constant
            case ("enum", let words as [String]): return (value as? String).map(words.contains) ?? false
            case ("pattern", let pattern as String):
                guard let text = value as? String else { return true }
                return text.range(of: pattern, options: .regularExpression) != nil
            case ("minimum", let least as Int): return (value as? Int).map { $0 >= least } ?? true
            case ("maximum", let most as Int): return (value as? Int).map { $0 <= most } ?? true
            case ("minItems", let least as Int): return (value as? [Any]).map { $0.count >= least } ?? true
            case ("maxItems", let most as Int): return (value as? [Any]).map { $0.count <= most } ?? true
            case ("minProperties", let least as Int): return (value as? [String: Any]).map { $0.count >= least } ?? true
            case ("maxProperties", let most as Int): return (value as? [String: Any]).map { $0.count <= most } ?? true
            case ("items", let element as [String: Any]):
                return (value as? [Any])?.allSatisfy { isValid($0, element) } ?? true
            case ("anyOf", let schemas as [[String: Any]]): return schemas.contains { isValid(value, $0) }
            case ("oneOf", let schemas as [[String: Any]]): return schemas.count { isValid(value, $0) } == 1
            case ("required", let keys as [String]):
                return (value as? [String: Any]).map { object in keys.allSatisfy { object[$0] != nil } } ?? true
            case ("properties", let properties as [String: Any]):
                guard let object = value as? [String: Any] else { return true }
                return properties.allSatisfy { key, rule in
                    guard let value = object[key] else { return true }
                    return (rule as? [String: Any]).map { isValid(value, $0) } ?? (rule as? Bool == true)
                }
            case ("propertyNames", let schema as [String: Any]):
                return (value as? [String: Any])?.keys.allSatisfy { isValid($0, schema) } ?? true
            case ("additionalProperties", let allowed):
                guard let object = value as? [String: Any] else { return true }
                let known = schema["properties"] as? [String: Any] ?? [:]
                let others = object.filter { known[$0.key] == nil }
                if let schema = allowed as? [String: Any] { return others.values.allSatisfy { isValid($0, schema) } }
                return others.isEmpty
            default:
                Issue.record("the schema uses \(keyword), which the test does not know")
                return false
            }
        }
    }

    private static func isOf(_ value: Any, _ type: String) -> Bool {
        switch type {
        case "object": value is [String: Any]
        case "array": value is [Any]
        case "string": value is String
        case "boolean": value is Bool
        case "integer": value is Int && !(value is Bool)
        case "number": (value is Int || value is Double) && !(value is Bool)
        default: false
        }
    }
}

@Suite("The schema for editors agrees with the loader")
struct SchemaTests {
    private func validator(_ specs: [CheckSpec]) throws -> SchemaValidator {
        let json = try JSONSerialization.jsonObject(with: LabSchema(specs: specs).json())
        return SchemaValidator(root: try #require(json as? [String: Any]))
    }

    /// Those whose fault is one of form; the others break rules that a schema cannot have, such as a name that is missing.
    static let malformed = [
        "bad-address", "bad-disk", "bad-inbound", "bad-names", "bad-within", "field-type", "missing-key", "negative",
        "no-machines", "not-a-mapping", "parameter-range", "reserved-address", "unknown-check", "unknown-field",
        "unknown-key", "wrong-type",
    ]

    @Test("What the loader takes the schema takes") func good() throws {
        let validator = try validator(Fixture.specs)
        for text in [try Self.golden("good"), Self.whole] {
            let document = try #require(try Yams.load(yaml: text))
            #expect(validator.isValid(document, validator.root))
        }
        let said = try Fixture.messages(Self.whole)
        #expect(said.isEmpty, "\(said)")
    }

    @Test("What is malformed for the loader is malformed for the schema", arguments: malformed)
    func isRefused(_ name: String) throws {
        let validator = try validator(Fixture.specs)
        let document = try #require(try Yams.load(yaml: Self.golden(name)))
        #expect(!validator.isValid(document, validator.root))
    }

    @Test("A key taken away or misspelt anywhere is refused by both or taken by both") func drift() throws {
        let validator = try validator(Fixture.specs)
        let document = try #require(try Yams.load(yaml: Self.whole))
        var (tried, refused) = (0, 0)
        for changed in Self.changes(of: document) {
            let text = try Yams.dump(object: changed)
            let said = try Fixture.messages(text)
            // A name that is used elsewhere and is gone is no fault of form.
            let isForm = said.contains { message in Self.formal.contains { message.contains($0) } }
            tried += 1
            refused += isForm ? 1 : 0
            #expect(validator.isValid(changed, validator.root) == !isForm, "\(said)\n\(text)")
        }
        #expect(tried > 60 && refused > 30 && refused < tried)
    }

    @Test("A value at its bounds is taken by both, and one beyond them is refused by both") func bounds() throws {
        let validator = try validator(Fixture.specs)
        func judge(_ text: String, _ isRight: Bool) throws {
            let document = try #require(try Yams.load(yaml: text))
            let said = try Fixture.messages(text)
            #expect(said.isEmpty == isRight, "\(said)\n\(text)")
            #expect(validator.isValid(document, validator.root) == isRight, "\(text)")
        }
        for (part, right, wrong) in Self.values {
            #expect(Self.whole.contains(part), "\(part)")
            let key = part.prefix { $0 != ":" }
            for value in right { try judge(Self.whole.replacing(part, with: "\(key): \(value)"), true) }
            for value in wrong { try judge(Self.whole.replacing(part, with: "\(key): \(value)"), false) }
        }
        let steps = try #require(Self.whole.firstRange(of: "steps:"))
        try judge(Self.whole[..<steps.lowerBound] + "steps: []", false)
    }

    /// A part of the whole lab, values that may stand there as well, and values that may not. What two values decide
    /// together, such as which end of a range is the smaller one, is the loader's alone.
    private static let values: [(part: String, right: [String], wrong: [String])] = [
        ("lab: 7", ["1", "999"], ["0", "1000", "1.5"]),
        ("name: whole", ["a", "a-1", name(63)], ["1a", "A", "a_b", "한", "5", "''", name(64)]),
        ("minutes: 10", ["1", "10000"], ["0", "10001"]),
        (
            "address: 192.168.122.7", ["192.168.122.1", "192.168.122.253"],
            [
                "192.168.122.0", "192.168.122.254", "192.168.122.255", "192.168.122.256", "192.168.122.07",
                "192.168.122", "192.168.123.7", "10.0.0.1",
            ]
        ),
        (
            "address: 100.64.0.7", ["100.64.0.1", "100.64.255.253"],
            ["100.64.999.1", "100.64.256.1", "100.64.01.1", "100.64.0.0", "100.64.0.254", "100.65.0.1", "100.64.0"]
        ),
        ("user: tester", ["a", "A.b_c-1", "_x", "5"], ["-x", "a b", "한"]),
        ("memory: 256", ["64", "65536"], ["63", "65537"]),
        ("size: 200M", ["1M", "99999G"], ["0M", "100000M", "200", "05M", "2T"]),
        ("disks: [{size: 200M}]", ["[]", disks(4)], [disks(5)]),
        ("port: 20000-29999", ["1-65535", "22-22"], ["0-9", "1-65536", "+1-9", "01-9", "1-2-3", "1-", "22"]),
        ("number: 1-9", ["0-0", "0-1000000000"], ["0-1000000001", "-1-9", "1-09", "9"]),
        ("word: true", [], ["false", "x"]),
        ("choice: [red, green]", ["[1, 2]", "[a.b_c-d, no]"], ["[]", "[red]", "[red, a b]", "[red, 한]"]),
        ("points: 3", ["0", "10000"], ["-1", "10001"]),
        ("cost: 1", ["0", "10000"], ["-1", "10001"]),
        (
            "port: \"{{port}}\"", ["1", "65535", "\"1{{port}}2\""],
            ["0", "65536", "\"{{port}}x\"", "\"{{port}}{{port}}\"", "\"22\"", "ssh"]
        ),
        ("status: 0", ["255", "\"{{count}}\""], ["x", "\"{{count}}.5\""]),
        (
            "within: 20s", ["1s", "1m", "3600s", "60m"],
            ["0s", "0m", "3601s", "9999s", "61m", "05s", "+5s", "20", "20h", "s"]
        ),
    ]

    private static func name(_ length: Int) -> String { String(repeating: "a", count: length) }
    private static func disks(_ count: Int) -> String {
        "[\(Array(repeating: "{size: 1G}", count: count).joined(separator: ", "))]"
    }

    /// What the loader's messages about form have in them.
    private static let formal = [
        "lacks", "unknown key", "unknown check", "has no kind", "needs exactly", "an answer needs",
        "must be lower-case",
    ]

    private static func golden(_ name: String) throws -> String {
        try String(contentsOf: GoldenTests.root.appending(path: "\(name)/lab.yaml"), encoding: .utf8)
    }

    /// Every value of a document with one key less, and with one key misspelt, anywhere in it.
    private static func changes(of value: Any) -> [Any] {
        if let list = value as? [Any] {
            return list.indices.flatMap { index in
                changes(of: list[index]).map { changed in
                    var copy = list
                    copy[index] = changed
                    return copy as Any
                }
            }
        }
        guard let object = value as? [String: Any] else { return [] }
        return object.keys.sorted().flatMap { key -> [Any] in
            var without = object
            let old = without.removeValue(forKey: key)
            var misspelt = without
            misspelt[key + "-x"] = old
            let inner = old.map(changes(of:)) ?? []
            return [without, misspelt]
                + inner.map { changed in
                    var copy = object
                    copy[key] = changed
                    return copy
                }
        }
    }

    /// A lab that uses every key.
    private static let whole = """
        lab: 7
        name: whole
        title: {ko: 제목, en: Title}
        minutes: 10
        uplink: false
        machines:
          one: {image: server, address: 192.168.122.7, user: tester, password: secret, memory: 256, inbound: any}
          two: {image: server, address: 100.64.0.7, user: admin, disks: [{size: 200M}], inbound: none}
        parameters:
          port: {port: 20000-29999}
          count: {number: 1-9}
          word: {word: true}
          colour: {choice: [red, green]}
        steps:
          - id: first
            title: {ko: 하나, en: One}
            points: 3
            needs: []
            undoes: []
            hints: [{ko: ㄱ, en: a, cost: 1}]
            questions:
              - {id: why, ko: 왜, en: Why}
              - {id: pick, ko: 골라요, en: Pick, choices: [{id: a, ko: ㄱ, en: A}, {id: b, ko: ㄴ, en: B}]}
            setup: [{on: one, run: "true"}]
            solution:
              - {on: one, run: [echo, x], user: root, background: true, may-fail: true, looks: true, dialogue: [{when: x, say: y}]}
              - {answer: why, value: because}
              - {answer: pick, on: one, run: echo a}
              - check
            checks:
              - {listening: {on: one, port: "{{port}}", by: sshd, families: [ipv4]}, within: 20s, hint: {ko: ㄱ, en: a}, expect: {ko: ㄱ, en: a}}
              - answer: {question: why, accept: because, ignore-case: true}
              - command: {on: one, run: "true", status: 0}
            mutants: [{name: nothing, solution: []}]
            excuses: [{mutant: "left out: x", reason: because}]
        """
}
