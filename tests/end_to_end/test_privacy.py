"""What identifies a person appears in no output: the planted names, ids, numbers and UIDs of every capture are sought in all of them."""
import json
import pathlib
import sys
import tempfile
import unittest

import dcmwatch as d

sys.path.insert(0, str(d.ROOT / "tests" / "scenarios"))
import compose  # noqa: E402
import pieces  # noqa: E402


# An institution's name identifies nobody: it is told (docs/dicom.md).
TOLD = {"PLTHOSPITAL"}


class Privacy(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.planted = [line for line in (d.PCAPS / "planted.txt").read_text(encoding="utf-8").splitlines() if line]

    def assert_nothing_planted(self, output):
        folded = output.lower()
        self.assertEqual([p for p in self.planted if p.lower() in folded and p not in TOLD], [])

    def test_nothing_planted_appears_in_any_output(self):
        self.assertGreater(len(self.planted), 50)
        wire = b"".join(p.read_bytes() for p in d.captures())
        for capture in d.captures():
            with self.subTest(capture=capture.name), tempfile.TemporaryDirectory() as folder:
                metrics = pathlib.Path(folder) / "metrics.prom"
                events = pathlib.Path(folder) / "events.ndjson"
                done = d.replay("--model", d.MODEL, "--metrics", metrics, "--events", events, "--all-phases", capture)
                output = done.stdout + done.stderr + events.read_text(encoding="utf-8") + metrics.read_text(encoding="utf-8")
                self.assertGreater(len(output), 500)
                self.assert_nothing_planted(output)
        # The test could not fail if what it seeks were not there to be found.
        self.assertEqual([p for p in self.planted if not any(p.encode(e) in wire for e in ("utf-8", "latin-1"))], [])

    def test_of_what_is_asked_for_by_lists_and_patterns_nothing_but_pseudonyms_appears(self):
        uids, words = ["9.8.7.6.5.4321987650", "9.8.7.6.5.4321987651"], ["CANARY^JANE", "CANARY-4711"]
        asks = ({"level": "STUDY", "study": uids}, {"level": "STUDY", "study": "9.8.7.6.5.*"}, {"level": "STUDY", "study": words},
                {"level": "SERIES", "series": uids}, {"level": "IMAGE", "study": uids, "image": uids}, {"level": "PATIENT", "patient": words})
        steps = [{"piece": piece, "asks": identifier, "from": "ws1", "to": "pacs", "keep": "identifiers", "at": f"09:{number:02}:{second}"}
                 for number, identifier in enumerate(asks) for piece, second in (("move study to itself", "00"), ("find series", "30"))]
        with tempfile.TemporaryDirectory() as folder:
            capture, metrics, events = (pathlib.Path(folder) / name for name in ("capture.pcap", "metrics.prom", "events.ndjson"))
            compose.compose({"name": "privacy", "steps": steps}, pieces.load_yaml(d.MODEL), capture)
            done = d.replay("--model", d.MODEL, "--metrics", metrics, "--events", events, "--all-phases", capture)
            records = events.read_text(encoding="utf-8")
            output = done.stdout + done.stderr + records + metrics.read_text(encoding="utf-8")
            wire = capture.read_bytes()
        for canary in ("9.8.7.6.5", "CANARY", "JANE", "4711"):
            self.assertNotIn(canary, output)
            self.assertIn(canary.encode(), wire)
        queries = [record["dicom"]["query"] for record in map(json.loads, records.splitlines()) if "query" in record.get("dicom", {})]
        studies = [study for query in queries for study in query.get("studies", [])]
        self.assertEqual(len(set(studies)), 4, "of each list two, the same wherever they are named")
        for study in studies:
            self.assertRegex(study, "^[0-9a-f]{32}$")
        self.assertTrue(any(query.get("names_no_study") for query in queries))

    def test_nothing_planted_appears_in_what_is_learnt_drawn_or_told_of_a_model(self):
        for capture in d.captures() + d.violations():
            for arguments in (("learn", capture), ("learn", "--from", d.MODEL, capture),
                              ("draw", d.MODEL, capture, "--format", "dot"),
                              ("draw", d.MODEL, capture, "--format", "mermaid"),
                              ("coverage", "--model", d.MODEL, "--json", capture)):
                with self.subTest(capture=capture.name, command=arguments[0]):
                    done = d.run("model", *arguments)
                    self.assertIn(done.returncode, (0, 3), done.stderr)
                    self.assertGreater(len(done.stdout + done.stderr), 50)
                    self.assert_nothing_planted(done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main()
