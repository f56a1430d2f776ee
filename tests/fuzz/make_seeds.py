#!/usr/bin/env python3
"""Seeds for the fuzz entries, from the first packets of the project's own captures: make_seeds.py PCAPS SEEDS"""
import pathlib
import struct
import sys

PACKETS = 60  # enough for an association with an operation
LINK_TYPES = [1, 0, 101, 113, 276]  # as decode.cpp numbers them


def records(capture):
    """A pcap file's header, link type and records (with their headers)."""
    magic = struct.unpack("<I", capture[:4])[0]
    if magic not in (0xA1B2C3D4, 0xA1B23C4D):
        return None
    at, found = 24, []
    while at + 16 <= len(capture) and len(found) < PACKETS:
        size = struct.unpack_from("<I", capture, at + 8)[0]
        found.append(capture[at:at + 16 + size])
        at += 16 + size
    return capture[:24], struct.unpack_from("<I", capture, 20)[0], found


def tcp_payload(frame, link):
    """Source port, payload; nothing for what is no IPv4 TCP segment in Ethernet."""
    if link != 1 or frame[12:14] != b"\x08\x00" or frame[23] != 6:
        return None
    ip = 14 + (frame[14] & 15) * 4
    end = 14 + struct.unpack_from(">H", frame, 16)[0]
    return struct.unpack_from(">H", frame, ip)[0], frame[ip + (frame[ip + 12] >> 4) * 4:end]


def main():
    pcaps, seeds = map(pathlib.Path, sys.argv[1:])
    for entry in ("capture", "decode", "streams"):
        (seeds / entry).mkdir(parents=True, exist_ok=True)
    for path in sorted(pcaps.glob("*.pcap*")):
        capture = path.read_bytes()
        found = records(capture)
        if not found:
            (seeds / "capture" / path.name).write_bytes(capture[:20000])
            continue
        header, link, packets = found
        (seeds / "capture" / path.name).write_bytes(header + b"".join(packets))
        frames = [packet[16:] for packet in packets]
        (seeds / "decode" / path.stem).write_bytes(
            bytes([LINK_TYPES.index(link)]) + b"".join(struct.pack(">H", len(frame)) + frame for frame in frames[:8]))
        stream, opener = b"", None
        for port, payload in filter(None, (tcp_payload(frame, link) for frame in frames)):
            opener = opener or port
            if payload:
                stream += bytes([port != opener, 0]) + struct.pack(">H", len(payload)) + payload
        if stream:
            (seeds / "streams" / path.stem).write_bytes(stream)


if __name__ == "__main__":
    main()
