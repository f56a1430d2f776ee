#!/usr/bin/env python3
"""Seeds for the fuzz entries, from the first packets of the project's own captures and from its models: make_seeds.py PCAPS SEEDS"""
import pathlib
import struct
import sys

PACKETS = 60  # enough for an association with an operation
CONVERSATION_BYTES = 12000  # of a whole connection; longer ones are slow to play twice
CONVERSATIONS = 6  # of a capture
MESSAGE_BYTES = 4000
LINK_TYPES = [1, 0, 101, 113, 276]  # as decode.cpp numbers them


def records(capture, most=PACKETS):
    """A pcap file's header, link type and records (with their headers)."""
    magic = struct.unpack("<I", capture[:4])[0]
    if magic not in (0xA1B2C3D4, 0xA1B23C4D):
        return None
    at, found = 24, []
    while at + 16 <= len(capture) and len(found) < most:
        size = struct.unpack_from("<I", capture, at + 8)[0]
        found.append(capture[at:at + 16 + size])
        at += 16 + size
    return capture[:24], struct.unpack_from("<I", capture, 20)[0], found


def tcp_payload(frame, link):
    """Source port, payload, both ends; nothing for what is no IPv4 TCP segment in Ethernet."""
    if link != 1 or frame[12:14] != b"\x08\x00" or frame[23] != 6:
        return None
    ip = 14 + (frame[14] & 15) * 4
    end = 14 + struct.unpack_from(">H", frame, 16)[0]
    source, destination = struct.unpack_from(">HH", frame, ip)
    return source, frame[ip + (frame[ip + 12] >> 4) * 4:end], frozenset(((frame[26:30], source), (frame[30:34], destination)))


def connections_beginning(frames, link, beginning):
    """Of each connection whose opener begins so its segments: whether the opener sent it, and its payload."""
    connections = {}
    for port, payload, ends in filter(None, (tcp_payload(frame, link) for frame in frames)):
        opener, segments = connections.setdefault(ends, (port, []))
        if payload:
            segments.append((port == opener, payload))
    return [segments for _, segments in connections.values() if segments and segments[0][1].startswith(beginning)]


def pdus(segments):
    """Type and body, of both directions."""
    for by_opener in (True, False):
        stream, at = b"".join(payload for sent, payload in segments if sent == by_opener), 0
        while at + 6 <= len(stream):
            end = at + 6 + struct.unpack_from(">I", stream, at + 2)[0]
            yield stream[at], stream[at + 6:end]
            at = end


def pdvs(body):
    """Control header and fragment (PS3.8 9.3.5.1, E.2)."""
    at = 0
    while at + 6 <= len(body):
        length = struct.unpack_from(">I", body, at)[0]
        yield body[at + 5], body[at + 6:at + 4 + length]
        at += 4 + length


def syntax_of(data_set):
    """As data_set.cpp numbers them: how the first element looks."""
    if data_set[4:6].isalpha():
        return 2 if data_set[0] == 0 else 1
    return 0


def write_dicom(seeds, name, connections):
    told = set()  # what a capture holds twice counts once

    def write(entry, content):
        if (entry, content) not in told:
            told.add((entry, content))
            (seeds / entry / f"{name}-{len(told)}").write_bytes(content)

    short = sorted((s for s in connections if sum(len(p) for _, p in s) <= CONVERSATION_BYTES), key=lambda s: -len(s))
    for segments in short[:CONVERSATIONS]:
        write("conversation", bytes([6]) + b"".join(bytes([not sent]) + struct.pack(">H", len(p)) + p for sent, p in segments))
        if segments[-1][1].startswith(b"\x07"):
            accept = next(p for sent, p in segments if not sent)
            write("conversation", bytes([6]) + b"".join(
                bytes([not sent]) + struct.pack(">H", len(p)) + p for sent, p in segments + [(False, b"no PDU" * 20 + accept + b"nor this")]))
    for kind, body in (pdu for segments in connections for pdu in pdus(segments)):
        if kind != 4:
            write("pdu", bytes([kind, 3]) + body)
            continue
        for control, fragment in pdvs(body):
            if control == 3:
                write("command", b"\x05" + fragment)
            elif control == 2 and 8 < len(fragment) <= MESSAGE_BYTES:
                write("data_set", bytes([syntax_of(fragment), len(told) % 10, 6]) + fragment)


def write_hl7(seeds, name, connections):
    for number, segments in enumerate(connections[:CONVERSATIONS]):
        head, size = [], 0
        for sent, payload in segments:
            size += len(payload)
            if size > CONVERSATION_BYTES:
                break
            head.append((sent, payload))
        (seeds / "hl7_conversation" / f"{name}-{number}").write_bytes(
            b"\x06" + b"".join(bytes([not sent]) + struct.pack(">H", len(p)) + p for sent, p in head))
        for by_opener in (True, False):
            stream = b"".join(payload for sent, payload in head if sent == by_opener)
            (seeds / "mllp" / f"{name}-{number}-{by_opener:d}").write_bytes(b"\x06\x20" + stream)
            content = stream.split(b"\x1c\r")[0].lstrip(b"\x0b")
            (seeds / "hl7_message" / f"{name}-{number}-{by_opener:d}").write_bytes(b"\x05" + content[:MESSAGE_BYTES])


def write_tls(seeds, name, connections):
    for number, segments in enumerate(connections):
        short = [(sent, payload) for sent, payload in segments if len(payload) <= CONVERSATION_BYTES][:8]
        (seeds / "tls" / f"{name}-{number}").write_bytes(b"\x06" + b"".join(bytes([not sent]) + struct.pack(">H", len(p)) + p for sent, p in short))


def main():
    pcaps, seeds = map(pathlib.Path, sys.argv[1:])
    for entry in ("capture", "decode", "streams", "pdu", "command", "data_set", "conversation",
                  "mllp", "hl7_message", "hl7_conversation", "tls", "model"):
        (seeds / entry).mkdir(parents=True, exist_ok=True)
    for path in (pcaps.parent / "config" / "model.yaml", pcaps.parent / "tests" / "model" / "everything.yaml"):
        (seeds / "model" / path.name).write_bytes(path.read_bytes())
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
        for port, payload, _ in filter(None, (tcp_payload(frame, link) for frame in frames)):
            opener = opener or port
            if payload:
                stream += bytes([port != opener, 0]) + struct.pack(">H", len(payload)) + payload
        if stream:
            (seeds / "streams" / path.stem).write_bytes(stream)
        every = [packet[16:] for packet in records(capture, len(capture))[2]]
        write_dicom(seeds, path.stem, connections_beginning(every, link, b"\x01\x00"))
        write_hl7(seeds, path.stem, connections_beginning(every, link, b"\x0b"))
        write_tls(seeds, path.stem, connections_beginning(every, link, b"\x16\x03"))
    for path in sorted((pcaps.resolve().parent.parent / "shared" / "corpus" / "hl7").glob("*.hl7")):
        content = path.read_bytes()
        if len(content) <= MESSAGE_BYTES:
            (seeds / "hl7_message" / path.stem).write_bytes(b"\x09" + content)
            (seeds / "mllp" / path.stem).write_bytes(b"\x13\x20\x0b" + content + b"\x1c\r")


if __name__ == "__main__":
    main()
