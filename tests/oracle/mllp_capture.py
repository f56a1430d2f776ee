"""Writes messages as a capture: each sent over MLLP on a TCP connection of its own, and answered."""
import struct

SENDER, RECEIVER, PORT = bytes((10, 20, 40, 30)), bytes((10, 20, 40, 20)), 2575
FIRST_PORT = 20000  # of the first message's connection; the next has the next
SEGMENT_BYTES = 1460
FIN, SYN, PSH, ACK = 0x01, 0x02, 0x08, 0x10


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data[:len(data) & ~1])) + (data[-1] << 8 if len(data) & 1 else 0)
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def frame(source, destination, ports, sequence, acknowledged, flags, payload=b""):
    tcp = struct.pack("!HHIIBBHHH", *ports, sequence, acknowledged, 5 << 4, flags, 65535, 0, 0) + payload
    tcp = tcp[:16] + struct.pack("!H", checksum(source + destination + struct.pack("!HH", 6, len(tcp)) + tcp)) + tcp[18:]
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(tcp), 0, 0x4000, 64, 6, 0, source, destination)
    ip = ip[:10] + struct.pack("!H", checksum(ip)) + ip[12:]
    return b"\x02\0\0\0\0\x02\x02\0\0\0\0\x01\x08\0" + ip + tcp


def connection(port, message, answer):
    """The frames of one exchange."""
    sent = {True: 1000, False: 5000}

    def send(forward, flags, payload=b""):
        ends, ports = ((SENDER, RECEIVER), (port, PORT)) if forward else ((RECEIVER, SENDER), (PORT, port))
        one = frame(*ends, ports, sent[forward], 0 if flags == SYN else sent[not forward], flags, payload)
        sent[forward] += len(payload) + (1 if flags & (SYN | FIN) else 0)
        return one

    yield send(True, SYN)
    yield send(False, SYN | ACK)
    yield send(True, ACK)
    for forward, text in ((True, message), (False, answer)):
        if not text:
            continue
        block = b"\x0b" + text + b"\x1c\r"
        for at in range(0, len(block), SEGMENT_BYTES):
            yield send(forward, PSH | ACK, block[at:at + SEGMENT_BYTES])
    yield send(True, FIN | ACK)
    yield send(False, FIN | ACK)
    yield send(True, ACK)


def write(path, exchanges):
    """`exchanges`: (message, answer), in order; an empty answer is none."""
    with open(path, "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
        at = 1_700_000_000_000_000
        for number, (message, answer) in enumerate(exchanges):
            for one in connection(FIRST_PORT + number, message, answer):
                at += 1000
                out.write(struct.pack("<IIII", at // 1_000_000, at % 1_000_000, len(one), len(one)) + one)
