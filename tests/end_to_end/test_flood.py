"""A SYN flood grows neither the log nor the process, and no watched association is lost in it.

DCMWATCH_FLOOD_SYNS says how many there are: 10000000 for the large form."""
import os
import pathlib
import random
import struct
import tempfile
import unittest

import dcmwatch as d
from test_memory import CT, EXPLICIT, Capture, association, command, element, item, peaks_kibibytes

SYNS = int(os.environ.get("DCMWATCH_FLOOD_SYNS", "40000"))
VICTIM = bytes((10, 20, 20, 10))
START_S = 1_800_000_000
BETWEEN_US = 10


class Flooded(Capture):
    """The association of one connection, with so many spoofed SYNs after each of the opener's first segments."""

    def __init__(self, file):
        super().__init__(file)
        self.microseconds = 0
        self.random = random.Random(1)

    def record(self, datagram):
        seconds, microseconds = divmod(self.microseconds, 1_000_000)
        self.file.write(struct.pack("<IIII", START_S + seconds, microseconds, len(datagram), len(datagram)) + datagram)
        self.microseconds += BETWEEN_US

    def segment(self, side, flags, payload=b""):
        ports = (40000, 11112) if side == 0 else (11112, 40000)
        ends = (bytes((10, 20, 10, 11)), VICTIM)
        tcp = struct.pack(">HHIIBBHHH", *ports, self.sequence[side], self.sequence[1 - side], 0x50, flags, 65535, 0, 0)
        self.record(struct.pack(">BBHHHBBH", 0x45, 0, 40 + len(payload), 0, 0, 64, 6, 0) + ends[side] + ends[1 - side] + tcp + payload)
        self.sequence[side] = (self.sequence[side] + len(payload) + (flags & 3 != 0)) & 0xffffffff

    def flood(self, syns):
        header = struct.pack(">BBHHHBBH", 0x45, 0, 40, 0, 0, 64, 6, 0)
        for _ in range(syns):
            source, port, sequence = self.random.getrandbits(32), self.random.getrandbits(16), self.random.getrandbits(32)
            tcp = struct.pack(">HHIIBBHHH", port, 11112, sequence, 0, 0x50, 2, 65535, 0, 0)
            self.record(header + struct.pack(">I", source) + VICTIM + tcp)


def write_capture(path, syns):
    with path.open("wb", buffering=1 << 20) as file:
        capture = Flooded(file)
        capture.segment(0, 2)
        capture.segment(1, 0x12)
        capture.segment(0, 0x10)
        capture.send(0, association(1, item(0x20, bytes((1, 0, 0, 0)) + item(0x30, CT) + item(0x40, EXPLICIT))))
        capture.send(1, association(2, item(0x21, bytes((1, 0, 0, 0)) + item(0x40, EXPLICIT))))
        capture.flood(syns)
        capture.send(0, command(element(0x0002, CT), element(0x0100, b"\x30\0"), element(0x0110, b"\1\0"), element(0x0800, b"\1\1")))
        capture.send(1, command(element(0x0002, CT), element(0x0100, b"\x30\x80"), element(0x0120, b"\1\0"), element(0x0800, b"\1\1"),
                                element(0x0900, b"\0\0")))
        capture.segment(0, 0x11)
        capture.segment(1, 0x11)


class Flood(unittest.TestCase):
    def test_a_flood_is_few_records_for_any_number_of_shards_and_loses_no_association(self):
        with tempfile.TemporaryDirectory() as name:
            capture = pathlib.Path(name) / "flood.pcap"
            write_capture(capture, SYNS)
            records = d.records(capture)
            self.assertEqual(records, d.records(capture, "--shards", "5"))

            (operation,) = d.of("dicom.operation", records)
            self.assertEqual((operation["dicom"]["command"], operation["dicom"]["status"]), ("C-ECHO", "0000"))
            attempts = [r for r in d.of("connection", records) if "attempts" in r["connection"]]
            self.assertEqual(sum(r["connection"]["attempts"] for r in attempts), SYNS)
            minutes = SYNS * BETWEEN_US // 60_000_000 + 2
            self.assertLessEqual(len(attempts), 65 * minutes)
            self.assertTrue(all(r["connection"]["end"] == "unanswered" for r in attempts))
            self.assertTrue(all(r["destination"]["ip"] == "10.20.20.10" for r in attempts))
            # Nothing of what came from everywhere is said of one place.
            (rest, *_) = [r for r in attempts if r["connection"]["source_network"] == "::/0"]
            self.assertNotIn("ip", rest["source"])

            if not os.environ.get("DCMWATCH_SANITIZED"):
                self.assertLess(peaks_kibibytes(d.PROGRAM, "replay", "--pseudonym-key", d.KEY, "--events", "/dev/null", capture)[0], 64 * 1024)


if __name__ == "__main__":
    unittest.main()
