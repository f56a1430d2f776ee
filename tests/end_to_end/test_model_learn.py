"""Learning from a capture and replaying it against the draft gives silence."""
import json
import pathlib
import re
import subprocess
import tempfile
import unittest

import dcmwatch


def deviations(model, *captures):
    """Each with the record that has it, of every phase."""
    done = dcmwatch.replay("--model", model, "--events", "-", "--all-phases", "--quiet", *captures)
    if done.returncode not in (0, 3):
        raise AssertionError(f"exit status {done.returncode}: {done.stderr}")
    records = map(json.loads, done.stdout.splitlines())
    return [(deviation, r["event"]["dataset"], r.get("source"), r.get("destination"))
            for r in records for deviation in r.get("flow", {}).get("deviations", [])]


# C-MOVEs to a title with a backslash and another with a control character: no AE titles, so that no model can allow them.
CANNOT_BE_DECLARED = {"exchange": {"move_destination"}}


class Learning(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def learn(self, *arguments, name="draft.yaml"):
        output = self.folder / name
        done = dcmwatch.run("model", "learn", *arguments, "--output", output)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return output

    def assert_usable(self, model):
        done = dcmwatch.run("model", "check", model)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_each_capture_is_silent_against_its_own_draft(self):
        for capture in dcmwatch.captures() + dcmwatch.violations():
            with self.subTest(capture=capture.stem):
                draft = self.learn(capture)
                self.assert_usable(draft)
                self.assertEqual({deviation[0] for deviation in deviations(draft, capture)},
                                 CANNOT_BE_DECLARED.get(capture.stem, set()))

    def test_several_captures_make_one_draft(self):
        captures = dcmwatch.captures()
        draft = self.learn(*captures)
        self.assert_usable(draft)
        for capture in captures:
            with self.subTest(capture=capture.stem):
                self.assertEqual(deviations(draft, capture), [])

    def test_what_a_model_lacks_is_a_patch_of_it(self):
        for capture in dcmwatch.captures():
            with self.subTest(capture=capture.stem):
                model = self.folder / "model.yaml"
                model.write_bytes(dcmwatch.MODEL.read_bytes())
                done = dcmwatch.run("model", "learn", capture, "--from", "model.yaml", cwd=self.folder)
                self.assertEqual(done.returncode, 0, done.stderr)
                if done.stdout:
                    patched = subprocess.run(["patch", "-p0"], input=done.stdout, cwd=self.folder, capture_output=True,
                                             text=True, check=False)
                    self.assertEqual(patched.returncode, 0, patched.stdout + patched.stderr)
                    before = dcmwatch.MODEL.read_text().splitlines()
                    after = iter(model.read_text().splitlines())
                    self.assertTrue(all(line in after for line in before), "a line of the model is gone")
                else:
                    self.assertIn("nothing that was seen is missing", done.stderr)
                self.assert_usable(model)
                left = {deviation[0] for deviation in deviations(model, capture)}
                told = set(re.findall(r"no missing declaration: (\S+)", done.stdout + done.stderr))
                self.assertLessEqual(left, told)

    def test_nothing_to_learn_from_is_said(self):
        empty = self.folder / "empty.pcap"
        empty.write_bytes(bytes.fromhex("d4c3b2a1020004000000000000000000ffff000001000000"))
        done = dcmwatch.run("model", "learn", empty)
        self.assertEqual(done.returncode, 1)
        self.assertIn("nothing to learn from", done.stderr)
        self.assertEqual(done.stdout, "")


if __name__ == "__main__":
    unittest.main()
