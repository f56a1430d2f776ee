"""Captures of connections that were never there: who says what to whom, and when."""
import pathlib
import struct
import tempfile
import unittest

SYN, ACK, PUSH, FIN, RST = 0x02, 0x10, 0x08, 0x01, 0x04


def framed(text):
    return b"\x0b" + text.encode() + b"\x1c\r"


class Capture:
    """Packets in the order of the calls, at the capture's own time."""

    def __init__(self, start=1_772_438_400.0):
        self.now = start
        self.packets = [struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1)]

    def wait(self, seconds):
        self.now += seconds

    def add(self, frame):
        self.now += 0.001
        self.packets.append(struct.pack("<IIII", int(self.now), int(self.now % 1 * 1e6), len(frame), len(frame)) + frame)

    def write(self, path):
        path.write_bytes(b"".join(self.packets))
        return path


class Connection:
    """From its SYN; each side acknowledges what it gets at once."""

    def __init__(self, capture, client, server, client_port=40000, server_port=2575):
        self.capture = capture
        self.ends = (bytes(client), client_port), (bytes(server), server_port)
        self.sent = [1000, 2000]
        for side, flags in ((0, SYN), (1, SYN | ACK), (0, ACK)):
            self.segment(side, flags)

    def segment(self, side, flags, payload=b"", seen=True):
        (source, source_port), (destination, destination_port) = self.ends[side], self.ends[1 - side]
        acknowledged = self.sent[1 - side] if flags & ACK else 0
        tcp = struct.pack("!HHIIBBHHH", source_port, destination_port, self.sent[side], acknowledged, 5 << 4, flags, 65535, 0, 0) + payload
        ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(tcp), 1, 0x4000, 64, 6, 0, source, destination)
        if seen:
            self.capture.add(b"\2" * 12 + b"\x08\x00" + ip + tcp)
        self.sent[side] += len(payload) + (1 if flags & (SYN | FIN) else 0)

    def say(self, side, text, seen=True):
        """Side 0 opened the connection. A block that is not `seen` was in no packet that was captured."""
        self.segment(side, ACK | PUSH, framed(text), seen)
        self.segment(1 - side, ACK)
        return self

    def close(self):
        for side, flags in ((0, FIN | ACK), (1, FIN | ACK), (0, ACK)):
            self.segment(side, flags)

    def reset(self, side):
        self.segment(side, RST | ACK)


class SpokenTest(unittest.TestCase):
    """What is said in a capture of its own, written into a folder that goes with the test."""
    maxDiff = None

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.capture = Capture()
