"""Memory follows neither the size of what is stored nor the number of requests that never come to an end.

DCMWATCH_STALLED_REQUESTS says how many there are: 2000 for the large form."""
import os
import pathlib
import struct
import subprocess
import tempfile
import time
import unittest

import dcmwatch as d

CT = b"1.2.840.10008.5.1.4.1.1.2\0"
EXPLICIT = b"1.2.840.10008.1.2.1\0"
PDU_BYTES = 128 * 1024
SEGMENT_BYTES = 1448
STALLED_REQUESTS = int(os.environ.get("DCMWATCH_STALLED_REQUESTS", "300"))
STALLED_BYTES = 512 * 1024  # Limits::dicom_pdu_bytes


def item(kind, body):
    return struct.pack(">BBH", kind, 0, len(body)) + body


def association(kind, context):
    """A-ASSOCIATE-RQ (1) or -AC (2), PS3.8 9.3.2 and 9.3.3."""
    body = struct.pack(">HH", 1, 0) + b"PACS".ljust(16) + b"CT1".ljust(16) + bytes(32)
    body += item(0x10, b"1.2.840.10008.3.1.1.1") + context + item(0x50, item(0x51, struct.pack(">I", PDU_BYTES)))
    return struct.pack(">BBI", kind, 0, len(body)) + body


def element(tag, value):
    return struct.pack("<HHI", 0, tag, len(value)) + value


def pdv(control, body):
    return struct.pack(">BBIIBB", 4, 0, len(body) + 6, len(body) + 2, 1, control) + body


def command(*elements):
    body = b"".join(elements)
    return pdv(3, element(0, struct.pack("<I", len(body))) + body)


def store(pdus):
    """One C-STORE request of so many full PDUs."""
    yield command(element(0x0002, CT), element(0x0100, b"\1\0"), element(0x0110, b"\1\0"), element(0x0700, b"\0\0"),
                  element(0x0800, b"\0\0"), element(0x1000, b"2.25.1"))
    block = pdv(0, bytes(PDU_BYTES - 12))
    for _ in range(pdus - 1):
        yield block
    yield pdv(2, bytes(PDU_BYTES - 12))


class Capture:
    """A pcap file of TCP connections, one after the other."""

    def __init__(self, file, segment_bytes=SEGMENT_BYTES):
        self.file = file
        self.segment_bytes = segment_bytes
        self.packets = 0
        self.resume((bytes((10, 20, 10, 11)), 40000))
        file.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 262144, 101))

    def resume(self, opener, sent=(1000, 2000)):
        """What follows is the connection of this opener, an address and a port, after what was sent already."""
        self.opener = opener
        self.sequence = list(sent)

    def open(self):
        for side, flags in ((0, 2), (1, 0x12), (0, 0x10)):
            self.segment(side, flags)

    def segment(self, side, flags, payload=b""):
        address, port = self.opener
        ports = (port, 11112) if side == 0 else (11112, port)
        ends = (address, bytes((10, 20, 20, 10)))
        tcp = struct.pack(">HHIIBBHHH", *ports, self.sequence[side], self.sequence[1 - side], 0x50, flags, 65535, 0, 0)
        size = 40 + len(payload)
        total = size if size < 1 << 16 else 0  # as a host whose card is to cut the segment writes it
        ip = struct.pack(">BBHHHBBH", 0x45, 0, total, 0, 0, 64, 6, 0) + ends[side] + ends[1 - side]
        self.file.write(struct.pack("<IIII", 1_800_000_000 + self.packets // 100_000, self.packets % 100_000 * 10, size, size))
        self.file.write(ip + tcp + payload)
        self.packets += 1
        self.sequence[side] = (self.sequence[side] + len(payload) + (flags & 3 != 0)) & 0xffffffff

    def send(self, side, *pieces):
        rest = b""
        for piece in pieces:
            rest += piece
            while len(rest) >= self.segment_bytes:
                self.segment(side, 0x10, rest[:self.segment_bytes])
                rest = rest[self.segment_bytes:]
        if rest:
            self.segment(side, 0x10, rest)


def write_capture(path, pdus, segment_bytes=SEGMENT_BYTES):
    with path.open("wb", buffering=1 << 20) as file:
        capture = Capture(file, segment_bytes)
        capture.open()
        capture.send(0, association(1, item(0x20, bytes((1, 0, 0, 0)) + item(0x30, CT) + item(0x40, EXPLICIT))))
        capture.send(1, association(2, item(0x21, bytes((1, 0, 0, 0)) + item(0x40, EXPLICIT))))
        capture.send(0, *store(pdus))
        capture.send(1, command(element(0x0002, CT), element(0x0100, b"\1\x80"), element(0x0120, b"\1\0"), element(0x0800, b"\1\1"),
                                element(0x0900, b"\0\0")))
        capture.segment(0, 0x11)
        capture.segment(1, 0x11)


def write_message(path, value_bytes):
    """One HL7 message with a value as long, and its acknowledgement."""
    header = b"MSH|^~\\&|RIS|H|PACS|H|20240101||%s|1|P|2.5\r"
    with path.open("wb", buffering=1 << 20) as file:
        capture = Capture(file)
        capture.open()
        capture.send(0, b"\x0b" + header % b"ORU^R01" + b"OBX|1|ED|D^L||", *[b"A" * (1 << 20)] * (value_bytes >> 20), b"||||||F\r\x1c\r")
        capture.send(1, b"\x0b" + header % b"ACK^R01" + b"MSA|AA|1\r\x1c\r")
        capture.segment(0, 0x11)
        capture.segment(1, 0x11)


def memory_kibibytes(pid):
    """What the process keeps for itself now (the pages of a mapped capture are the page cache's), and the most that it ever had
    in memory. Nothing once it has ended."""
    try:
        status = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except OSError:
        return 0, 0
    fields = dict(line.split(":", 1) for line in status.splitlines())
    return tuple(int(fields.get(name, "0").split()[0]) for name in ("RssAnon", "VmHWM"))


def peaks_kibibytes(*command_line):
    """The most of both, looked at each millisecond. (What wait4 tells has the parent's memory in it.)"""
    process = subprocess.Popen(command_line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    peaks = (0, 0)
    while process.poll() is None:
        peaks = tuple(map(max, peaks, memory_kibibytes(process.pid)))
        time.sleep(0.001)
    assert process.returncode == 0, process.returncode
    assert min(peaks) > 0, "the process was never looked at"
    return peaks


def write_stalled_requests(path, count):
    """An association, and within it so many requests for others, each as long as may be, that never come to their last byte."""
    context = item(0x20, bytes((1, 0, 0, 0)) + item(0x30, CT) + item(0x40, EXPLICIT) * 2000)
    stalled = struct.pack(">BBI", 1, 0, STALLED_BYTES) + association(1, context * 13)[6:STALLED_BYTES + 5]
    with path.open("wb", buffering=1 << 20) as file:
        capture = Capture(file, 60_000)
        capture.open()
        capture.send(0, association(1, item(0x20, bytes((1, 0, 0, 0)) + item(0x30, CT) + item(0x40, EXPLICIT))))
        capture.send(1, association(2, item(0x21, bytes((1, 0, 0, 0)) + item(0x40, EXPLICIT))))
        honest = capture.opener, capture.sequence
        for number in range(count):
            capture.resume((bytes((10, 66)) + struct.pack(">H", number // 100), 30_000 + number % 100))
            capture.open()
            capture.send(0, stalled)
        capture.resume(*honest)
        capture.send(0, command(element(0x0002, CT), element(0x0100, b"\x30\0"), element(0x0110, b"\1\0"), element(0x0800, b"\1\1")))
        capture.send(1, command(element(0x0002, CT), element(0x0100, b"\x30\x80"), element(0x0120, b"\1\0"), element(0x0800, b"\1\1"),
                                element(0x0900, b"\0\0")))
        capture.segment(0, 0x11)
        capture.segment(1, 0x11)


class StalledRequests(unittest.TestCase):
    def test_requests_that_never_end_are_cut_short_and_told_and_harm_no_other(self):
        with tempfile.TemporaryDirectory() as name:
            capture = pathlib.Path(name) / "stalled.pcap"
            write_stalled_requests(capture, STALLED_REQUESTS)
            records = d.records(capture)
            self.assertEqual(records, d.records(capture, "--shards", "3"))

            (honest,) = [r for r in d.of("dicom.association", records) if r["source"]["ip"] == "10.20.10.11"]
            self.assertEqual((honest["dicom"]["end"], honest["dicom"]["contexts"]["accepted"]), ("closed", [CT.decode("ascii").rstrip("\0")]))
            self.assertNotIn("unseen", honest["conversation"])
            (operation,) = d.of("dicom.operation", records)
            self.assertEqual((operation["dicom"]["command"], operation["dicom"]["status"]), ("C-ECHO", "0000"))

            # Each is told with what was read of it; those that were cut short as lost, and the limit is told with their number.
            stalled = [r for r in d.of("dicom.association", records) if r is not honest]
            self.assertEqual(len(stalled), STALLED_REQUESTS)
            self.assertTrue(all(r["dicom"]["calling_ae"] == "CT1" and "unfinished" in r["conversation"]["unseen"] for r in stalled))
            cut = [r for r in stalled if "lost" in r["conversation"]["unseen"]]
            (note,) = [r for r in records if r.get("capture", {}).get("detail") == "kept_bytes"]
            self.assertEqual(len(cut), note["capture"]["count"])
            self.assertGreater(len(cut), STALLED_REQUESTS // 2)

            if not os.environ.get("DCMWATCH_SANITIZED"):
                self.assertLess(peaks_kibibytes(d.PROGRAM, "replay", "--pseudonym-key", d.KEY, "--events", "/dev/null", capture)[0], 96 * 1024)


@unittest.skipIf(os.environ.get("DCMWATCH_SANITIZED"), "sanitizers keep memory of their own")
class Memory(unittest.TestCase):
    def test_an_object_of_any_size_costs_the_same(self):
        with tempfile.TemporaryDirectory() as name:
            peaks = []
            for pdus in (20, 1200):
                capture = pathlib.Path(name) / f"{pdus}.pcap"
                write_capture(capture, pdus)
                (operation,) = d.of("dicom.operation", d.records(capture))
                self.assertEqual(operation["dicom"]["request_bytes"], pdus * (PDU_BYTES - 12))
                self.assertEqual(operation["dicom"]["status"], "0000")
                peaks.append(peaks_kibibytes(d.PROGRAM, "replay", "--pseudonym-key", d.KEY, "--model", d.MODEL, "--events", "/dev/null", capture))
            self.assert_the_same(peaks)

    def test_so_does_a_message_beyond_the_limit(self):
        with tempfile.TemporaryDirectory() as name:
            peaks = []
            for mebibytes in (1, 128):
                capture = pathlib.Path(name) / f"{mebibytes}.pcap"
                write_message(capture, mebibytes << 20)
                (message,) = d.of("hl7.message", d.records(capture))
                self.assertEqual((message["hl7"]["message_type"], message["hl7"]["ack_code"]), ("ORU^R01", "AA"))
                self.assertGreater(message["hl7"]["bytes"], mebibytes << 20)
                peaks.append(peaks_kibibytes(d.PROGRAM, "replay", "--pseudonym-key", d.KEY, "--model", d.MODEL, "--events", "/dev/null", capture))
            self.assert_the_same(peaks)

    def assert_the_same(self, peaks):
        (small, _), (large, everything) = peaks
        self.assertLess(large, 48 * 1024)
        self.assertLess(large - small, 8 * 1024)
        self.assertLess(everything, 96 * 1024, "the windows of the capture are unmapped")


if __name__ == "__main__":
    unittest.main()
