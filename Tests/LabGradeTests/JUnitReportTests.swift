import Foundation
import LabFile
import LabGrade
import LabVerifier
import Testing

@Suite struct JUnitReportTests {
    private func both(_ text: String) -> Localized { Localized(ko: "한 \(text)", en: text) }

    private func outcome(_ kind: String, _ verdict: Verdict?, observed: String, milliseconds: Int) -> CheckOutcome {
        CheckOutcome(
            kind: kind, machine: "server01", verdict: verdict, basis: .guest, expected: both("\(kind) is so"),
            observed: both(observed), hint: verdict == .fail ? both("look again") : nil, milliseconds: milliseconds)
    }

    private var report: CheckReport {
        var report = CheckReport(
            lab: "6", session: "6-abcdef", accelerator: "tcg",
            steps: [
                StepReport(
                    id: "install", title: both("Install"), state: .done, verdict: .pass,
                    points: Points(earned: 5, possible: 5),
                    checks: [outcome("package", .pass, observed: "it is", milliseconds: 41)]),
                StepReport(
                    id: "boot", title: both("Boot"), state: .open, verdict: .fail,
                    points: Points(earned: 0, possible: 3),
                    checks: [
                        outcome("service", .fail, observed: "\"off\" <now> & later\u{1B}[0m", milliseconds: 1009),
                        outcome("listening", .blocked, observed: "server01 is paused", milliseconds: 2),
                        outcome("survives-reboot", nil, observed: "not run", milliseconds: 0),
                    ], hintCost: 2),
                StepReport(
                    id: "later", title: both("Later"), state: .waiting, verdict: nil,
                    points: Points(earned: 0, possible: 4), checks: [], isSolved: true),
                StepReport(
                    id: "behind", title: both("Behind"), state: .waiting, verdict: .blocked,
                    points: Points(earned: 0, possible: 2), checks: []),
            ])
        (report.student, report.name, report.digest) = ("kim", "ssh", "ab12")
        report.date = Date(timeIntervalSince1970: 1_800_000_000)
        return report
    }

    @Test("the document, letter for letter")
    func document() {
        let expected = """
            <?xml version="1.0" encoding="UTF-8"?>
            <testsuites name="lab 6" tests="6" failures="1" errors="2" skipped="2" time="1.052">
              <testsuite name="install" tests="1" failures="0" errors="0" skipped="0" time="0.041" hostname="6-abcdef">
                <properties>
                  <property name="student" value="kim"/>
                  <property name="lab-name" value="ssh"/>
                  <property name="lab-digest" value="ab12"/>
                  <property name="accelerator" value="tcg"/>
                  <property name="date" value="2027-01-15T08:00:00Z"/>
                  <property name="state" value="done"/>
                  <property name="points" value="5"/>
                  <property name="points-possible" value="5"/>
                  <property name="hint-cost" value="0"/>
                  <property name="solved-by-lab" value="false"/>
                </properties>
                <testcase classname="lab-6.install" name="package: package is so" time="0.041"/>
              </testsuite>
              <testsuite name="boot" tests="3" failures="1" errors="1" skipped="1" time="1.011" hostname="6-abcdef">
                <properties>
                  <property name="student" value="kim"/>
                  <property name="lab-name" value="ssh"/>
                  <property name="lab-digest" value="ab12"/>
                  <property name="accelerator" value="tcg"/>
                  <property name="date" value="2027-01-15T08:00:00Z"/>
                  <property name="state" value="open"/>
                  <property name="points" value="0"/>
                  <property name="points-possible" value="3"/>
                  <property name="hint-cost" value="2"/>
                  <property name="solved-by-lab" value="false"/>
                </properties>
                <testcase classname="lab-6.boot" name="service: service is so" time="1.009">
                  <failure message="service is so" type="fail">&quot;off&quot; &lt;now&gt; &amp; later\u{FFFD}[0m
            look again</failure>
                </testcase>
                <testcase classname="lab-6.boot" name="listening: listening is so" time="0.002">
                  <error message="server01 is paused" type="blocked">server01 is paused</error>
                </testcase>
                <testcase classname="lab-6.boot" name="survives-reboot: survives-reboot is so" time="0.000">
                  <skipped message="not run"/>
                </testcase>
              </testsuite>
              <testsuite name="later" tests="1" failures="0" errors="0" skipped="1" time="0.000" hostname="6-abcdef">
                <properties>
                  <property name="student" value="kim"/>
                  <property name="lab-name" value="ssh"/>
                  <property name="lab-digest" value="ab12"/>
                  <property name="accelerator" value="tcg"/>
                  <property name="date" value="2027-01-15T08:00:00Z"/>
                  <property name="state" value="waiting"/>
                  <property name="points" value="0"/>
                  <property name="points-possible" value="4"/>
                  <property name="hint-cost" value="0"/>
                  <property name="solved-by-lab" value="true"/>
                </properties>
                <testcase classname="lab-6.later" name="Later" time="0.000">
                  <skipped message="waiting"/>
                </testcase>
              </testsuite>
              <testsuite name="behind" tests="1" failures="0" errors="1" skipped="0" time="0.000" hostname="6-abcdef">
                <properties>
                  <property name="student" value="kim"/>
                  <property name="lab-name" value="ssh"/>
                  <property name="lab-digest" value="ab12"/>
                  <property name="accelerator" value="tcg"/>
                  <property name="date" value="2027-01-15T08:00:00Z"/>
                  <property name="state" value="waiting"/>
                  <property name="points" value="0"/>
                  <property name="points-possible" value="2"/>
                  <property name="hint-cost" value="0"/>
                  <property name="solved-by-lab" value="false"/>
                </properties>
                <testcase classname="lab-6.behind" name="Behind" time="0.000">
                  <error message="what it needs could not be judged" type="blocked"></error>
                </testcase>
              </testsuite>
            </testsuites>

            """
        #expect(JUnitReport(report, language: .en).xml == expected)
    }

    @Test("it is well-formed in Korean too, with the same counts")
    func korean() throws {
        let xml = JUnitReport(report, language: .ko).xml
        #expect(xml.contains("한 service is so"))
        #expect(xml.contains(#"tests="6" failures="1" errors="2" skipped="2""#))
    }

    @Test("what could not be judged beats what is wrong")
    func status() {
        #expect(report.exitStatus == 3)
    }
}
