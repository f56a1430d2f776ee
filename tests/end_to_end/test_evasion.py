"""A retrieval to where it must not go, written so as not to be seen: it is seen, and so is that somebody hid it."""
import pathlib
import struct
import tempfile
import unittest

import dcmwatch as d

WORKSTATION, PACS = "10.20.30.11", "10.20.20.10"  # of config/model.yaml
MOVE = b"1.2.840.10008.5.1.4.1.2.2.2\0"
EXPLICIT = b"1.2.840.10008.1.2.1\0"


def item(kind, value):
    return struct.pack(">BBH", kind, 0, len(value)) + value


def pdu(kind, body):
    return struct.pack(">BBI", kind, 0, len(body)) + body


def association(kind, context):
    user = item(0x50, item(0x51, struct.pack(">I", 0)) + item(0x52, b"1.2.3"))
    return pdu(kind, struct.pack(">HH", 1, 0) + b"PACS".ljust(16) + b"WS1".ljust(16) + bytes(32)
               + item(0x10, b"1.2.840.10008.3.1.1.1") + context + user)


def element(number, value, group=0):
    return struct.pack("<HHI", group, number, len(value)) + value


def us(number, value):
    return element(number, struct.pack("<H", value))


def message(control, body):
    return pdu(4, struct.pack(">IBB", len(body) + 2, 1, control) + body)


def command(elements):
    return message(3, element(0, struct.pack("<I", len(elements))) + elements)


HEAD = element(2, MOVE) + us(0x100, 0x21) + us(0x110, 1)
TAIL = us(0x700, 0) + us(0x800, 0)
DESTINATION = element(0x600, b"NOSUCH")
LONG = element(0x5190, b" " * 66000)


def capture(folder, move):
    """A workstation's association with the archive, in segments of 60,000 bytes."""
    level = struct.pack("<HH2sH", 8, 0x52, b"CS", 6) + b"STUDY "
    study = struct.pack("<HH2sH", 0x20, 0x0d, b"UI", 6) + b"1.2.3\0"
    answer = command(element(2, MOVE) + us(0x100, 0x8021) + us(0x120, 1) + us(0x800, 0x101) + us(0x900, 0))
    said = [(0, association(1, item(0x20, b"\1\0\0\0" + item(0x30, MOVE[:-1]) + item(0x40, EXPLICIT[:-1])))),
            (1, association(2, item(0x21, b"\1\0\0\0" + item(0x40, EXPLICIT[:-1])))),
            (0, command(move)), (0, message(2, level + study)), (1, answer), (0, pdu(5, bytes(4))), (1, pdu(6, bytes(4)))]
    ends = [(bytes(map(int, WORKSTATION.split("."))), 40000), (bytes(map(int, PACS.split("."))), 11112)]
    sent = [1000, 2000]
    packets = []

    def segment(side, flags, payload=b""):
        (source, port), (destination, to) = ends[side], ends[1 - side]
        tcp = struct.pack(">HHIIBBHHH", port, to, sent[side], 0 if flags == 2 else sent[1 - side], 0x50, flags, 65535, 0, 0)
        packets.append(struct.pack(">BBHHHBBH", 0x45, 0, 40 + len(payload), 0, 0, 64, 6, 0) + source + destination + tcp + payload)
        sent[side] += len(payload) + (flags & 3 != 0)

    for side, flags in ((0, 2), (1, 0x12), (0, 0x10)):
        segment(side, flags)
    for side, data in said:
        for at in range(0, len(data), 60000):
            segment(side, 0x18, data[at:at + 60000])
    for side, flags in ((0, 0x11), (1, 0x11), (0, 0x10)):
        segment(side, flags)
    path = pathlib.Path(folder) / "evasion.pcap"
    path.write_bytes(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 262144, 101) + b"".join(
        struct.pack("<IIII", 1_800_000_000, i, len(packet), len(packet)) + packet for i, packet in enumerate(packets)))
    return path


class Evasion(unittest.TestCase):
    def told(self, move):
        """The rules that matched, and where the retrieval went."""
        with tempfile.TemporaryDirectory() as folder:
            records = d.records(capture(folder, move), "--model", d.MODEL)
        moves = [r["dicom"].get("move_destination") for r in d.of("dicom.operation", records) if r["event"]["phase"] == "end"]
        return {f["rule"]["name"] for f in d.findings(records)}, moves

    def test_a_retrieval_is_judged_by_where_it_goes(self):
        undeclared = "Studies were asked to be sent to an undeclared destination"
        for what, move in (("plainly", HEAD + DESTINATION + TAIL),
                           ("behind another group", element(0x10, b"X ", group=1) + HEAD + DESTINATION + TAIL),
                           ("behind what is long", LONG + HEAD + DESTINATION + TAIL),
                           ("before what is long", HEAD + DESTINATION + TAIL + LONG),
                           ("before another one", HEAD + DESTINATION + element(0x600, b"WS2 ") + TAIL)):
            with self.subTest(what):
                rules, moves = self.told(move)
                self.assertEqual(moves, ["NOSUCH"])
                self.assertIn(undeclared, rules)

    def test_what_receivers_read_differently_is_a_finding_of_its_own(self):
        broken = "A protocol was broken in a way that receivers read differently"
        destination = element(0x600, b"WS1 ")
        self.assertNotIn(broken, self.told(HEAD + destination + TAIL)[0])
        self.assertIn(broken, self.told(HEAD + destination + element(0x600, b"NOSUCH") + TAIL)[0])
        self.assertIn(broken, self.told(HEAD + destination + TAIL + b"\0\0\0\x09")[0], "an element that is cut short")


if __name__ == "__main__":
    unittest.main()
