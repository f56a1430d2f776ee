"""The captures to measure on: what happens in each, made once with the real tools and kept."""
import dataclasses
import json
import pathlib
import shutil
import subprocess
import sys

import dicom_files
from wire import ADDRESSES, Failure, Wire

HERE = pathlib.Path(__file__).resolve().parent
SERVER = ADDRESSES["server"]
STORAGE_PORT, SHORT_ECHO_PORT, SHORT_WORKLIST_PORT, HL7_PORT, HTTP_PORT, IPERF_PORT = 11112, 11113, 11114, 2575, 80, 5201
BUFFER_MIB = 512


@dataclasses.dataclass(frozen=True)
class Sizes:
    """How much of everything; --size NAME=NUMBER changes one."""
    bulk_associations: int = 20
    bulk_objects: int = 200         # CT slices of 526 KB in each of them
    interleaved_associations: int = 64
    interleaved_objects: int = 30
    short_associations: int = 24_000
    hl7_messages: int = 100_000
    background_mib: int = 400
    background_downloads: int = 3_000
    idle_connections: int = 1_000_000
    bulk_repeats: int = 10          # of bulk on end, through a pipe: the 20 GB


QUICK = Sizes(2, 3, 6, 2, 30, 80, 1, 10, 2_000, 3)


@dataclasses.dataclass(frozen=True)
class Account:
    """What its makers did in a capture; dcmwatch's records must say the same."""
    associations: int = 0
    operations: int = 0
    messages: int = 0
    connections: int = 0  # 0: not told

    def __add__(self, other):
        return Account(*(a + b for a, b in zip(dataclasses.astuple(self), dataclasses.astuple(other))))


@dataclasses.dataclass(frozen=True)
class Capture:
    name: str
    path: pathlib.Path
    account: Account
    bytes: int
    packets: int


class Workshop:
    """Makes captures into `folder`, each once: its sizes stand in its name."""

    def __init__(self, folder, sizes, sticks, tell):
        self.folder, self.sizes, self.sticks, self.tell = folder, sizes, sticks, tell
        self.buffer_mib = 16 if sizes.bulk_objects < 20 else BUFFER_MIB

    def capture(self, name):
        description, sizes, make = RECIPES[name]
        stem = "-".join([name, *(str(getattr(self.sizes, size)) for size in sizes)])
        path, account_path = self.folder / f"{stem}.pcap", self.folder / f"{stem}.json"
        if not account_path.exists():
            self.tell(f"making {path.name}: {description}")
            self.folder.mkdir(parents=True, exist_ok=True)
            unfinished = path.with_suffix(".unfinished")
            try:
                account = make(self, unfinished)
                unfinished.rename(path)
            finally:
                unfinished.unlink(missing_ok=True)
            account_path.write_text(json.dumps(dataclasses.asdict(account)) + "\n", encoding="ascii")
        counted = subprocess.run([self.sticks["libpcap_loop"], path], capture_output=True, text=True, check=True)
        return Capture(name, path, Account(**json.loads(account_path.read_text(encoding="ascii"))), path.stat().st_size,
                       int(counted.stdout.split()[0]))

    def study(self, slices):
        """A folder of so many CT slices."""
        folder = self.folder / f"ct-{slices}"
        if not folder.exists():
            unfinished = self.folder / f"ct-{slices}.unfinished"
            shutil.rmtree(unfinished, ignore_errors=True)
            dicom_files.write_study(unfinished, slices)
            unfinished.rename(folder)
        return folder

    def store(self, path, associations, objects, pdu_bytes, at_once, window_bytes=None):
        study = self.study(objects)
        with Wire(window_bytes) as wire:
            wire.serve(STORAGE_PORT, "storescp", "--quiet", "--fork", "--ignore", "-aet", "STORAGE", "-pdu", pdu_bytes, STORAGE_PORT)
            with wire.capture(path, f"tcp port {STORAGE_PORT}", self.buffer_mib):
                wire.run_clients([["storescu", "--quiet", "--scan-directories", "-aet", f"MODALITY{k}", "-aec", "STORAGE", "-pdu", pdu_bytes,
                                   SERVER, STORAGE_PORT, study] for k in range(associations)], at_once)
        return Account(associations=associations, operations=associations * objects, connections=associations)

    def make_bulk(self, path):
        return self.store(path, self.sizes.bulk_associations, self.sizes.bulk_objects, pdu_bytes=131072, at_once=4)

    def make_interleaved(self, path):
        # With small windows no association runs ahead of the others: their segments are truly mixed.
        count = self.sizes.interleaved_associations
        return self.store(path, count, self.sizes.interleaved_objects, pdu_bytes=16384, at_once=count, window_bytes=32768)

    def make_short(self, path):
        worklist = self.folder / "worklist"
        dicom_files.write_worklist(worklist / "WORKLIST")
        count = self.sizes.short_associations
        with Wire() as wire:
            wire.serve(SHORT_ECHO_PORT, "storescp", "--quiet", "--fork", "--ignore", "-aet", "STORAGE", SHORT_ECHO_PORT)
            wire.serve(SHORT_WORKLIST_PORT, "wlmscpfs", "--quiet", "-dfp", worklist, SHORT_WORKLIST_PORT)
            with wire.capture(path, f"tcp portrange {SHORT_ECHO_PORT}-{SHORT_WORKLIST_PORT}", self.buffer_mib):
                (told,) = wire.run_clients([[self.sticks["short_associations"], SERVER, SHORT_ECHO_PORT, SHORT_WORKLIST_PORT, count, 24]], 1)
        return Account(associations=count, operations=sum(map(int, told.split())), connections=count)

    def make_hl7(self, path):
        connections = 8
        with Wire() as wire:
            wire.serve(HL7_PORT, sys.executable, HERE / "peers" / "hl7.py", "serve", HL7_PORT)
            with wire.capture(path, f"tcp port {HL7_PORT}", self.buffer_mib):
                send = [sys.executable, HERE / "peers" / "hl7.py", "send", SERVER, HL7_PORT, connections, self.sizes.hl7_messages]
                wire.run_clients([send], 1)
        return Account(messages=self.sizes.hl7_messages, connections=connections)

    def make_background(self, path):
        pages = self.folder / "pages"
        pages.mkdir(exist_ok=True)
        names = []
        for kib in (4, 16, 64, 4, 16, 64, 4, 1024):
            names.append(f"/{kib}")
            (pages / str(kib)).write_bytes(bytes(range(256)) * 4 * kib)
        streams = 4
        with Wire() as wire:
            wire.serve(HTTP_PORT, sys.executable, HERE / "peers" / "web.py", "serve", HTTP_PORT, pages)
            wire.serve(IPERF_PORT, "iperf3", "--server")
            with wire.capture(path, f"tcp port {HTTP_PORT} or tcp port {IPERF_PORT}", self.buffer_mib):
                transfer = ["iperf3", "--client", SERVER, "--bytes", f"{self.sizes.background_mib}M", "--parallel", streams, "--bitrate", "250M"]
                browse = [sys.executable, HERE / "peers" / "web.py", "browse", SERVER, HTTP_PORT, self.sizes.background_downloads, *names]
                wire.run_clients([transfer, browse], 2)
        return Account(connections=streams + 1 + self.sizes.background_downloads)

    def make_mixed(self, path):
        parts = [self.capture(name) for name in ("bulk", "short", "hl7", "background")]
        self.stick("make_captures", "merge", path, *(part.path for part in parts))
        return sum((part.account for part in parts), Account())

    def make_idle(self, path):
        self.stick("make_captures", "idle", self.sizes.idle_connections, path)
        return Account(connections=self.sizes.idle_connections)

    def make_empty(self, path):
        self.stick("make_captures", "idle", 0, path)
        return Account()

    def cut(self, capture, limit_bytes):
        """Its beginning, where a tool would take minutes for the whole."""
        if capture.bytes <= limit_bytes:
            return capture
        path = capture.path.with_suffix(".cut.pcap")
        self.stick("make_captures", "head", limit_bytes, capture.path, path)
        counted = subprocess.run([self.sticks["libpcap_loop"], path], capture_output=True, text=True, check=True)
        return dataclasses.replace(capture, path=path, account=Account(), bytes=path.stat().st_size, packets=int(counted.stdout.split()[0]))

    def stick(self, name, *arguments):
        done = subprocess.run([self.sticks[name], *map(str, arguments)], capture_output=True, text=True, check=False)
        if done.returncode:
            raise Failure(done.stderr.strip())


# name: what happens in it, the sizes that it depends on, how it is made
RECIPES = {
    "bulk": ("C-STORE of CT slices, PDUs of 128 KiB, four associations at a time", ("bulk_associations", "bulk_objects"), Workshop.make_bulk),
    "interleaved": ("C-STORE of CT slices, PDUs of 16 KiB, all associations at once", ("interleaved_associations", "interleaved_objects"),
                    Workshop.make_interleaved),
    "short": ("short associations, two of three a C-ECHO, one a worklist C-FIND", ("short_associations",), Workshop.make_short),
    "hl7": ("HL7 messages with their acknowledgements on eight connections", ("hl7_messages",), Workshop.make_hl7),
    "background": ("iperf3 and HTTP downloads", ("background_mib", "background_downloads"), Workshop.make_background),
    "mixed": ("bulk, short, hl7 and background at the same time",
              ("bulk_associations", "bulk_objects", "short_associations", "hl7_messages", "background_mib", "background_downloads"),
              Workshop.make_mixed),
    "idle": ("connections that open and then say nothing", ("idle_connections",), Workshop.make_idle),
    "empty": ("a capture without packets", (), Workshop.make_empty),
}
