"""HL7 v2 messages sent over MLLP: what is told of each, against what python3-hl7 reads of the same bytes. The public ones of ../shared/corpus are
all results; those of pcaps/make/hl7_messages.py are of every version, orders, merges and other delimiters and character sets among them.

python_hl7_differences.tsv explains each difference, and a line that has become untrue fails.
"""
import collections
import logging
import pathlib
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "end_to_end"))
import dcmwatch as d  # noqa: E402
import mllp_capture  # noqa: E402

try:
    import hl7
except ImportError:
    hl7 = None

MESSAGES = d.CORPUS / "hl7"
OUR_OWN = d.PCAPS / "make" / "hl7_messages.py"
ENVELOPES = ("batch", "file")  # messages within them are not python3-hl7's to read
ENCODINGS = {"adt-latin": "latin-1", "adt-jis": "iso2022_jp", "adt-gb": "gb18030"}  # others are UTF-8
DIFFERENCES = HERE / "python_hl7_differences.tsv"
KINDS = {  # of which kind the identifier is that a field's pseudonym stands for
    "hl7.control_id": "control_id", "patient.pseudonym": "patient_id", "hl7.patient.others": "patient_id", "hl7.merge.into": "patient_id",
    "hl7.merge.from": "patient_id", "hl7.visit": "visit_number", "order.accession": "accession_number", "order.accessions": "accession_number",
    "order.placer": "order_number", "order.filler": "order_number", "order.placers": "order_number", "order.fillers": "order_number",
    "order.studies": "study_uid"}
STUDY_INSTANCE_UID = "113014"  # DCM: DICOM Study


class Read:
    """A message as python3-hl7 has it."""

    def __init__(self, text):
        self.message = hl7.parse(text)
        self.segments = [segment for segment in self.message if str(segment[0])]

    def first(self, name):
        return next((segment for segment in self.segments if str(segment[0]) == name), None)

    def repetitions(self, segment, field):
        try:
            return list(segment[field]) if segment is not None else []
        except IndexError:
            return []

    def part(self, repetition, component=1):
        """A component's first subcomponent where it has several, unescaped; two quotes are HL7's null."""
        parts = [repetition] if isinstance(repetition, str) else list(repetition)
        text = str(parts[component - 1]) if component <= len(parts) else ""
        subcomponents = text.split(self.message.separators[4] if len(self.message.separators) > 4 else "&")
        text = subcomponents[0]
        return "" if text == '""' else self.message.unescape(text).strip()

    def value(self, segment, field, component=1):
        segment = self.first(segment) if isinstance(segment, str) else segment
        repetitions = self.repetitions(segment, field)
        return self.part(repetitions[0], component) if repetitions else ""

    def orders(self):
        """ORC begins an order, and so does an OBR that follows another; what follows is of it (HL7 v2 4.4, 7.3)."""
        orders = []
        for segment in self.segments:
            name = str(segment[0])
            if name == "ORC" or (name == "OBR" and (not orders or "OBR" in orders[-1])):
                orders.append({})
            if orders and name in ("ORC", "OBR", "IPC", "ZDS"):
                orders[-1].setdefault(name, segment)
            if orders and name == "OBX":
                orders[-1].setdefault("OBX", []).append(segment)
        return orders

    def study_of(self, order):
        if "ZDS" in order:
            return self.value(order["ZDS"], 1)
        if "IPC" in order and self.value(order["IPC"], 3):
            return self.value(order["IPC"], 3)
        for segment in order.get("OBX", []):
            if self.value(segment, 3) == STUDY_INSTANCE_UID:
                return self.value(segment, 5)
        return ""

    def first_of(self, order, *places):
        return next((text for segment, field in places if segment in order and (text := self.value(order[segment], field))), "")


def theirs(read):
    """A record's fields by their dotted paths; identifiers as they are."""
    value = read.value
    told = collections.defaultdict(list)

    def tell(path, text):
        if text:
            told[path].append(text)

    code, event = value("MSH", 9), value("MSH", 9, 2)
    tell("hl7.message_type", code + ("^" + event if event else ""))
    for path, segment, field in (
            ("hl7.message_time", "MSH", 7), ("hl7.control_id", "MSH", 10), ("hl7.processing_id", "MSH", 11), ("hl7.version", "MSH", 12),
            ("hl7.country", "MSH", 17), ("hl7.character_set", "MSH", 18), ("hl7.profile", "MSH", 21),
            ("hl7.sending_application", "MSH", 3), ("hl7.sending_facility", "MSH", 4), ("hl7.receiving_application", "MSH", 5),
            ("hl7.receiving_facility", "MSH", 6), ("hl7.recorded", "EVN", 2), ("hl7.event_facility", "EVN", 7),
            ("hl7.software.vendor", "SFT", 1), ("hl7.software.version", "SFT", 2), ("hl7.software.product", "SFT", 3),
            ("patient.pseudonym", "PID", 3), ("hl7.visit", "PV1", 19)):
        tell(path, value(segment, field))
    if value("EVN", 1) != event:
        tell("hl7.event_type", value("EVN", 1))
    for merge in (segment for segment in read.segments if str(segment[0]) == "MRG"):
        tell("hl7.merge.into", value("PID", 3))
        tell("hl7.merge.from", value(merge, 1))
    tell("hl7.ack_mode", "enhanced" if value("MSH", 15) or value("MSH", 16) else "original")
    patient = read.first("PID")
    for repetition in read.repetitions(patient, 3)[1:] + read.repetitions(patient, 2) + read.repetitions(patient, 4):
        if read.part(repetition) not in told["patient.pseudonym"]:
            tell("hl7.patient.others", read.part(repetition))
    orders = read.orders()
    for order in orders:
        tell("order.controls", read.first_of(order, ("ORC", 1)))
        tell("order.statuses", read.first_of(order, ("ORC", 5)))
        tell("order.result_statuses", read.first_of(order, ("OBR", 25)))
        for observation in order.get("OBX", []):
            tell("order.observation_statuses", value(observation, 11))
        tell("order.placers", read.first_of(order, ("ORC", 2), ("OBR", 2)))
        tell("order.fillers", read.first_of(order, ("ORC", 3), ("OBR", 3)))
        tell("order.accessions", read.first_of(order, ("IPC", 1), ("OBR", 18), ("OBR", 3), ("ORC", 3)))
        tell("order.studies", read.study_of(order))
    if orders:
        told["order.count"] = [str(len(orders))]
        tell("order.placer", read.first_of(orders[0], ("ORC", 2), ("OBR", 2)))
        tell("order.filler", read.first_of(orders[0], ("ORC", 3), ("OBR", 3)))
        tell("hl7.order_control", read.first_of(orders[0], ("ORC", 1)))
        told["order.accession"] = told["order.accessions"][:1]
    return {path: texts for path, texts in told.items() if texts}


def in_words(path, texts):
    """Lists of codes are told each once; as a set, for the order of some is ours."""
    return sorted(set(texts)) if path in LISTS else texts


LISTS = ("order.controls", "order.statuses", "order.result_statuses", "order.observation_statuses", "order.placers", "order.fillers",
         "order.accessions", "order.studies", "hl7.patient.others")
COMPARED = (*(f"hl7.{name}" for name in (
    "message_type", "message_time", "control_id", "processing_id", "version", "country", "character_set", "profile", "sending_application",
    "sending_facility", "receiving_application", "receiving_facility", "recorded", "event_type", "event_facility", "software.vendor",
    "software.version", "software.product", "visit", "merge.into", "merge.from", "order_control", "ack_mode")),
    "patient.pseudonym", "order.accession", "order.placer", "order.filler", "order.count", *LISTS)


def ours(record):
    told = {}
    for path in COMPARED:
        found = record
        for name in path.split("."):
            found = found.get(name) if isinstance(found, dict) else None
        if found not in (None, ""):  # an empty name: the field was seen to be
            told[path] = [str(word) for word in found] if isinstance(found, list) else [str(found)]
    return told


def pseudonymised(reads):
    """Each message's fields with identifiers as the program names them."""
    wanted = collections.defaultdict(set)
    for told in reads.values():
        for path in told.keys() & KINDS.keys():
            wanted[KINDS[path]].update(told[path])
    names = {}
    for kind, texts in wanted.items():
        texts = sorted(texts)
        done = d.run("pseudonym", kind, "--pseudonym-key", d.KEY, input="\n".join(texts) + "\n")
        names.update({(kind, text): name for text, name in zip(texts, done.stdout.split())})
    return {message: {path: [names[KINDS[path], text] for text in texts] if path in KINDS else texts for path, texts in told.items()}
            for message, told in reads.items()}


def explained():
    """(message, field): why."""
    lines = [line for line in DIFFERENCES.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    return {tuple(line.split("\t")[:2]): line.split("\t")[2] for line in lines}


def messages(folder):
    """(name, bytes) of each."""
    subprocess.run([sys.executable, OUR_OWN, folder / "our_own"], check=True)
    for file in (*sorted(MESSAGES.glob("*.hl7")), *sorted((folder / "our_own").glob("*.hl7"))):
        if file.stem not in ENVELOPES:
            yield file.name, file.read_bytes()


@unittest.skipUnless(MESSAGES.is_dir(), f"{MESSAGES} is absent")
@unittest.skipUnless(hl7, "python3-hl7 is not installed")
class Messages(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        logging.disable()  # their complaints about escape sequences
        cls.unread, texts, reads = [], {}, {}
        with tempfile.TemporaryDirectory() as folder:
            every = list(messages(pathlib.Path(folder)))
        for name, text in every:
            text = text.replace(b"\r\n", b"\r").replace(b"\n", b"\r")
            try:
                read = Read(text.decode(ENCODINGS.get(name.removesuffix(".hl7"), "utf-8"), "surrogateescape"))
                wants_none = read.value("MSH", 15) == read.value("MSH", 16) == "NE"
                answer = b"" if wants_none else str(read.message.create_ack("AA")).encode("utf-8", "surrogateescape")
            except Exception:  # whatever their parser raises is their opinion of the message
                cls.unread.append(name)
                continue
            texts[name], reads[name] = (text, answer), theirs(read)
        cls.answers = collections.Counter("AA" if answer else None for _, answer in texts.values())
        with tempfile.TemporaryDirectory() as folder:
            capture = pathlib.Path(folder) / "messages.pcap"
            mllp_capture.write(capture, texts.values())
            cls.records = d.of("hl7.message", d.records(capture))
        cls.theirs = pseudonymised(reads)  # the program has made the key by now
        names = list(texts)
        cls.ours = {names[r["source"]["port"] - mllp_capture.FIRST_PORT]: r for r in cls.records}

    def test_each_is_told_once_with_its_acknowledgement(self):
        self.assertGreater(len(self.theirs), 200)
        self.assertEqual(self.ours.keys(), self.theirs.keys())
        self.assertEqual(len(self.records), len(self.theirs))
        self.assertEqual(collections.Counter(r["hl7"].get("ack_code") for r in self.records), self.answers)

    def test_its_fields_are_those_that_python3_hl7_reads(self):
        reasons = explained()
        compared, differing = collections.Counter(), {}
        for message, told in self.theirs.items():
            of_ours = ours(self.ours[message])
            for path in COMPARED:
                one, other = (in_words(path, fields.get(path, [])) for fields in (of_ours, told))
                compared[path] += bool(one or other)
                if one != other:
                    differing[message, path] = one, other
        self.assertEqual({key: value for key, value in differing.items() if key not in reasons}, {})
        self.assertEqual(sorted(reasons.keys() - differing.keys()), [], "no longer true")
        self.assertEqual([path for path in COMPARED if not compared[path]], [], "no message says it")
        print(f"{sum(compared.values())} fields of {len(self.theirs)} messages, {len(differing)} differences explained; "
              f"{len(self.unread)} messages that python3-hl7 cannot read", file=sys.stderr)


if __name__ == "__main__":
    unittest.main()
