"""Whatever is given: a clear message or a counted event, everything before it still told, never a crash."""
import json
import pathlib
import random
import subprocess
import tempfile
import unittest

import dcmwatch as d

CRASHED = "the program died of a signal, or a sanitizer spoke"


class BadInput(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def file(self, name, content):
        path = self.folder / name
        path.write_bytes(content)
        return path

    def assert_alive(self, done):
        self.assertIn(done.returncode, (0, 1, 2, 3), CRASHED + ": " + done.stderr[-2000:])
        self.assertNotIn("ERROR: AddressSanitizer", done.stderr)
        self.assertNotIn("runtime error:", done.stderr)

    def test_an_empty_file_is_named(self):
        done = d.replay(self.file("nothing.pcap", b""))
        self.assertEqual(done.returncode, 1)
        self.assertIn("nothing.pcap: is empty", done.stderr)

    def test_a_file_that_is_no_capture_is_named(self):
        done = d.replay(self.file("letter.pcap", b"Dear PACS administrator,\n" * 40))
        self.assertEqual(done.returncode, 1)
        self.assertIn("letter.pcap: is not a pcap or pcapng capture", done.stderr)

    def test_a_missing_file_is_named(self):
        done = d.replay(self.folder / "gone.pcap")
        self.assertEqual(done.returncode, 1)
        self.assertIn("gone.pcap: No such file or directory", done.stderr)

    def test_a_folder_without_captures_is_named(self):
        done = d.replay(self.folder)
        self.assertEqual(done.returncode, 1)
        self.assertIn("holds no *.pcap", done.stderr)

    def test_a_bad_file_among_good_ones_costs_only_itself(self):
        bad = self.file("bad.pcap", b"no capture")
        done = d.replay("--events", "-", bad, d.PCAPS / "incident.pcap")
        self.assertEqual(done.returncode, 1)
        self.assertIn("bad.pcap", done.stderr)
        self.assertEqual(done.stdout.count('"dataset":"dicom.association"'), 21)

    def test_a_capture_cut_anywhere_tells_what_came_before(self):
        whole = (d.PCAPS / "hl7.pcap").read_bytes()
        told = []
        for size in range(25, len(whole), len(whole) // 60):
            done = d.replay("--events", "-", self.file("cut.pcap", whole[:size]))
            self.assert_alive(done)
            if done.returncode == 1:
                self.assertIn("cut.pcap", done.stderr)
            told.append(done.stdout.count('"dataset":"hl7.message"'))
        self.assertEqual(told, sorted(told))
        self.assertGreater(told[-1], 10)

    def test_an_unknown_link_type_is_counted(self):
        header = bytearray((d.PCAPS / "incident.pcap").read_bytes())
        header[20:24] = (147).to_bytes(4, "little")
        done = d.replay("--events", "-", self.file("strange.pcap", bytes(header)))
        self.assertEqual(done.returncode, 0)
        notes = [json.loads(line)["capture"] for line in done.stdout.splitlines() if '"capture"' in line]
        self.assertIn("decode.unknown_link_type", {n["note"] for n in notes})

    def test_flipped_bytes_never_crash(self):
        chance = random.Random(20261121)
        for name in ("rejections.pcap", "hl7.pcap", "peer-crash.pcap"):
            whole = bytearray((d.PCAPS / name).read_bytes())
            for _ in range(12):
                flipped = bytearray(whole)
                for _ in range(400):
                    flipped[chance.randrange(24, len(flipped))] = chance.randrange(256)
                self.assert_alive(d.replay("--model", d.MODEL, "--events", "-", "--shards", 2, self.file("flipped.pcap", bytes(flipped))))

    def test_a_clock_set_back_makes_no_record_end_before_it_begins(self):
        original = (d.PCAPS / "incident.pcap").read_bytes()
        with tempfile.TemporaryDirectory() as name:
            capture = pathlib.Path(name) / "set-back.pcap"
            whole, at, packets = bytearray(original), 24, []
            while at < len(whole):
                packets.append(at)
                at += 16 + int.from_bytes(whole[at + 8:at + 12], "little")
            for at in packets[len(packets) // 2:]:
                whole[at:at + 4] = (int.from_bytes(whole[at:at + 4], "little") - 3600).to_bytes(4, "little")
            capture.write_bytes(whole)
            records = d.records(capture, "--all-phases", "--model", d.MODEL)
        self.assertTrue([r for r in records if r.get("capture", {}).get("note") == "capture.clock_step"])
        for record in records:
            self.assertLessEqual(record["event"]["start"], record["event"]["end"])
            if "finding" in record:
                self.assertLessEqual(record["finding"]["first"], record["finding"]["last"])

    def test_bad_arguments_are_status_2(self):
        for arguments in (["replay"], ["replay", "--shards", "0", "x.pcap"], ["frobnicate"], ["replay", "--fail-on", "bad", "x.pcap"],
                          ["replay", "--filter", "no such filter", d.PCAPS / "hl7.pcap"], ["model", "check", self.folder / "gone.yaml"]):
            with self.subTest(arguments=arguments):
                done = d.run(*arguments)
                self.assertEqual(done.returncode, 2, done.stdout + done.stderr)
                self.assertTrue(done.stderr)

    def test_a_faulty_model_names_file_line_and_column(self):
        model = self.file("faulty.yaml", b"name: x\nzones:\n  a: {networks: [10.0.0.0/33]}\ndevices: {}\nservices: {}\nflows: {}\n")
        for arguments in (["model", "check", model], ["replay", "--model", model, d.PCAPS / "hl7.pcap"]):
            done = d.run(*arguments)
            self.assertEqual(done.returncode, 2)
            self.assertRegex(done.stderr, r"faulty\.yaml:3:\d+: ")

    def test_a_faulty_rule_names_file_line_and_column(self):
        rules = self.folder / "rules"
        rules.mkdir()
        (rules / "bad.yml").write_text("title: x\nid: 8a8f2d1c-0000-4000-8000-000000000000\nlogsource: {product: dcmwatch}\nlevel: high\n"
                                       "detection:\n  selection:\n    dicom.no_such_field: 1\n  condition: selection\n")
        done = d.run("rules", "check", rules)
        self.assertEqual(done.returncode, 2)
        self.assertRegex(done.stderr, r"bad\.yml:7:\d+: ")

    def test_a_faulty_table_of_fingerprints_names_file_line_and_column(self):
        done = d.run("fingerprints", "check")
        self.assertEqual(done.returncode, 0, done.stderr)
        table = self.file("faulty.yml", b"class_uids:\n  1.2.3: {manufacturer: X, confidence: hihg, source: x}\nversion_names: {}\n")
        done = d.run("fingerprints", "check", table)
        self.assertEqual(done.returncode, 2)
        self.assertRegex(done.stderr, r"faulty\.yml:2:\d+: .*'high'")

    def test_a_full_disk_is_said(self):
        done = d.replay("--events", "/dev/full", d.PCAPS / "incident.pcap")
        self.assertEqual(done.returncode, 1)
        self.assertIn("/dev/full", done.stderr)

    def test_a_reader_that_goes_away_is_no_crash(self):
        command = f"'{d.PROGRAM}' replay --pseudonym-key '{d.KEY}' --events - '{d.PCAPS}/query-retrieve.pcap' | head -1"
        done = subprocess.run(["bash", "-c", command + "; exit ${PIPESTATUS[0]}"], capture_output=True, text=True, timeout=60, check=False)
        self.assertIn(done.returncode, (0, 1))


@unittest.skipUnless(d.CORPUS.is_dir(), "no corpus beside this checkout")
class Corpus(unittest.TestCase):
    def test_every_awkward_public_capture_replays(self):
        captures = sorted(p for p in (d.CORPUS / "nasty").rglob("*") if p.is_file()) + sorted((d.CORPUS / "pcap").rglob("*.pcap"))
        self.assertGreater(len(captures), 1000)
        for start in range(0, len(captures), 50):
            done = d.replay("--model", d.MODEL, "--events", "/dev/null", *captures[start:start + 50])
            self.assertIn(done.returncode, (0, 1), f"{CRASHED} among {captures[start]} and the next 49: {done.stderr[-3000:]}")


if __name__ == "__main__":
    unittest.main()
