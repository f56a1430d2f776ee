"""Public DICOM files (../shared/corpus) are sent to a real receiver: what is told of each object is what dcmdump reads in its file,
and what is told of each C-STORE is what dcmsend's report and the receiver's files say, also where the association was not seen."""
import collections
import datetime
import ipaddress
import json
import os
import pathlib
import re
import struct
import subprocess
import tempfile
import typing
import unittest

import dcmwatch as d
import network

FILES = d.CORPUS / "dicom"
NAMESPACE = f"dcmwc{os.getpid()}"
LAST_ADDRESS = "127.9.9.9"  # refused, and the last that is captured
FIRST_PORT = 11112

IMPLICIT = "1.2.840.10008.1.2"
EXPLICIT = "1.2.840.10008.1.2.1"
BIG_ENDIAN = "1.2.840.10008.1.2.2"

# What dcmsend has to say of the files that it does not send: texts, pieces, directories, and what is newer than it.
NOT_SENT = {
    "I/O suspension or premature end of stream": 14,
    "Invalid SOP Class UID": 3,
    "Invalid SOP Instance UID": 4,
    "Invalid stream": 1,
    "Sequence Delimitation Item missing": 1,
    "Unsupported transfer syntax": 4,
    "missing information": 13,
}

COMMAND = "dcmsend gives UIDs of VR UN as numbers, so that its command names another object than it sends"
NO_TERM = "ISO-IR 100 is no defined term (PS3.3 C.12.1.1.2)"

# Where what is told differs from what the file says, and why it is as it should be. The file's name and the field.
EXPLAINED = {
    **{(file, field): COMMAND for file in ("explicit_VR-UN.dcm", "rtdose_rle.dcm", "rtdose_rle_1frame.dcm")
       for field in ("dicom.instance", "dicom.sop_class_uid")},
    ("IM00001.implicit_little_endian.dcm", "dicom.object.character_set"): NO_TERM,
    ("IM00001.fragmented_no_bot_jpeg_baseline.50.dcm", "dicom.object.character_set"): NO_TERM,
}

# What is not told where the association was not seen: nothing at the start of the data set proves how it is written.
UNPROVEN = {
    **dict.fromkeys(("explicit_VR-UN.dcm", "rtdose_rle.dcm", "rtdose_rle_1frame.dcm"), COMMAND),
    "image_dfl.dcm": "it is deflated",
}

# Which rules the files break, the first of each association. Likewise: the file's name and the rule.
VIOLATIONS = {
    ("rtdose_rle.dcm", "dicom.sop_class_of_context"): COMMAND,
    ("rtdose_rle.dcm", "dicom.sop_class_of_data_set"): COMMAND,
    ("bad_sequence.dcm", "dicom.command_uid"): "its UIDs were replaced by digests",
    ("bad_sequence.dcm", "dicom.data_set_uid"): "likewise",
}


def available():
    if not FILES.is_dir():
        return f"no public files at {FILES}"
    return network.available(("ss", "tcpdump", "dcmsend", "storescp", "dcmdump"))


# ---- What dcmdump reads

ELEMENT = re.compile(r"^\((\w{4},\w{4})\) \w\w (?:\[(.*)\]|(.*?)) +#")  # at the top: what is in a sequence has a path before it
READ = ("0002,0010", "0008,0005", "0008,0012", "0008,0013", "0008,0016", "0008,0018", "0008,0022", "0008,002a", "0008,0032", "0008,0050",
        "0008,0060", "0008,0070", "0008,0080", "0008,0201", "0008,1010", "0008,1090", "0010,0020", "0012,0062", "0018,1020", "0020,000d",
        "0020,000e", "0028,0008", "0028,0010", "0028,0011", "0028,0301")


def dumped(files, *options):
    """Of each file its attributes by tag, as they are printed, without the padding of PS3.5 6.2."""
    searched = [word for tag in READ for word in ("+P", tag)]
    done = subprocess.run(["dcmdump", "-q", "+E", "+F", "+L", "+p", "-Un", "+uc", *options, *searched, *files],
                          capture_output=True, check=False).stdout
    attributes = {}
    for line in done.decode(errors="replace").split("\n"):
        if line.startswith("# dcmdump ("):
            of_file = attributes.setdefault(pathlib.Path(line.split(": ", 1)[1]), {})
        elif element := ELEMENT.match(line):
            tag, text, bare = element.groups()
            value = (text or "").strip(" \0") if bare is None else bare.replace("(no value available)", "")
            of_file.setdefault(tag, value)
    return attributes


def number(text):
    return int(text) if text.isdecimal() else None


def name(text):
    """As much of it as a record takes."""
    return text.encode()[:64].decode(errors="ignore") or None


def yes_or_no(text):
    return {"YES": True, "NO": False}.get(text)


def instant(date, clock, offset):
    """Nothing unless both are there and make sense (PS3.5 6.2: DA, TM)."""
    try:
        told = datetime.datetime.fromisoformat(f"{date.replace('.', '')}T{clock.replace(':', '')}{offset}")
    except ValueError:
        return None
    return told if told.tzinfo else told.replace(tzinfo=datetime.timezone.utc)


def created(dump):
    """PS3.3 C.12.1, else C.7.6.1: when the instance was created, else acquired."""
    at = dump["0008,002a"]
    tries = ((dump["0008,0012"], dump["0008,0013"]), (at[:8], at[8:]), (dump["0008,0022"], dump["0008,0032"]))
    return next((told for date, clock in tries if clock and (told := instant(date, clock, dump["0008,0201"]))), None)


# The field of a record, and what it is by dcmdump's attributes.
FIELDS = {
    "dicom.sop_class_uid": lambda dump: dump["0008,0016"],
    "dicom.object.sop_class_uid": lambda dump: dump["0008,0016"],
    "dicom.object.modality": lambda dump: dump["0008,0060"],
    "dicom.object.manufacturer": lambda dump: name(dump["0008,0070"]),
    "dicom.object.institution": lambda dump: name(dump["0008,0080"]),
    "dicom.object.station_name": lambda dump: name(dump["0008,1010"]),
    "dicom.object.model": lambda dump: name(dump["0008,1090"]),
    "dicom.object.software_versions": lambda dump: name(dump["0018,1020"].split("\\")[0].strip()),
    "dicom.object.character_set": lambda dump: next(filter(None, dump["character set"].split("\\")), None),
    "dicom.object.frames": lambda dump: number(dump["0028,0008"]),
    "dicom.object.rows": lambda dump: number(dump["0028,0010"]),
    "dicom.object.columns": lambda dump: number(dump["0028,0011"]),
    "dicom.object.deidentified": lambda dump: yes_or_no(dump["0012,0062"]),
    "dicom.object.burned_in_annotation": lambda dump: yes_or_no(dump["0028,0301"]),
    "dicom.object.created": created,
}

# Likewise, and the kind of identifier that it is a pseudonym of.
PSEUDONYMS = {
    "dicom.study": ("study_uid", lambda dump: dump["0020,000d"]),
    "dicom.instance": ("instance_uid", lambda dump: dump["0008,0018"]),
    "dicom.object.series": ("series_uid", lambda dump: dump["0020,000e"]),
    "patient.pseudonym": ("patient_id", lambda dump: dump["0010,0020"].split("^")[0].strip()),
    "order.accession": ("accession_number", lambda dump: dump["0008,0050"].split("^")[0].strip()),
}


def pseudonyms(kind, identifiers):
    identifiers = sorted(identifiers)
    done = d.run("pseudonym", kind, "--pseudonym-key", d.KEY, input="\n".join(identifiers))
    return dict(zip(identifiers, done.stdout.split("\n")))


def at(record, path):
    """Nothing if it is not told."""
    for key in path.split("."):
        record = record.get(key, {})
    return None if record == {} else datetime.datetime.fromisoformat(record) if path.endswith(".created") else record


def told_at(port, dataset, records):
    return [record for record in d.of(dataset, records) if record["destination"]["port"] == port]


# ---- Sending

class Host:
    """A network namespace with a loopback that cuts what is sent into frames as a wire does."""

    def __init__(self):
        self.processes = []
        network.ip("netns", "add", NAMESPACE)

    @staticmethod
    def connect():
        network.ip("-n", NAMESPACE, "link", "set", "lo", "mtu", "1500", "gso_max_segs", "1", "up")
        # Acknowledged at once: the peers write a message in pieces and would wait for each other.
        network.ip("-n", NAMESPACE, "route", "change", "local", "127.0.0.1", "dev", "lo", "table", "local", "src", "127.0.0.1", "quickack", "1")

    @staticmethod
    def inside(*command):
        return ["ip", "netns", "exec", NAMESPACE, *map(str, command)]

    def run(self, *command):
        return subprocess.run(self.inside(*command), capture_output=True, text=True, errors="replace", check=False, timeout=120)

    def start(self, *command, **options):
        self.processes.append(subprocess.Popen(self.inside(*command), stdout=subprocess.DEVNULL, **options))
        return self.processes[-1]

    def listens(self, port):
        return f":{port} " in self.run("ss", "-Hltn").stdout

    def close(self):
        for process in self.processes:
            process.kill()
            process.wait()
        network.ip("netns", "del", NAMESPACE)


def profile(preferred, syntaxes, classes):
    """storescp's configuration: it takes any of these classes in any of these syntaxes, the preferred one before all others."""
    ordered = [preferred, *sorted(syntaxes - {preferred})]
    return "\n".join(["[[TransferSyntaxes]]", "[Any]", *(f"TransferSyntax{i} = {uid}" for i, uid in enumerate(ordered, 1)),
                      "[[PresentationContexts]]", "[All]", *(f"PresentationContext{i} = {uid}\\Any" for i, uid in enumerate(sorted(classes), 1)),
                      "[[Profiles]]", "[Default]", "PresentationContexts = All", ""])


def data_set_bytes(file):
    """Behind the preamble and the meta information (PS3.10 7.1)."""
    head = file.read_bytes()[:144]
    return file.stat().st_size - len(head) - struct.unpack("<I", head[-4:])[0]


def reported(report):
    """What dcmsend's report says of each file, by its captions."""
    blocks = (re.findall(r"^(\S.*?) *: (.*)$", block, re.MULTILINE) for block in report.read_text(encoding="utf-8").split("\n\n"))
    return [dict(block) for block in blocks if block and block[0][0] == "Number"]


def joined_midway(capture, cut):
    """The capture without what was agreed: each connection from behind the first packet with data of its acceptor."""
    packets = capture.read_bytes()
    kept, agreed, at_byte = [packets[:24]], set(), 24
    while at_byte < len(packets):
        captured, = struct.unpack_from("<I", packets, at_byte + 8)
        packet = packets[at_byte:at_byte + 16 + captured]
        ip_bytes, = struct.unpack_from("!H", packet, 32)
        ports = struct.unpack_from("!HH", packet, 50)
        acceptor = min(ports)  # the opener's is an ephemeral one
        if acceptor in agreed:
            kept.append(packet)
        elif ports[0] == acceptor and ip_bytes > 20 + (packet[62] >> 4) * 4:
            agreed.add(acceptor)
        at_byte += len(packet)
    cut.write_bytes(b"".join(kept))


class Sending:
    """Some files to a receiver of its own that takes them in the syntax that they are written in."""

    def __init__(self, host, folder, port, files, configuration):
        self.folder = folder / str(port)
        self.folder.mkdir()
        (self.folder / "storescp.cfg").write_text(configuration, encoding="utf-8")
        host.start("storescp", "-q", "-dhl", "-xf", self.folder / "storescp.cfg", "Default", "+B", "+uf", "-od", self.folder, port,
                   stderr=subprocess.DEVNULL)
        network.wait_for("receiver", lambda: host.listens(port))
        report = self.folder / "report"
        self.log = host.run("dcmsend", "-v", "+f", "-nh", "-nuc", "-dn", "+crf", report, "127.0.0.1", port, *files).stderr
        self.report = reported(report)
        self.sent = [each for each in self.report if each["DIMSE Status"] != "<not sent>"]

    def refusals(self):
        """Why not, in dcmsend's words."""
        return re.findall(r"^E: (?:cannot .*: /.*: |Cannot send SOP instance, |\w{4}:\w{4} DIMSE (?=Unsupported transfer))(.*?)(?::|: [\d.]+)?$",
                          self.log, re.MULTILINE)

    def summary(self):
        """How many it sent, and how many not."""
        return tuple(int(re.search(rf"- {what} to the peer +: (\d+)", self.log)[1]) for what in ("sent", "NOT sent"))

    def received_bytes(self):
        """Of each data set, in the order of their arrival: the receiver's names count up."""
        received = sorted(self.folder.glob("*.*.*"), key=lambda file: int(file.suffix[1:]))
        return [data_set_bytes(file) for file in received]


class Stored(typing.NamedTuple):
    """A file that was sent, and what is told of it."""
    file: pathlib.Path
    dump: dict
    report: dict
    size_bytes: int
    operation: dict


@unittest.skipIf(available(), available())
class Corpus(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.files = sorted(file for file in FILES.rglob("*") if file.is_file())
        cls.dumps = {file: collections.defaultdict(str, dump) for file, dump in dumped(cls.files, "+U8").items()}
        for file, dump in dumped(cls.files).items():
            cls.dumps[file]["character set"] = dump.get("0008,0005", "")
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        capture = cls.send(pathlib.Path(folder.name))
        cls.records = d.records(capture)
        cls.stored = cls.matched(cls.records)
        joined_midway(capture, capture.with_name("midway.pcap"))
        cls.stored_midway = cls.matched(d.records(capture.with_name("midway.pcap")))
        cls.pseudonyms = {kind: pseudonyms(kind, {identifier(stored.dump) for stored in cls.stored} - {""})
                          for kind, identifier in PSEUDONYMS.values()}

    @classmethod
    def send(cls, folder):
        host = Host()
        cls.addClassCleanup(host.close)
        host.connect()
        capture = folder / "sent.pcap"
        log = folder / "tcpdump.log"
        with log.open("w") as said:
            # With a buffer for all of it. Each packet once: a loopback shows it on its way out too.
            tcpdump = host.start("tcpdump", "-i", "lo", "-s", "2048", "--immediate-mode", "-U", "-B", "131072", "-w", capture, "tcp and inbound",
                                 stderr=said)
        network.wait_for("capture", lambda: "listening on" in log.read_text())

        syntaxes = {dump["0002,0010"] for dump in cls.dumps.values()} - {""}
        classes = {dump["0008,0016"] for dump in cls.dumps.values()} - {""}
        groups = collections.defaultdict(list)
        for file in cls.files:
            syntax = cls.dumps[file]["0002,0010"]
            groups[syntax if syntax in (IMPLICIT, BIG_ENDIAN) else EXPLICIT].append(file)
        cls.sendings = {port: Sending(host, folder, port, files, profile(preferred, syntaxes, classes))
                        for port, (preferred, files) in enumerate(sorted(groups.items()), FIRST_PORT)}
        # What tcpdump has not read when it is stopped is lost: it has read everything when it has read this.
        host.run("bash", "-c", f"exec 3<>/dev/tcp/{LAST_ADDRESS}/9")
        network.wait_for("end of the capture", lambda: ipaddress.ip_address(LAST_ADDRESS).packed in capture.read_bytes()[-4096:])
        tcpdump.terminate()
        tcpdump.wait()
        if "\n0 packets dropped" not in log.read_text():
            raise AssertionError(log.read_text())
        return capture

    @classmethod
    def matched(cls, records):
        """One after the other, as they were sent."""
        all_stored = []
        for port, sending in cls.sendings.items():
            operations = told_at(port, "dicom.operation", records)
            for report, size_bytes, operation in zip(sending.sent, sending.received_bytes(), operations, strict=True):
                file = pathlib.Path(report["Filename"])
                all_stored.append(Stored(file, cls.dumps[file], report, size_bytes, operation))
        return all_stored

    def expected(self, dump):
        """The fields of an object, by its file."""
        return ({field: value(dump) for field, value in FIELDS.items()} |
                {field: self.pseudonyms[kind].get(identifier(dump)) for field, (kind, identifier) in PSEUDONYMS.items()})

    def differences(self, all_stored):
        """Of what is told of objects from what their files say: both, by the file's name and the field."""
        differences = {}
        for stored in all_stored:
            for field, value in self.expected(stored.dump).items():
                told = at(stored.operation, field)
                if told != (None if value == "" else value):
                    differences[stored.file.name, field] = (told, value)
        return differences

    def test_every_file_is_sent_or_dcmsend_says_why_not(self):
        refusals = collections.Counter(why for sending in self.sendings.values() for why in sending.refusals())
        self.assertEqual(dict(refusals), NOT_SENT)
        self.assertEqual(len(self.stored) + refusals.total(), len(self.files))

    def test_associations_are_told_as_dcmsend_counts(self):
        for port, sending in self.sendings.items():
            association, = told_at(port, "dicom.association", self.records)
            told = association["dicom"]
            sent, not_sent = sending.summary()
            self.assertEqual((sent, sent + not_sent), (len(sending.sent), len(sending.report)))
            self.assertEqual((told["operations"], told["end"]), (sent, "released"))
            self.assertEqual(told["opener"]["data_bytes"], sum(sending.received_bytes()))

    def test_each_file_is_one_store(self):
        for stored in self.stored:
            with self.subTest(file=stored.file):
                told = stored.operation["dicom"]
                self.assertEqual((told["command"], told["invoker"], told["request_seen"]), ("C-STORE", "opener", True))
                self.assertEqual((told["calling_ae"], told["called_ae"]), ("DCMSEND", "ANY-SCP"))
                self.assertEqual(f"0x{told['status']} (Success)", stored.report["DIMSE Status"])
                self.assertEqual(told["context_id"], int(stored.report["Pres. Context"]))
                self.assertEqual(told["transfer_syntax_uid"], stored.report["Network Xfer"].split(" = ")[0])
                self.assertIn(stored.dump["0002,0010"], (told["transfer_syntax_uid"], ""))  # some have no meta information
                self.assertEqual(told["request_bytes"], stored.size_bytes)
                self.assertNotIn("missing_bytes", told)

    def test_objects_are_told_as_dcmdump_reads_them(self):
        differences = self.differences(self.stored)
        self.assertEqual({place: both for place, both in differences.items() if place not in EXPLAINED}, {}, "told, and in the file")
        self.assertEqual(EXPLAINED.keys() - differences.keys(), set(), "no difference any more")
        told = [at(stored.operation, field) is not None for stored in self.stored for field in (*FIELDS, *PSEUDONYMS)]
        syntaxes = {stored.operation["dicom"]["transfer_syntax_uid"] for stored in self.stored}
        print(f"{len(self.stored)} of {len(self.files)} files sent in {len(syntaxes)} transfer syntaxes; {len(told)} fields compared, "
              f"{sum(told)} of them told; {len(EXPLAINED)} differ and are explained")

    def test_objects_of_an_association_joined_midway_are_told_as_well(self):
        differences = {place: both for place, both in self.differences(self.stored_midway).items() if place not in EXPLAINED}
        self.assertEqual({file for file, _ in differences}, UNPROVEN.keys())
        self.assertEqual({told for told, _ in differences.values()}, {None}, "nothing rather than what is not so")
        for stored in self.stored_midway:
            with self.subTest(file=stored.file):
                told = stored.operation["dicom"]
                self.assertNotIn("calling_ae", told)
                self.assertEqual((told["status"], told["request_bytes"]), ("0000", stored.size_bytes))

    def test_studies_hold_what_was_sent(self):
        """One record for each receiver; objects that name no study are told together."""
        sent = collections.defaultdict(list)
        for stored in self.stored:
            sent[stored.operation["destination"]["port"], at(stored.operation, "dicom.study")].append(stored)
        expected = {}
        for study, all_stored in sent.items():
            different = len({stored.operation["dicom"]["instance"] for stored in all_stored})
            expected[study] = (different, len(all_stored) - different, sum(stored.size_bytes for stored in all_stored))
        told = {(record["destination"]["port"], at(record, "dicom.study")): tuple(record["study"][count] for count in ("stored", "repeated", "bytes"))
                for record in d.of("dicom.study", self.records)}
        self.assertEqual(told, expected)

    def test_the_rules_that_the_files_break_are_told(self):
        told = set()
        for violation in d.of("violation", self.records):
            at_packet = violation["packet"]["first"]
            file, = {stored.file.name for stored in self.stored
                     if stored.operation["packet"]["first"] <= at_packet <= stored.operation["packet"]["last"]}
            told.add((file, violation["violation"]["name"]))
        self.assertEqual(told, VIOLATIONS.keys())


if __name__ == "__main__":
    unittest.main()
