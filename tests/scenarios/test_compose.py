"""What the composer writes is what real peers said, in packets that others take for real."""
import pathlib
import re
import subprocess
import tempfile
import unittest

import compose
import pieces
import run

ECHO = {"piece": "echo", "from": "ct1", "to": "pacs", "at": "09:00"}
UPDATE = {"piece": "update", "from": "his", "to": "engine", "at": "09:00"}


class Composed(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = pathlib.Path(folder.name) / "capture.pcap"

    def compose(self, *steps, **scenario):
        compose.compose({"name": "test", "steps": list(steps), **scenario}, pieces.load_yaml(run.MODEL), self.path)
        return self.path.read_bytes()

    def told(self, display_filter, *fields):
        """tshark's account, a list for each packet."""
        checks = ("-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE")
        command = ["tshark", "-r", self.path, *checks, "-Y", display_filter, "-T", "fields"]
        for field in fields or ("frame.number",):
            command += ["-e", field]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        return [line.split("\t") for line in done.stdout.splitlines()]

    def test_packets_are_whole_and_in_order(self):
        self.compose({"work": "CT study", "with": {"modality": "ct2"}, "at": "09:00"}, {"piece": "dns", "from": "ct1", "to": "dns", "at": "09:00"},
                     {"piece": "no answer", "from": "ct1", "to": "pacs", "at": "09:00"}, {"piece": "closed port", "from": "ct1", "to": "pacs", "at": "09:00"})
        self.assertEqual(self.told("tcp.checksum.status == 0 or ip.checksum.status == 0 or udp.checksum.status == 0"), [])
        self.assertEqual(self.told("tcp.analysis.lost_segment or tcp.analysis.ack_lost_segment or tcp.analysis.out_of_order"), [])
        self.assertEqual(len(self.told("dicom.pdu.type == 1")), 9)

    def test_the_same_recipe_gives_the_same_bytes(self):
        steps = ({**ECHO, "at": ["09:00", "09:01"]}, {"piece": "update", "from": "his", "to": "engine", "times": "5", "days": "mon"})
        self.assertEqual(self.compose(*steps), self.compose(*steps))

    def test_who_speaks_is_who_the_recipe_says(self):
        self.compose({**ECHO, "from": {"address": "10.20.10.99", "mac": "02-aa-bb-cc-dd-ee", "title": "LAPTOP"}, "vlan": "20", "port": "104"})
        self.assertEqual(self.told("dicom.pdu.type == 1", "ip.src", "eth.src", "vlan.id", "tcp.dstport", "dicom.assoc.ae.calling", "dicom.assoc.ae.called"),
                         [["10.20.10.99", "02:aa:bb:cc:dd:ee", "20", "104", "LAPTOP          ", "PACS            "]])

    def test_each_message_has_a_control_id_of_its_own_unless_it_is_kept(self):
        def control_ids(capture):
            return [fields.split(b"|")[7] for fields in capture.split(b"MSH|^~\\&|HIS")[1:]]
        several = {**UPDATE, "at": ["09:00", "09:01", "09:02"]}
        self.assertEqual(len(set(control_ids(self.compose(several)))), 3)
        self.assertEqual(len(set(control_ids(self.compose({**several, "keep": "control ids"})))), 1)

    def test_pieces_of_one_study_stay_together_and_those_of_others_apart(self):
        def studies(*names):
            capture = self.compose(*({"piece": "store 1 CT", "from": "ct1", "to": "pacs", "at": "09:00", "study": name} for name in names))
            self.assertNotIn(pieces.PLANTED_ROOT, capture)
            return {capture[at:at + 13] for at in range(len(capture)) if capture.startswith(b"2.25.3200", at)}
        self.assertEqual(len(studies("one", "one")), 1)
        self.assertEqual(len(studies("one", "another")), 2)

    def test_a_retrieval_asks_for_what_the_recipe_says(self):
        move = {"piece": "move study to itself", "from": "ws1", "to": "pacs"}
        self.compose({**move, "asks": {"level": "SERIES", "study": "2", "series": "1.2.3"}, "completes": "700", "at": ["09:00", "09:01"]})
        told = subprocess.run(["tshark", "-r", self.path, "-Y", "dicom", "-V"], capture_output=True, text=True, check=True).stdout
        studies = re.findall(r"Study Instance UID +\[UI\] (2\.25\.3200.*)\\(2\.25\.3200.*)", told)
        self.assertEqual(len({uid for pair in studies for uid in pair}), 4, "two of each play's own")
        for said in ("Query/Retrieve Level +.CS. SERIES", "Series Instance UID +.UI. 1.2.3", "Number of Completed Sub-operations +700"):
            self.assertRegex(told, said)
        self.compose({**move, "completes": "unsaid", "from_port": "1023", "at": "09:00"})
        told = subprocess.run(["tshark", "-r", self.path, "-Y", "dicom", "-V"], capture_output=True, text=True, check=True).stdout
        self.assertIn("C-MOVE-RSP", told)
        self.assertNotRegex(told, "Number of (Completed|Remaining)|Malformed")
        self.assertIn("Src Port: 1023", told)
        with self.assertRaisesRegex(compose.RecipeError, "no identifier has studies"):
            self.compose({**move, "asks": {"studies": "2"}, "at": "09:00"})

    def test_plays_of_one_connection_share_it(self):
        self.compose({**UPDATE, "connection": "his", "at": ["09:00", "09:30", "10:00"]})
        self.assertEqual(len(self.told("tcp.flags.syn == 1 and tcp.flags.ack == 0")), 1)
        self.assertEqual(len(self.told("tcp.analysis.lost_segment")), 0)

    def test_a_mirror_port_drops_and_doubles(self):
        whole = len(self.compose(ECHO))
        hour = {"from": "09:00", "until": "10:00"}
        self.assertGreater(len(self.compose(ECHO, mirror=[{"effect": "duplicates", **hour}])), 1.9 * whole)
        self.assertLess(len(self.compose(ECHO, mirror=[{"effect": "drops", "one_in": "2", **hour}])), whole)

    def test_a_recipe_that_cannot_be_made_says_why(self):
        for step, why in (({**ECHO, "piece": "ecko"}, "no piece is called 'ecko'"), ({**ECHO, "from": "ct9"}, "no address and no device: 'ct9'"),
                          ({**ECHO, "form": "ct1"}, "no step has form"), ({**ECHO, "at": "9 o'clock"}, "is no time of day"),
                          ({**ECHO, "replace": {"CT1": "CT11"}}, "differ in length"), ({**ECHO, "end": "politely"}, "does not end 'politely'")):
            with self.subTest(why), self.assertRaisesRegex(compose.RecipeError, why):
                self.compose(step)


class Models(unittest.TestCase):
    def test_a_patch_adds_replaces_and_takes_away(self):
        self.assertEqual(run.merged({"a": {"b": "1", "c": "2"}, "d": ["3"]}, {"a": {"b": "null", "e": "4"}, "d": ["5"]}), {"a": {"c": "2", "e": "4"}, "d": ["5"]})


if __name__ == "__main__":
    unittest.main()
