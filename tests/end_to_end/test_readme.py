"""What README.md says that the demonstration prints is what it prints."""
import re
import unittest

import dcmwatch as d


class Readme(unittest.TestCase):
    maxDiff = None

    def test_the_demonstration_ends_as_it_says(self):
        said = re.search(r"^```\n…\n(What was not visible\n.*?)^```$", (d.ROOT / "README.md").read_text(encoding="utf-8"), re.M | re.S)[1]
        printed = d.replay("--model", d.MODEL, d.PCAPS / "incident.pcap").stdout
        self.assertEqual(printed[printed.index("What was not visible"):], said)


if __name__ == "__main__":
    unittest.main()
