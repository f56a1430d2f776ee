"""A flood from spoofed addresses grows neither the log nor the process, and no watched association is lost in it.

DCMWATCH_FLOOD_PACKETS says how many packets it has: 10000000 for the large form."""
import os
import pathlib
import random
import struct
import tempfile
import unittest

import dcmwatch as d
from test_memory import CT, EXPLICIT, Capture, association, command, element, item, peaks_kibibytes

PACKETS = int(os.environ.get("DCMWATCH_FLOOD_PACKETS", "40000"))
VICTIM = bytes((10, 20, 20, 10))
START_S = 1_800_000_000
BETWEEN_US = 10
GLIMPSE_RECORDS = 16 * 64  # Limits::glimpse_records of each partition
ACK, FIN, RST, SYN = 0x10, 1, 4, 2


class Flooded(Capture):
    """The association of one connection, and a flood in the midst of it."""

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

    def spoof(self, protocol, transport):
        source = struct.pack(">I", self.random.getrandbits(32))
        self.record(struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(transport), 0, 0, 64, protocol, 0) + source + VICTIM + transport)

    def segments(self, flags, payload=b""):
        """Spoofs a segment at each call."""
        def spoof():
            port, sequence = self.random.getrandbits(16), self.random.getrandbits(32)
            self.spoof(6, struct.pack(">HHIIBBHHH", port, 11112, sequence, 0, 0x50, flags, 65535, 0, 0) + payload)
        return spoof

    def unanswered(self):
        """A declared device calls one host after the other."""
        hosts = iter(range(1, 255))
        def call():
            host = next(hosts)
            tcp = struct.pack(">HHIIBBHHH", 40000 + host, 11112, 100, 0, 0x50, SYN, 65535, 0, 0)
            self.record(struct.pack(">BBHHHBBH", 0x45, 0, 40, 0, 0, 64, 6, 0) + bytes((10, 20, 10, 11)) + bytes((10, 20, 20, host)) + tcp)
        return call

    def half_open(self):
        """A declared device's address calls, and is answered; each time from the next port."""
        ports = iter(range(1, 40000))
        def call():
            ends, port = (bytes((10, 20, 10, 11)), VICTIM), next(ports)
            for side, flags, sequence, acknowledgement in ((0, SYN, 100, 0), (1, SYN | ACK, 500, 101)):
                there = (port, 11112) if side == 0 else (11112, port)
                tcp = struct.pack(">HHIIBBHHH", *there, sequence, acknowledgement, 0x50, flags, 65535, 0, 0)
                self.record(struct.pack(">BBHHHBBH", 0x45, 0, 40, 0, 0, 64, 6, 0) + ends[side] + ends[1 - side] + tcp)
        return call

    def queries(self):
        """Each from another address, and really answered."""
        def call():
            source, port = struct.pack(">I", self.random.getrandbits(32)), self.random.getrandbits(16) | 1
            for ends, ports in (((source, VICTIM), (port, 53)), ((VICTIM, source), (53, port))):
                datagram = struct.pack(">HHHH", *ports, 13, 0) + b"hello"
                self.record(struct.pack(">BBHHHBBH", 0x45, 0, 33, 0, 0, 64, 17, 0) + ends[0] + ends[1] + datagram)
        return call

    def datagrams(self):
        def spoof():
            self.spoof(17, struct.pack(">HHHH", self.random.getrandbits(16), 514, 13, 0) + b"hello")
        return spoof


def write_capture(path, flood, packets=PACKETS):
    """`flood` says, of the capture, what is sent so many times."""
    with path.open("wb", buffering=1 << 20) as file:
        capture = Flooded(file)
        capture.segment(0, 2)
        capture.segment(1, 0x12)
        capture.segment(0, 0x10)
        capture.send(0, association(1, item(0x20, bytes((1, 0, 0, 0)) + item(0x30, CT) + item(0x40, EXPLICIT))))
        capture.send(1, association(2, item(0x21, bytes((1, 0, 0, 0)) + item(0x40, EXPLICIT))))
        spoof = flood(capture)
        for _ in range(packets):
            spoof()
        capture.send(0, command(element(0x0002, CT), element(0x0100, b"\x30\0"), element(0x0110, b"\1\0"), element(0x0800, b"\1\1")))
        capture.send(1, command(element(0x0002, CT), element(0x0100, b"\x30\x80"), element(0x0120, b"\1\0"), element(0x0800, b"\1\1"),
                                element(0x0900, b"\0\0")))
        capture.segment(0, 0x11)
        capture.segment(1, 0x11)


class Flood(unittest.TestCase):
    def test_of_a_capture_that_holds_nothing_else_unanswered_connections_hours_apart_are_records_of_their_own(self):
        with tempfile.TemporaryDirectory() as name:
            capture = pathlib.Path(name) / "thin.pcap"
            with capture.open("wb") as file:
                flooded = Flooded(file)
                call = flooded.unanswered()
                for _ in range(11):
                    call()
                    flooded.microseconds += 55 * 60_000_000
            records = d.of("connection", d.records(capture))
            self.assertEqual([r["connection"]["attempts"] for r in records], [1] * 11)
            self.assertLessEqual(max(r["event"]["duration"] for r in records), 90_000_000_000)
            self.assertEqual(records, d.of("connection", d.records(capture, "--shards", "5")))

    def check(self, flood, told_singly, most_kibibytes):
        """So many connections at most are told one by one; the others by network and minute, each counted once. Gives those records."""
        with tempfile.TemporaryDirectory() as name:
            capture = pathlib.Path(name) / "flood.pcap"
            write_capture(capture, flood)
            records = d.records(capture)
            self.assertEqual(records, d.records(capture, "--shards", "5"))

            (operation,) = d.of("dicom.operation", records)
            self.assertEqual((operation["dicom"]["command"], operation["dicom"]["status"]), ("C-ECHO", "0000"))
            minutes = PACKETS * BETWEEN_US // 60_000_000 + 2
            attempts = [r for r in d.of("connection", records) if "attempts" in r["connection"]]
            single = [r for r in d.of("connection", records) if "attempts" not in r["connection"] and "protocol" not in r["network"]]
            self.assertLessEqual(len(single), told_singly * minutes)
            self.assertEqual(sum(r["connection"]["attempts"] for r in attempts) + len(single), PACKETS)
            self.assertLessEqual(len(attempts), 65 * minutes)
            self.assertTrue(all(r["connection"]["end"] == "unanswered" for r in attempts))
            self.assertTrue(all(r["destination"]["ip"] == "10.20.20.10" for r in attempts))
            # Nothing of what came from everywhere is said of one place.
            (rest, *_) = [r for r in attempts if r["connection"]["source_network"] == "::/0"]
            self.assertNotIn("ip", rest["source"])

            if not os.environ.get("DCMWATCH_SANITIZED"):
                peak = peaks_kibibytes(d.PROGRAM, "replay", "--pseudonym-key", d.KEY, "--events", "/dev/null", capture)[0]
                self.assertLess(peak, most_kibibytes)
            return attempts

    def test_syns_are_few_records_for_any_number_of_shards_and_lose_no_association(self):
        self.check(lambda capture: capture.segments(SYN), told_singly=0, most_kibibytes=64 * 1024)

    def test_datagrams_likewise(self):
        attempts = self.check(Flooded.datagrams, GLIMPSE_RECORDS, most_kibibytes=256 * 1024)
        self.assertTrue(all(r["network"]["transport"] == "udp" for r in attempts))
        self.assertTrue(all(r["source"]["bytes"] == 5 * r["connection"]["attempts"] for r in attempts))

    def test_segments_of_connections_never_seen_to_open_likewise(self):
        for flags, payload in ((ACK, b""), (ACK, b"what nobody recognises"), (ACK | FIN, b""), (RST, b"")):
            with self.subTest(flags=flags, payload=payload):
                attempts = self.check(lambda capture: capture.segments(flags, payload), GLIMPSE_RECORDS, most_kibibytes=256 * 1024)
                self.assertTrue(all("one_direction" in r["conversation"]["unseen"] for r in attempts))

    def test_what_was_answered_is_never_told_as_unanswered(self):
        calls = 10_000
        with tempfile.TemporaryDirectory() as name:
            capture = pathlib.Path(name) / "half-open.pcap"
            write_capture(capture, Flooded.half_open, packets=calls)
            records = d.records(capture, "--model", d.MODEL)
            self.assertEqual(records, d.records(capture, "--model", d.MODEL, "--shards", "5"))
        ended = [r for r in d.of("connection", records) if "protocol" not in r["network"]]
        self.assertEqual(sum(r["connection"].get("attempts", 1) for r in ended), calls)
        self.assertNotIn("unanswered", {r["connection"]["end"] for r in ended})
        together = [r for r in ended if "attempts" in r["connection"]]
        self.assertEqual({r["connection"]["end"] for r in together}, {"answered"})
        self.assertGreater(sum(r["connection"]["attempts"] for r in together), calls // 2)
        self.assertEqual(d.findings(records), [])

    def test_what_anyone_can_forge_and_have_answered_makes_bounded_findings(self):
        calls = 4000
        with tempfile.TemporaryDirectory() as name:
            capture = pathlib.Path(name) / "queries.pcap"
            write_capture(capture, Flooded.queries, packets=calls)
            records = d.records(capture, "--model", d.MODEL)
            self.assertEqual(records, d.records(capture, "--model", d.MODEL, "--shards", "5"))
        told = {}
        for finding in d.of("finding", records):
            told.setdefault(finding["rule"]["id"], []).append(finding)
        for findings in told.values():
            self.assertLessEqual(len([f for f in findings if f["event"]["phase"] == "end"]), 64 + 3)
        flooded = [findings for findings in told.values() if len(findings) > 64]
        self.assertTrue(flooded)
        for findings in flooded:
            others = [f for f in findings if f["event"]["phase"] == "end" and f["finding"].get("others") == "rule"]
            self.assertTrue(others)
            self.assertTrue(all("ip" not in f.get("source", {}) for f in others))
            self.assertGreater(sum(f["finding"]["count"] for f in others), calls // 2)

    def test_a_few_are_each_told(self):
        with tempfile.TemporaryDirectory() as name:
            capture = pathlib.Path(name) / "few.pcap"
            for flood in (Flooded.datagrams, lambda capture: capture.segments(ACK, b"what nobody recognises")):
                write_capture(capture, flood, packets=100)
                single = [r for r in d.of("connection", d.records(capture)) if "attempts" not in r["connection"]]
                self.assertEqual(len(single), 100 + 1)
                d.records.cache_clear()


if __name__ == "__main__":
    unittest.main()
