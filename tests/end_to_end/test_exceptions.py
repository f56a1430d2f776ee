"""What is not to be told, until a day: counted, said, and back after it."""
import pathlib
import tempfile
import unittest

import dcmwatch as d

INCIDENT = d.PCAPS / "incident.pcap"
ROGUE = "A device that nobody declared opened a connection"


def exception(until, destination="pacs"):
    return (f"  - rule: {ROGUE}\n    match: {{source.ip|cidr: 10.20.99.0/24, destination.device: {destination}}}\n"
            f"    reason: A measurement\n    owner: Medical engineering\n    until: {until}\n")


class Exceptions(unittest.TestCase):
    def setUp(self):
        self._folder = tempfile.TemporaryDirectory()
        self.addCleanup(self._folder.cleanup)
        self.folder = pathlib.Path(self._folder.name)

    def file(self, *exceptions):
        path = self.folder / "exceptions.yml"
        path.write_text("exceptions:\n" + "".join(exceptions), encoding="utf-8")
        return path

    def arguments(self, *exceptions):
        return ["--model", d.MODEL, "--rules", d.RULES, "--exceptions", self.file(*exceptions)]

    def rogues(self, arguments):
        told = d.findings(d.records(INCIDENT, *arguments))
        return [f for f in told if f["rule"]["name"] == ROGUE and f["event"]["phase"] == "start"]

    def test_what_is_excepted_is_counted_and_said(self):
        metrics = self.folder / "metrics"
        arguments = self.arguments(exception("2099-12-31"), exception("2099-12-31", "gone"))
        self.assertEqual([f["destination"]["device"] for f in self.rogues(arguments)], ["vna"])
        done = d.replay(*arguments, "--metrics", metrics, INCIDENT)
        said = " ".join(done.stdout.split())
        self.assertIn("until 2099-12-31: 5 matches not told (A measurement; Medical engineering)", said)
        self.assertIn("until 2099-12-31: never matched (A measurement; Medical engineering)", said)
        self.assertRegex(metrics.read_text(encoding="utf-8"), rf'dcmwatch_suppressed_findings_total{{.*title="{ROGUE}"}} 5')

    def test_after_its_day_the_finding_is_back_and_says_so(self):
        arguments = self.arguments(exception("2026-11-20"))
        rogues = {f["destination"]["device"]: f["finding"] for f in self.rogues(arguments)}
        self.assertEqual(sorted(rogues), ["pacs", "vna"])
        self.assertEqual(rogues["pacs"]["exception"], {"until": "2026-11-20T23:59:59.999999999Z", "owner": "Medical engineering",
                                                       "reason": "A measurement"})
        self.assertNotIn("exception", rogues["vna"])
        self.assertIn("; expired, told since in 1 finding", " ".join(d.replay(*arguments, INCIDENT).stdout.split()))

    def test_the_number_of_shards_does_not_matter(self):
        arguments = self.arguments(exception("2026-11-21T20:55:38Z"))
        self.assertEqual(d.records(INCIDENT, *arguments, "--shards", "1"), d.records(INCIDENT, *arguments, "--shards", "3"))

    def test_mistakes_name_file_line_and_column(self):
        faulty = self.file(exception("2099-12-31").replace("nobody", "noboddy"))
        for done in (d.run("rules", "check", d.RULES, "--exceptions", faulty),
                     d.replay("--rules", d.RULES, "--exceptions", faulty, INCIDENT)):
            self.assertEqual(done.returncode, 2)
            self.assertRegex(done.stderr, r"exceptions\.yml:2:11: unknown rule .*; did you mean '" + ROGUE)

    def test_rules_of_others_load_and_are_refused_by_name(self):
        rules = d.ROOT / "tests" / "detect" / "sigma"
        done = d.run("rules", "check", rules)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("4 rules; no fault found", done.stdout)
        fields = self.folder / "fields.yml"
        fields.write_text("sources:\n  - {logsource: {category: firewall}, means: connection, fields: {dst_ip: destination.ip}}\n", encoding="utf-8")
        done = d.run("rules", "check", rules, "--sigma-fields", fields)
        self.assertEqual(done.returncode, 2)
        self.assertIn("product 'zeek', service 'conn'", done.stderr)
        self.assertIn("field 'src_ip' is none that the field map knows", done.stderr)


if __name__ == "__main__":
    unittest.main()
