"""What identifies a person appears in no output: the planted names, ids, numbers and UIDs of every capture are sought in all of them."""
import pathlib
import tempfile
import unittest

import dcmwatch as d


# An institution's name identifies nobody: it is told (docs/dicom.md).
TOLD = {"PLTHOSPITAL"}


class Privacy(unittest.TestCase):
    def test_nothing_planted_appears_in_any_output(self):
        planted = [line for line in (d.PCAPS / "planted.txt").read_text(encoding="utf-8").splitlines() if line]
        self.assertGreater(len(planted), 50)
        wire = b"".join(p.read_bytes() for p in d.captures())
        for capture in d.captures():
            with self.subTest(capture=capture.name), tempfile.TemporaryDirectory() as folder:
                metrics = pathlib.Path(folder) / "metrics.prom"
                events = pathlib.Path(folder) / "events.ndjson"
                done = d.replay("--model", d.MODEL, "--metrics", metrics, "--events", events, "--all-phases", capture)
                output = done.stdout + done.stderr + events.read_text(encoding="utf-8") + metrics.read_text(encoding="utf-8")
                self.assertGreater(len(output), 500)
                self.assertEqual([p for p in planted if p.lower() in output.lower() and p not in TOLD], [])
        # The test could not fail if what it seeks were not there to be found.
        self.assertEqual([p for p in planted if not any(p.encode(e) in wire for e in ("utf-8", "latin-1"))], [])


if __name__ == "__main__":
    unittest.main()
