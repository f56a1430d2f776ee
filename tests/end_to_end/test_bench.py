"""scripts/bench, in its quick form: it makes captures, prints its tables, and says whether the program's answers are right."""
import os
import pathlib
import subprocess
import tempfile
import unittest

import dcmwatch as d

# Forgets the first message of which it was told.
FORGETFUL = """#!/bin/sh
"{program}" "$@" || exit
while [ "$1" != --events ]; do shift; done
sed -i '0,/"event","dataset":"hl7.message"/{{/"event","dataset":"hl7.message"/d}}' "$2"
"""


@unittest.skipIf(os.geteuid() != 0, "makes captures in network namespaces, which needs root")
class Bench(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)

    def bench(self, program, *arguments):
        captures = pathlib.Path(self.folder.name) / "captures"
        command = [d.ROOT / "scripts" / "bench", "--quick", "--no-others", "--binary", program, "--captures", captures]
        bench = subprocess.Popen([*command, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        printed, told = bench.communicate(timeout=300)
        namespaces = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True, check=True).stdout
        self.assertNotIn(f"dcmbench{bench.pid}-", namespaces)
        return bench.returncode, printed, told

    def test_measures_every_capture_and_leaves_nothing_behind(self):
        status, printed, told = self.bench(d.PROGRAM)
        self.assertEqual(status, 0, told)
        for capture in ("bulk", "interleaved", "short", "hl7", "mixed", "repeated", "idle"):
            self.assertRegex(printed, rf"(?m)^{capture} .*not judged$")

    def test_says_when_the_answers_are_wrong(self):
        program = pathlib.Path(self.folder.name) / "forgetful"
        program.write_text(FORGETFUL.format(program=d.PROGRAM), encoding="utf-8")
        program.chmod(0o755)
        status, _, told = self.bench(program, "--only", "hl7")
        self.assertEqual(status, 1, told)
        self.assertIn("answers are wrong", told)


if __name__ == "__main__":
    unittest.main()
