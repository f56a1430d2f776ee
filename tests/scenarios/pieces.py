"""What real peers once said, cut out of the captures: a connection each, as turns of talk that can be had again elsewhere and at another time."""
import dataclasses
import functools
import pathlib
import re
import struct

import yaml

HERE = pathlib.Path(__file__).resolve().parent
PCAPS = HERE.parents[1] / "pcaps"
TCP, UDP = 6, 17
FIN, SYN, RST, ACK = 0x01, 0x02, 0x04, 0x10
SILENCE = 0.5  # seconds within one side's talk that are a pause, and stay one


@dataclasses.dataclass(frozen=True)
class Turn:
    """What one side says at a time. Side 0 opened the connection."""
    after: float  # seconds since the turn before began
    side: int
    data: bytes


@dataclasses.dataclass(frozen=True)
class Piece:
    port: int
    turns: tuple = ()
    end: str = "closed by client"
    transport: int = TCP


@dataclasses.dataclass
class _Stream:
    """One side's bytes, in order."""
    expected: int = 0
    early: dict = dataclasses.field(default_factory=dict)

    def take(self, sequence, payload):
        if (sequence - self.expected) % 2**32 < 2**31:
            self.early.setdefault(sequence, payload)
        taken = b""
        while self.expected in self.early:
            piece = self.early.pop(self.expected)
            taken += piece
            self.expected = (self.expected + len(piece)) % 2**32
        return taken


class _Conversation:
    def __init__(self, transport, server_port):
        self.transport, self.port = transport, server_port
        self.streams = (_Stream(), _Stream())
        self.turns, self.end, self.last = [], "left open", None

    def say(self, seconds, side, data):
        after = 0.0 if self.last is None else max(0.0, seconds - self.last)
        if self.turns and self.turns[-1].side == side and after < SILENCE and self.transport == TCP:
            self.turns[-1] = dataclasses.replace(self.turns[-1], data=self.turns[-1].data + data)
            return
        self.turns.append(Turn(after, side, data))
        self.last = seconds

    def segment(self, seconds, side, sequence, flags, payload):
        who = ("client", "server")[side]
        if flags & SYN:
            self.streams[side].expected = (sequence + 1) % 2**32
        elif flags & RST:
            self.end = f"reset by {who}" if self.turns or self.streams[1].expected else "refused"
        else:
            data = self.streams[side].take(sequence, payload) if payload else b""
            if data:
                self.say(seconds, side, data)
            if flags & FIN and self.end == "left open":
                self.end = f"closed by {who}"

    def piece(self):
        return Piece(self.port, tuple(self.turns), self.end, self.transport)


def _packets(path):
    """Seconds and IPv4 packet of each frame of a classic, little-endian Ethernet capture."""
    content = path.read_bytes()
    if struct.unpack_from("<I", content)[0] != 0xA1B2C3D4 or struct.unpack_from("<I", content, 20)[0] != 1:
        raise ValueError(f"{path.name}: pieces are cut from classic Ethernet captures only")
    at = 24
    while at < len(content):
        seconds, micro, size = struct.unpack_from("<III", content, at)
        if content[at + 28:at + 30] == b"\x08\x00":
            yield seconds + micro / 1e6, content[at + 30:at + 16 + size]
        at += 16 + size


@functools.cache
def conversations(capture):
    """[(client, server, transport, Piece)] of pcaps/NAME.pcap, in the order in which they were opened."""
    found, order = {}, []
    for seconds, ip in _packets(PCAPS / f"{capture}.pcap"):
        transport, source, destination = ip[9], ip[12:16], ip[16:20]
        if transport not in (TCP, UDP):
            continue
        segment = ip[(ip[0] & 15) * 4:struct.unpack_from("!H", ip, 2)[0]]
        source_port, destination_port = struct.unpack_from("!HH", segment)
        ends = (transport, source, source_port, destination, destination_port)
        back = (transport, destination, destination_port, source, source_port)
        opens = transport == UDP and back not in found or transport == TCP and segment[13] & (SYN | ACK) == SYN
        if opens and ends not in found:
            found[ends] = _Conversation(transport, destination_port)
            order.append(ends)
        side = 0 if ends in found else 1
        conversation = found.get(ends) or found.get(back)
        if not conversation:
            continue
        if transport == UDP:
            conversation.say(seconds, side, segment[8:])
        else:
            sequence, flags = struct.unpack_from("!I", segment, 4)[0], segment[13]
            conversation.segment(seconds, side, sequence, flags, segment[(segment[12] >> 4) * 4:])
    return [(".".join(map(str, ends[1])), ".".join(map(str, ends[3])), ends[0], found[ends].piece()) for ends in order]


def cut(capture, client, server, port, nth=1, transport=TCP):
    """The nth connection between two addresses."""
    fitting = [piece for a, b, kind, piece in conversations(capture) if (a, b, piece.port, kind) == (client, server, port, transport)]
    if len(fitting) < nth:
        raise ValueError(f"{capture}: {client} opens {len(fitting)} connections to {server}:{port}, so there is no {nth}th")
    return fitting[nth - 1]


def _item(kind, body):
    return struct.pack("!BBH", kind, 0, len(body)) + body


def _pdu(kind, body):
    return struct.pack("!BBI", kind, 0, len(body)) + body


def associated(port, contexts):
    """What no tool here does: an association that proposes just these SOP classes, all of them accepted, and is released (PS3.8 9.3). Made by hand."""
    implicit, user = _item(0x40, b"1.2.840.10008.1.2"), _item(0x50, _item(0x51, struct.pack("!I", 16384)) + _item(0x52, b"1.2.276.0.7230010.3.0.3.6.7"))
    opening = struct.pack("!HH", 1, 0) + b" " * 32 + bytes(32) + _item(0x10, b"1.2.840.10008.3.1.1.1")
    proposed = b"".join(_item(0x20, bytes((2 * n + 1, 0, 0, 0)) + _item(0x30, uid.encode()) + implicit) for n, uid in enumerate(contexts))
    accepted = b"".join(_item(0x21, bytes((2 * n + 1, 0, 0, 0)) + implicit) for n in range(len(contexts)))
    said = (_pdu(1, opening + proposed + user), _pdu(2, opening + accepted + user), _pdu(5, bytes(4)), _pdu(6, bytes(4)))
    return Piece(port, tuple(Turn(0.002, n % 2, data) for n, data in enumerate(said)))


def _pdus(data):
    while data:
        size = 6 + struct.unpack_from("!I", data, 2)[0]
        yield data[:size]
        data = data[size:]


def with_more_matches(piece, times):
    """A C-FIND's pending responses, so many times over; the last PDU of the answer is the final response."""
    turns = list(piece.turns)
    place = max(range(len(turns)), key=lambda n: len(turns[n].data) if turns[n].side == 1 else 0)
    *pending, final = _pdus(turns[place].data)
    turns[place] = dataclasses.replace(turns[place], data=b"".join(pending) * times + final)
    return dataclasses.replace(piece, turns=tuple(turns))


# What may be said otherwise

# All identifiers of the made-up patients, orders and objects begin with one of these two.
PLANTED_ROOT = b"2.25.31415926"
_PLANTED = re.compile(rb"PLT(?!HOSPITAL|MSG)")  # the hospital stays, and so do control ids
_MESSAGE = re.compile(rb"MSH\|\^~\\&\|[^\r\x1c]*")


def _letters(number, length):
    """A number in so many digits and capitals, the first a capital."""
    digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    text = ""
    for _ in range(length - 1):
        number, digit = divmod(number, 36)
        text = digits[digit] + text
    if number >= 26:
        raise ValueError("more are wanted than there are names for")
    return (digits[10 + number] + text).encode()


def change(piece, make):
    """`make(side, data)` of every turn."""
    return dataclasses.replace(piece, turns=tuple(dataclasses.replace(turn, data=make(turn.side, turn.data)) for turn in piece.turns))


def with_titles(piece, calling, called):
    """Both stand in 16 bytes each of A-ASSOCIATE-RQ and -AC (PS3.8 9.3.2, 9.3.3)."""
    def make(_, data):
        if len(data) < 74 or data[0] not in (1, 2) or data[1]:
            return data
        old_called, old_calling = data[10:26], data[26:42]
        return (data[:10] + (called.encode().ljust(16) if called is not None else old_called)
                + (calling.encode().ljust(16) if calling is not None else old_calling) + data[42:])
    return change(piece, make)


def has_identifiers(piece):
    return any(PLANTED_ROOT in turn.data or _PLANTED.search(turn.data) for turn in piece.turns)


def with_identifiers(piece, number):
    """Another patient, order and study: the same number gives the same ones, so that pieces of one study stay together."""
    root, prefix = b"2.25.%08d" % (32_000_000 + number), _letters(number, 3)
    return change(piece, lambda _, data: _PLANTED.sub(prefix, data.replace(PLANTED_ROOT, root)))


def control_ids(piece):
    return [fields[9] for turn in piece.turns if turn.side == 0 for message in _MESSAGE.findall(turn.data)
            if len(fields := message.split(b"|")) > 9 and fields[9]]


def with_control_ids(piece, counter):
    """Every message's MSH-10 is one that nobody used before, of the same length, and so are its acknowledgements'."""
    for old in dict.fromkeys(control_ids(piece)):
        new = _letters(next(counter), len(old))
        piece = change(piece, lambda _, data, old=old, new=new: data.replace(old, new))
    return piece


def with_fields(piece, fields):
    """Fields of the messages and of their acknowledgements, by their names: {MSH-5: ENGINE, MSA-1: AE}. An answer's own header stays."""
    for name, value in fields.items():
        segment, _, number = name.partition("-")
        place = int(number) - (1 if segment == "MSH" else 0)  # MSH-1 is the separator itself
        side = 1 if segment in ("MSA", "ERR") else 0

        def altered(found, place=place, value=value.encode()):
            parts = found[0].split(b"|")
            parts += [b""] * (place + 1 - len(parts))
            parts[place] = value
            return b"|".join(parts)
        pattern = re.compile(rb"(?<=[\x0b\r\n])" + segment.encode() + rb"\|[^\r\n\x1c]*")
        piece = change(piece, lambda at, data, side=side, pattern=pattern, altered=altered: pattern.sub(altered, data) if at == side else data)
    return piece


def with_texts(piece, texts):
    """Other texts of the same length, for lengths stand before them."""
    for old, new in texts.items():
        old, new = old.encode(), new.encode()
        if len(old) != len(new) and piece.port != 2575:
            raise ValueError(f"{old!r} and {new!r} differ in length")
        if not any(old in turn.data for turn in piece.turns):
            raise ValueError(f"nobody says {old!r}")
        piece = change(piece, lambda _, data, old=old, new=new: data.replace(old, new))
    return piece


# Of an identifier (PS3.4 C.6), in the order of their tags.
_KEYS = {"image": (0x0008, 0x0018, b"UI"), "level": (0x0008, 0x0052, b"CS"), "patient": (0x0010, 0x0020, b"LO"), "study": (0x0020, 0x000D, b"UI"),
         "series": (0x0020, 0x000E, b"UI")}


def _key(name, said, is_explicit):
    """An element; of a number, so many values as each play has of its own."""
    group, element, representation = _KEYS[name]
    own = "PLT%d" if name == "patient" else PLANTED_ROOT.decode() + "%d%02d." % (9, element) + "%d"
    values = said if isinstance(said, list) else [own % n for n in range(int(said))] if said.isdigit() else [said]
    value = "\\".join(values).encode()
    value += (b"\0" if representation == b"UI" else b" ") * (len(value) % 2)
    length = representation + struct.pack("<H", len(value)) if is_explicit else struct.pack("<I", len(value))
    return struct.pack("<HH", group, element) + length + value


def with_identifier(piece, keys):
    """Another identifier of what is asked by a C-FIND, C-GET or C-MOVE: {level: STUDY, study: 100}."""
    if unknown := keys.keys() - _KEYS.keys():
        raise ValueError(f"no identifier has {', '.join(sorted(unknown))}")

    def pdvs(body):
        while body:
            size = 4 + struct.unpack_from("!I", body)[0]
            context, header, data = body[4], body[5], body[6:size]
            if not header & 1:  # PS3.8 E.2: no command
                data = b"".join(_key(name, keys[name], data[4:6].isalpha()) for name in _KEYS if name in keys)
            yield struct.pack("!IBB", 2 + len(data), context, header) + data
            body = body[size:]
    return change(piece, lambda side, data: data if side else b"".join(
        _pdu(4, b"".join(pdvs(pdu[6:]))) if pdu[0] == 4 else pdu for pdu in _pdus(data)))


def with_completed(piece, count):
    """Number of completed sub-operations (0000,1021) that the answers to a C-GET or C-MOVE tell (PS3.7 9.3). None: they tell no numbers at all (0000,1020 to 0000,1023)."""
    if count is None:
        return change(piece, lambda side, data: b"".join(map(_without_counts, _pdus(data))) if side else data)
    return _with_count(piece, 0x21, count)


def with_warned(piece, count):
    """Number of sub-operations that succeeded with warnings (0000,1023), of which then none is a completed one."""
    return _with_count(_with_count(piece, 0x21, 0), 0x23, count)


def _with_count(piece, element, count):
    head = bytes([0, 0, element, 0x10, 2, 0, 0, 0])
    told = re.compile(re.escape(head) + b"..", re.S)
    return change(piece, lambda side, data: told.sub(lambda _: head + struct.pack("<H", count), data) if side else data)


def _without_counts(pdu):
    """Of one PDU, if it has a command alone."""
    if pdu[0] != 4 or not pdu[11] & 1:  # PS3.8 E.2
        return pdu
    command = re.sub(rb"\0\0[\x20-\x23]\x10\x02\0\0\0..", b"", pdu[12:], flags=re.S)
    command = command[:8] + struct.pack("<I", len(command) - 12) + command[12:]
    return _pdu(4, struct.pack("!I", 2 + len(command)) + pdu[10:12] + command)


def load_yaml(path):
    """Scalars stay texts, as the model's own loader has them: 10:00 is no number of base 60."""
    return yaml.load(path.read_text(encoding="utf-8"), getattr(yaml, "CBaseLoader", yaml.BaseLoader))


@functools.cache
def table():
    return load_yaml(HERE / "pieces.yaml")
