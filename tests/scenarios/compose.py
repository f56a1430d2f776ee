"""A capture out of a recipe: pieces of real talk, said by whom, to whom and when the recipe says. The same recipe gives the same bytes."""
import dataclasses
import datetime
import functools
import itertools
import random
import re
import struct

import pieces
from pieces import ACK, FIN, RST, SYN, TCP, UDP, Piece

MODEL = pieces.PCAPS.parent / "config" / "model.yaml"
PSH = 0x08
SEGMENT_BYTES = 1448
FIRST_DAY = "2026-03-02"  # a Monday
DAY = 86_400
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_GROUPS = {"weekdays": DAYS[:5], "weekend": DAYS[5:]}
UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": DAY}
STEP_KEYS = {"piece", "work", "with", "from", "to", "port", "from_port", "calling", "called", "vlan", "study", "keep", "replace", "asks", "completes", "warns", "set", "move_to", "turns", "first_bytes",
             "matches_times", "disguise", "answer_after", "hold", "hole", "end", "connection", "at", "every", "times", "between", "days", "jitter", "after", "comment"}


class RecipeError(Exception):
    """What a recipe has wrong."""


def seconds(text):
    """'1h 30m', '2.5s'."""
    found = re.findall(r"([\d.]+)(ms|[smhd])", text)
    if not found or "".join(a + b for a, b in found) != text.replace(" ", ""):
        raise RecipeError(f"{text!r} is no length of time: 30s, 5m, 1h 30m, 2d")
    return sum(float(number) * UNITS[unit] for number, unit in found)


def clock(text):
    """Seconds since midnight: 07:00, 07:00:30, 24:00."""
    if not re.fullmatch(r"\d\d:\d\d(:\d\d(\.\d+)?)?", text):
        raise RecipeError(f"{text!r} is no time of day: 07:00")
    parts = [float(part) for part in text.split(":")]
    return sum(part * unit for part, unit in zip(parts, (3600, 60, 1)))


def moment(text):
    """Seconds since the first day began: 'tue 07:00'; without a day, the first."""
    day, _, time = text.rpartition(" ")
    if day and day not in DAYS:
        raise RecipeError(f"{text!r} is no time of day: 07:00, tue 07:00")
    return (DAYS.index(day) * DAY if day else 0) + clock(time)


def numbers(text):
    """'1-2, 5' is 1, 2 and 5."""
    ranges = [part.partition("-") for part in text.split(",")]
    return [number for first, _, last in ranges for number in range(int(first), int(last or first) + 1)]


def listed(value):
    return value if isinstance(value, list) else [value]


@dataclasses.dataclass(frozen=True)
class End:
    address: bytes
    mac: bytes
    title: str | None


class Department:
    """Who has which address and title, by the model that the scenario is judged by."""

    def __init__(self, model):
        self.devices = model["devices"]

    def end(self, value):
        """A device's name, an address, or {device, address, mac, title}."""
        said = value if isinstance(value, dict) else {"device" if value in self.devices else "address": value}
        device = self.devices.get(said.get("device"), {})
        if "device" in said and not device:
            raise RecipeError(f"no device is called {said['device']!r}")
        address = said.get("address") or next(a for a in listed(device["addresses"]) if ":" not in a and "/" not in a)
        if not re.fullmatch(r"\d+(\.\d+){3}", address):
            raise RecipeError(f"no address and no device: {address!r}")
        octets = bytes(map(int, address.split(".")))
        mac = said.get("mac") or next(iter(listed(device.get("macs", []))), None)
        titles = listed(device.get("ae_titles", device.get("calls_as", [])))
        return End(octets, bytes.fromhex(re.sub("[:-]", "", mac)) if mac else b"\x02\x00" + octets, said.get("title", titles[0] if titles else None))

    def address(self, name):
        return ".".join(map(str, self.end(name).address))


@functools.cache
def example_department():
    """Who plays in the captures."""
    return Department(pieces.load_yaml(MODEL))


class Wire:
    """Packets, in any order until they are written."""

    def __init__(self):
        self.packets = []
        self.fragments_overlap = False  # of what is sent now

    def frame(self, at, source, destination, vlan, header, payload):
        header = header[:10] + checksum(header) + header[12:]
        tag = struct.pack("!HH", 0x8100, int(vlan)) if vlan else b""
        self.packets.append((round(at * 1e9), destination.mac + source.mac + tag + b"\x08\x00" + header + payload))

    def ip(self, at, source, destination, transport, segment, vlan):
        """The segment's checksum is the two bytes at 16 of TCP, at 6 of UDP, which are zero as yet."""
        pseudo = source.address + destination.address + struct.pack("!HH", transport, len(segment))
        place = 16 if transport == TCP else 6
        told = checksum(pseudo + segment)
        if transport == UDP and told == b"\0\0":  # which would say that there is none (RFC 768)
            told = b"\xff\xff"
        segment = segment[:place] + told + segment[place + 2:]

        def send(when, number, fragment, data):
            header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(data), number, fragment, 64, transport, 0, source.address, destination.address)
            self.frame(when, source, destination, vlan, header, data)
        if not self.fragments_overlap or len(segment) < 64:
            send(at, 0, 0x4000, segment)
            return
        number = len(self.packets) % 65535 + 1
        send(at, number, 0x2000, segment[:48])  # more fragments follow
        send(at, number, 0x2000 | 40 // 8, bytes(8))  # over the last eight bytes of it
        send(at, number, 48 // 8, segment[48:])

    def write(self, path):
        self.packets.sort(key=lambda packet: packet[0])
        with path.open("wb") as stream:
            stream.write(struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262144, 1))
            for at, frame in self.packets:
                stream.write(struct.pack("<IIII", at // 10**9, at % 10**9, len(frame), len(frame)) + frame)


def checksum(data):
    """RFC 1071: 2^16 is 1 modulo 65535, so the sum of the words is the number's remainder."""
    return struct.pack("!H", -int.from_bytes(data + b"\0" * (len(data) & 1), "big") % 0xFFFF)


# What anyone can send in another's name, and what the other answers: sides and flags.
FORGED = {"lone SYN": ((0, SYN),), "lone SYN-ACK": ((1, SYN | ACK),), "lone RST": ((0, RST),), "lone FIN": ((0, FIN | ACK),),
          "lone data": ((0, PSH | ACK),), "half open": ((0, SYN), (1, SYN | ACK)), "data and RST": ((0, PSH | ACK), (1, RST)),
          "ACK and RST": ((0, ACK), (1, RST)), "FIN and RST": ((0, FIN | ACK), (1, RST)),
          "ACKs and RST": ((0, ACK), (0, ACK), (0, ACK), (0, ACK), (1, RST))}


class Connection:
    """From its SYN to its end. Each side acknowledges what the other said within 40 ms, or with what it says itself."""

    ACK_DELAY, HOP, SPACING = 0.04, 0.0001, 0.00001

    def __init__(self, wire, ends, ports, vlan, first, contradicts=False):
        self.contradicts = contradicts  # what is sent is sent once more, with other bytes
        self.wire, self.ends, self.ports, self.vlan = wire, ends, ports, vlan
        self.next = list(first)
        self.owes = None  # an acknowledgement: (the side, until)
        self.now = 0.0

    def segment(self, at, side, flags, payload=b""):
        self.now = max(at, self.now + self.SPACING)
        acknowledged = self.next[1 - side] if flags & ACK else 0
        header = struct.pack("!HHIIBBHHH", self.ports[side], self.ports[1 - side], self.next[side], acknowledged, 5 << 4, flags, 64240, 0, 0)
        self.wire.ip(self.now, self.ends[side], self.ends[1 - side], TCP, header + payload, self.vlan)
        self.next[side] = (self.next[side] + len(payload) + (1 if flags & (SYN | FIN) else 0)) % 2**32

    def open(self, at):
        for hop, (side, flags) in enumerate(((0, SYN), (1, SYN | ACK), (0, ACK))):
            self.segment(at + hop * self.HOP, side, flags)

    def refuse(self, at):
        self.segment(at, 0, SYN)
        self.segment(at + self.HOP, 1, RST | ACK)

    def call_in_vain(self, at, tries=4):
        first = self.next[0]
        for attempt in range(tries):
            self.next[0] = first
            self.segment(at + 2**attempt - 1, 0, SYN)

    def forge(self, at, packets, data):
        """`data` is in those that push."""
        for hop, (side, flags) in enumerate(packets):
            self.segment(at + hop * self.HOP, side, flags, data if flags & PSH else b"")

    def forge_one_side(self, at, turns, pieces=20):
        """All that the opener says, in so many segments each turn, and nothing of who is called."""
        for data in (turn.data for turn in turns if turn.side == 0):
            size = -(-len(data) // pieces)
            for begin in range(0, len(data), size):
                self.segment(at, 0, PSH | ACK, data[begin:begin + size])

    def settle(self, before, side=None):
        """The acknowledgement that is owed, unless `side` is about to say something in time."""
        if self.owes and (self.owes[1] <= before or self.owes[0] != side):
            self.segment(min(self.owes[1], before), self.owes[0], ACK)
        self.owes = None

    def say(self, at, side, data):
        self.settle(at, side)
        for start in range(0, len(data), SEGMENT_BYTES):
            payload = data[start:start + SEGMENT_BYTES]
            self.segment(at, side, PSH | ACK, payload)
            if self.contradicts:
                self.next[side] = (self.next[side] - len(payload)) % 2**32
                self.segment(at, side, PSH | ACK, payload[:-1] + bytes((payload[-1] ^ 1,)))
        self.owes = (1 - side, self.now + self.ACK_DELAY)

    def leave_hole(self, at, side, kind):
        """What `side` alone can say of bytes that nobody has sent: it acknowledges them, or sends what would follow them."""
        if kind not in ("acknowledged", "sent"):
            raise RecipeError(f"no hole is {kind!r}")
        self.settle(at)
        of = side if kind == "sent" else 1 - side
        self.next[of] = (self.next[of] + 1000) % 2**32
        self.segment(at, side, *((PSH | ACK, b"\0") if kind == "sent" else (ACK,)))
        self.next[of] = (self.next[of] - 1000 - (kind == "sent")) % 2**32

    def close(self, at, how):
        self.settle(at)
        verb, _, who = how.partition(" by ")
        side = 1 if who == "server" else 0
        if verb == "reset":
            self.segment(at, side, RST | ACK)
        elif verb == "closed":
            for hop, (speaker, flags) in enumerate(((side, FIN | ACK), (1 - side, FIN | ACK), (side, ACK))):
                self.segment(at + hop * self.HOP, speaker, flags)
        elif how != "left open":
            raise RecipeError(f"a connection does not end {how!r}")


@dataclasses.dataclass(frozen=True)
class Play:
    """A piece said once."""
    at: float
    number: int  # of the step's plays, from 0
    step: dict
    roles: dict
    study: int | None  # the number by which its patient, order and study are known; None: nobody else's


def midnight(text):
    """When a day begins, which is a Monday, for the days' names."""
    day = datetime.date.fromisoformat(text)
    if day.weekday():
        raise RecipeError(f"{text} is no Monday")
    return (day - datetime.date(1970, 1, 1)).days * DAY


class Recipe:
    """`steps`, `begins`, `days` (how many; 1), `mirror` (what the capture makes of it) and `model` as scenario.yaml has them."""

    def __init__(self, scenario, model):
        self.begins, self.days = midnight(scenario.get("begins", FIRST_DAY)), int(scenario.get("days", 1))
        self.steps, self.mirror = scenario.get("steps", []), scenario.get("mirror", [])
        self.department, self.original = Department(model), example_department()
        self.random = random.Random(scenario.get("name", ""))
        self.studies, self.named_studies = itertools.count(), {}
        self.counter, self.ports = itertools.count(), itertools.count()
        self.wire, self.shared = Wire(), {}

    def compose(self, path):
        plays = [play for step in self.steps for play in self.plays(step)]
        for play in sorted(plays, key=lambda play: play.at):
            try:
                self.perform(play)
            except (RecipeError, ValueError, KeyError) as error:
                raise RecipeError(f"step {play.step}: {error}") from error
        for connection, last in self.shared.values():
            connection.close(last + 1, "closed by client")
        for effect in self.mirror:
            self.wire.packets = list(self.mirrored(effect))
        self.wire.write(path)

    # When

    def plays(self, step):
        if unknown := step.keys() - STEP_KEYS:
            raise RecipeError(f"step {step}: no step has {', '.join(sorted(unknown))}")
        for number, at in enumerate(self.times(step)):
            study = self.study(step)
            if "work" not in step:
                yield Play(self.begins + at, number, step, {}, study)
                continue
            for part in pieces.table()["works"][step["work"]]:
                yield Play(self.begins + at + seconds(part["after"]), number, part, step.get("with", {}), study)

    def times(self, step):
        if "at" in step:
            yield from (moment(text) for text in listed(step["at"]))
            return
        wanted = [day for name in listed(step.get("days", list(DAYS))) for day in DAY_GROUPS.get(name, (name,))]
        start, end = map(clock, step.get("between", ["00:00", "24:00"]))
        jitter = seconds(step["jitter"]) if "jitter" in step else 0
        for day in range(self.days):
            if DAYS[day % 7] not in wanted:
                continue
            if "times" in step:
                yield from sorted(day * DAY + self.random.uniform(start, end) for _ in range(int(step["times"])))
                continue
            every = seconds(step["every"])
            for number in range(int((end - start) / every)):
                yield day * DAY + start + number * every + self.random.uniform(0, jitter)

    def study(self, step):
        name = step.get("study")
        if name is None:
            return next(self.studies) if "work" in step else None
        if name not in self.named_studies:
            self.named_studies[name] = next(self.studies)
        return self.named_studies[name]

    # Who says what

    def piece(self, play, ends):
        step = play.step
        said = step["piece"] if isinstance(step["piece"], dict) else pieces.table()["pieces"].get(step["piece"])
        if said is None:
            raise RecipeError(f"no piece is called {step['piece']!r}")
        if "capture" in said:
            piece = pieces.cut(said["capture"], self.original.address(said["from"]), self.original.address(said["to"]), int(said["port"]),
                               int(said.get("nth", 1)), UDP if said.get("transport") == "udp" else TCP)
        elif "contexts" in said:
            piece = pieces.associated(int(said["port"]), said["contexts"])
        else:
            piece = Piece(int(said["port"]), end=said["end"])
        keep = listed(step.get("keep", []))
        if "titles" not in keep:
            piece = pieces.with_titles(piece, *(self.turn(play, key) or end.title for key, end in zip(("calling", "called"), ends)))
        if "move_to" in step:
            destination = self.department.end(self.turn(play, "move_to")).title
            piece = pieces.with_texts(piece, {"WS1 ": destination.ljust(4)})
        piece = pieces.with_texts(piece, step.get("replace", {}))
        if "asks" in step:
            piece = pieces.with_identifier(piece, step["asks"])
        if "completes" in step:
            piece = pieces.with_completed(piece, None if step["completes"] == "unsaid" else int(step["completes"]))
        if "warns" in step:
            piece = pieces.with_warned(piece, int(step["warns"]))
        if "control ids" not in keep:
            piece = pieces.with_control_ids(piece, self.counter)
        piece = pieces.with_fields(piece, step.get("set", {}))
        if "matches_times" in step:
            piece = pieces.with_more_matches(piece, int(step["matches_times"]))
        if "identifiers" not in keep and pieces.has_identifiers(piece):
            piece = pieces.with_identifiers(piece, next(self.studies) if play.study is None else play.study)
        return self.timed(piece, step)

    @staticmethod
    def timed(piece, step):
        turns = [piece.turns[number - 1] for number in numbers(step["turns"])] if "turns" in step else list(piece.turns)
        if "answer_after" in step:
            answer = next(n for n, turn in enumerate(turns) if turn.side == 1)
            turns[answer] = dataclasses.replace(turns[answer], after=seconds(step["answer_after"]))
        if "first_bytes" in step:
            turns = [dataclasses.replace(turns[0], data=turns[0].data[:int(step["first_bytes"])])]
        return dataclasses.replace(piece, turns=tuple(turns), end=step.get("end", piece.end))

    @staticmethod
    def turn(play, key):
        """What the step says; of a list, each play takes the next. `$name` is whom the work is done `with`."""
        value = play.step.get(key)
        if isinstance(value, list):
            value = value[play.number % len(value)]
        return play.roles.get(value[1:], value) if isinstance(value, str) and value.startswith("$") else value

    def perform(self, play):
        step = play.step
        ends = tuple(self.department.end(self.turn(play, key)) for key in ("from", "to"))
        piece = self.piece(play, ends)
        disguise = step.get("disguise")
        if disguise not in (None, "contradicting segments", "overlapping fragments"):
            raise RecipeError(f"nobody is disguised by {disguise!r}")
        self.wire.fragments_overlap = disguise == "overlapping fragments"
        number = next(self.ports)
        ports = (int(step.get("from_port", 32768 + number % 28000)), int(step.get("port", piece.port)))
        if piece.transport == UDP:
            self.exchange(play.at, ends, ports, piece, step.get("vlan"))
            return
        name = step.get("connection")
        if name in self.shared:
            connection, last = self.shared[name]
            self.shared[name] = (connection, self.talk(connection, max(play.at, last + 0.001), piece))
            return
        connection = Connection(self.wire, ends, ports, step.get("vlan"), (self.random.getrandbits(32), self.random.getrandbits(32)),
                                disguise == "contradicting segments")
        if piece.end == "refused":
            connection.refuse(play.at)
        elif piece.end == "unanswered":
            connection.call_in_vain(play.at)
        elif piece.end in FORGED:
            connection.forge(play.at, FORGED[piece.end], piece.turns[0].data if piece.turns else b"what nobody recognises")
        elif piece.end == "one side alone":
            connection.forge_one_side(play.at, piece.turns)
        else:
            connection.open(play.at)
            last = self.talk(connection, play.at + 0.001, piece)
            if name:
                self.shared[name] = (connection, last)
            else:
                if "hole" in step:
                    connection.leave_hole(last + 0.0002, 0, step["hole"])
                connection.close(last + seconds(step.get("hold", "1ms")), piece.end)

    @staticmethod
    def talk(connection, at, piece):
        """When it was over."""
        for turn in piece.turns:
            at = max(at + turn.after, connection.now)
            connection.say(at, turn.side, turn.data)
        return connection.now

    def exchange(self, at, ends, ports, piece, vlan):
        for turn in piece.turns:
            at += max(turn.after, 0.0002)
            header = struct.pack("!HHHH", ports[turn.side], ports[1 - turn.side], 8 + len(turn.data), 0)
            self.wire.ip(at, ends[turn.side], ends[1 - turn.side], UDP, header + turn.data, vlan)

    # What the mirror port makes of it

    def mirrored(self, effect):
        start, end = ((self.begins + moment(effect[key])) * 1e9 for key in ("from", "until"))
        one_in = int(effect.get("one_in", 1))
        kind = effect["effect"]
        if kind not in ("duplicates", "drops"):
            raise RecipeError(f"a mirror port does not do {kind!r}")
        for at, frame in sorted(self.wire.packets, key=lambda packet: packet[0]):
            hit = start <= at < end and self.random.randrange(one_in) == 0
            if not (hit and kind == "drops"):
                yield at, frame
            if hit and kind == "duplicates":
                yield at + 2000, frame


def compose(scenario, model, path):
    """Writes the capture; the recipe's mistakes are a RecipeError."""
    Recipe(scenario, model).compose(path)
