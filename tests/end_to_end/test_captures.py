"""Compressed, split, merged and growing captures tell what the one capture told."""
import gzip
import json
import pathlib
import signal
import struct
import subprocess
import tempfile
import time
import unittest

import dcmwatch as d
from test_memory import PDU_BYTES, write_capture

CAPTURE = d.PCAPS / "incident.pcap"


def pcap_records(path):
    """The file's header, and each record with its header (little-endian, as all of pcaps/ are)."""
    content = path.read_bytes()
    records, at = [], 24
    while at < len(content):
        size = 16 + struct.unpack_from("<I", content, at + 8)[0]
        records.append(content[at:at + size])
        at += size
    return content[:24], records


def without_packet_numbers(text):
    records = [json.loads(line) for line in text.splitlines()]
    for record in records:
        record.pop("packet", None)
        for end in ("cause_packet", "effect_packet"):
            record.get("link", {}).pop(end, None)
    return records


class Captures(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.told = d.replay("--events", "-", CAPTURE).stdout

    def write(self, name, header, records):
        path = self.folder / name
        path.write_bytes(header + b"".join(records))
        return path

    def test_a_compressed_capture_tells_the_same(self):
        packed = self.folder / "incident.pcap.gz"
        packed.write_bytes(gzip.compress(CAPTURE.read_bytes()))
        self.assertEqual(d.replay("--events", "-", packed).stdout, self.told)
        with packed.open("rb") as stream:
            self.assertEqual(d.replay("--events", "-", "-", stdin=stream).stdout, self.told)

    def test_segments_that_the_card_was_to_cut_tell_the_same(self):
        with tempfile.TemporaryDirectory() as folder:
            stores = []
            for segment_bytes in (1448, 200_000):
                capture = pathlib.Path(folder) / f"{segment_bytes}.pcap"
                write_capture(capture, 20, segment_bytes)
                (store,) = d.of("dicom.operation", d.records(capture))
                (connection,) = d.of("connection", d.records(capture))
                for reckoned in ("transfer_time", "throughput"):  # a segment bears the time of its last byte
                    del store["dicom"][reckoned]
                stores.append((store["dicom"], connection["source"]["bytes"], connection["source"]["missing_bytes"]))
            self.assertEqual(stores[0], stores[1])
            self.assertEqual(stores[1][0]["request_bytes"], 20 * (PDU_BYTES - 12))

    def test_a_cut_compressed_capture_tells_what_came_before_and_fails(self):
        packed = gzip.compress(CAPTURE.read_bytes())
        cut = self.folder / "cut.pcap.gz"
        cut.write_bytes(packed[:len(packed) // 2])
        done = d.replay("--events", "-", cut)
        self.assertEqual(done.returncode, 1)
        self.assertIn("cut.pcap.gz: breaks off at frame", done.stderr)
        self.assertGreater(len(done.stdout.splitlines()), 10)

    def test_two_sides_of_a_tap_are_one_conversation(self):
        header, records = pcap_records(CAPTURE)
        # Ethernet, IPv4 without options: the lower of the two addresses sends.
        sides = [[r for r in records if (r[42:46] < r[46:50]) == side] for side in (True, False)]
        files = [self.write(f"{n}.pcap", header, side) for n, side in enumerate(sides)]
        done = d.replay("--events", "-", *files)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(without_packet_numbers(done.stdout), without_packet_numbers(self.told))

    def test_the_files_of_a_ring_are_one_capture(self):
        header, records = pcap_records(CAPTURE)
        for n in range(0, len(records), 100):
            self.write(f"ring.pcap{9 - n // 100 % 10}{n}", header, records[n:n + 100])
        done = d.replay("--events", "-", self.folder)
        self.assertEqual(without_packet_numbers(done.stdout), without_packet_numbers(self.told))

    def test_a_growing_capture_is_followed_until_told_to_stop(self):
        header, records = pcap_records(CAPTURE)
        growing = self.write("growing.pcap", header, records[:500])
        events = self.folder / "events.json"
        following = subprocess.Popen([d.PROGRAM, "replay", "--quiet", "--follow", "--pseudonym-key", d.KEY, "--events", events, growing],
                                     stderr=subprocess.PIPE, text=True)
        self.addCleanup(following.stderr.close)
        self.addCleanup(following.kill)
        first = self.wait_for_records(events, 1)
        with growing.open("ab") as stream:
            stream.write(b"".join(records[500:]))
        self.wait_for_records(events, first + 20)
        following.send_signal(signal.SIGINT)
        self.assertEqual(following.wait(timeout=60), 0, following.stderr.read())
        self.assertEqual(events.read_text(), self.told)

    def wait_for_records(self, events, count):
        for _ in range(600):
            told = events.read_text().count("\n") if events.exists() else 0
            if told >= count:
                return told
            time.sleep(0.05)
        self.fail(f"{count} records did not come")


if __name__ == "__main__":
    unittest.main()
