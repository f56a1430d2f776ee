"""What identifies a person appears in no output: the planted names, ids, numbers and UIDs of every capture are sought in all of them."""
import pathlib
import tempfile
import unittest

import dcmwatch as d


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
