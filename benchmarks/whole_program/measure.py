"""Runs programs on captures: how long, how much memory, and whether dcmwatch's answers are right."""
import collections
import contextlib
import dataclasses
import hashlib
import json
import os
import pathlib
import shlex
import shutil
import subprocess
import tempfile
import time

from captures import HL7_PORT, SHORT_ECHO_PORT, SHORT_WORKLIST_PORT, STORAGE_PORT
from wire import Failure

ROOT = pathlib.Path(__file__).resolve().parents[2]
POLL_SECONDS = 0.002
CUT_BYTES = 32 << 20  # of a capture for tools that would take minutes


@dataclasses.dataclass(frozen=True)
class Run:
    seconds: float
    cpu_seconds: float


@dataclasses.dataclass(frozen=True)
class Watched:
    """What the kernel said of a process while it ran."""
    anonymous_bytes: int  # largest RssAnon seen
    resident_bytes: int   # VmHWM: RssAnon, and pages of files that it has mapped
    thread_seconds: dict  # processor time by the thread's name


@dataclasses.dataclass(frozen=True)
class Tool:
    name: str
    command: list      # what stands before the capture's path
    answers: object = None  # for dcmwatch: what looks at its records after each run
    slow: bool = False      # runs once, on the beginning of a large capture


def warm(path):
    """Reads the file, so that every program finds it in the page cache."""
    with open(path, "rb", buffering=0) as file:
        block = bytearray(1 << 20)
        while file.readinto(block):
            pass


def _memory_of(pid):
    lines = dict(line.split(":", 1) for line in pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines())
    return [int(lines[name].split()[0]) * 1024 for name in ("RssAnon", "VmHWM")]


def _threads_of(pid):
    """By thread id: its name, and how long it ran, in nanoseconds."""
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        yield task.name, ((task / "comm").read_text(encoding="utf-8").strip(), int((task / "schedstat").read_text(encoding="ascii").split()[0]))

# What days bring comes in seconds here, hundreds of undeclared hosts at once, and all send the same study on more ways than are followed:
# these limits are reached, and told. What is judged is how each association and message went.
OUTGROWN = ("study_ways", "hl7_control_ids", "workflows", "findings", "counted_things")


class Runner:
    def __init__(self, tell):
        self.tell = tell

    @contextlib.contextmanager
    def _started(self, command, feeder):
        """The process, and a file that takes its complaints."""
        self.tell((shlex.join(map(str, feeder)) + " | " if feeder else "") + shlex.join(map(str, command)))
        feeding = subprocess.Popen(list(map(str, feeder)), stdout=subprocess.PIPE) if feeder else None
        with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as complaints:
            process = subprocess.Popen(list(map(str, command)), stdin=feeding.stdout if feeding else subprocess.DEVNULL,
                                       stdout=subprocess.DEVNULL, stderr=complaints)
            if feeding:
                feeding.stdout.close()
            try:
                yield process, complaints
            finally:
                for started in (process, feeding):
                    if started and started.poll() is None:
                        started.kill()
                        started.wait()

    def timed(self, command):
        before = time.monotonic()
        with self._started(command, None) as (process, complaints):
            _, status, usage = os.wait4(process.pid, 0)
            seconds = time.monotonic() - before
            self._settle(process, status, complaints)
        return Run(seconds, usage.ru_utime + usage.ru_stime)

    def watched(self, command, feeder=None):
        """Asks the kernel every two milliseconds, in a run that is not timed."""
        anonymous = resident = 0
        threads = {}
        with self._started(command, feeder) as (process, complaints):
            while True:
                pid, status, _ = os.wait4(process.pid, os.WNOHANG)
                if pid:
                    break
                with contextlib.suppress(OSError, KeyError, ValueError):  # it may end meanwhile
                    anonymous, resident = map(max, (anonymous, resident), _memory_of(process.pid))
                    threads.update(_threads_of(process.pid))
                time.sleep(POLL_SECONDS)
            self._settle(process, status, complaints)
        seconds = collections.Counter()
        for name, nanoseconds in threads.values():
            seconds[name] += nanoseconds / 1e9
        return Watched(anonymous, resident, dict(seconds))

    @staticmethod
    def _settle(process, status, complaints):
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            complaints.seek(0)
            raise Failure(f"{process.args[0]} ended with status {process.returncode}: {complaints.read()[-500:].strip()}")


class Program:
    """dcmwatch as it is measured: default rules, the example model, records into a file beside the captures."""

    def __init__(self, binary, folder):
        self.binary = binary
        self.records = folder / f"events-{os.getpid()}.ndjson"
        self.key = folder / "pseudonym.key"
        self.seen = {}

    def command(self, shards=1):
        return [self.binary, "replay", "--quiet", "--model", ROOT / "config" / "model.yaml", "--pseudonym-key", self.key,
                "--events", self.records, "--shards", shards]

    def close(self):
        self.records.unlink(missing_ok=True)

    def check(self, what, account):
        """The records tell what the makers did; where they told it before, they are the same byte for byte."""
        with open(self.records, "rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        if what not in self.seen:
            self._compare(what, account)
            self.seen[what] = digest
        self.records.unlink()  # so that the next run need not
        if self.seen[what] != digest:
            raise Failure(f"{what}: dcmwatch's records differ between two runs on the same capture")

    def _compare(self, what, account):
        counts = collections.Counter()
        with open(self.records, "rb") as file:
            for line in file:
                record = json.loads(line)
                event = record["event"]
                dataset = event["dataset"]
                if dataset == "capture" and record["capture"].get("detail") in OUTGROWN:
                    continue
                good = dataset == "connection" or event["outcome"] == "success"
                if dataset == "workflow":  # an order's way is not over when the capture is
                    good = event["outcome"] != "failure"
                if dataset == "dicom.association":
                    good = good and record["dicom"].get("end") == "released"
                counts[dataset if good or dataset == "finding" else f"{dataset} that went wrong"] += 1
        for derived in ("finding", "flow that went wrong", "link", "dicom.study", "workflow"):  # made of the others
            counts.pop(derived, None)
        expected = {"dicom.association": account.associations, "dicom.operation": account.operations, "hl7.message": account.messages,
                    "connection": account.connections}
        expected = {dataset: count for dataset, count in expected.items() if count}
        if counts != expected:
            raise Failure(f"{what}: dcmwatch's answers are wrong: it tells {dict(counts)}, and what happened is {expected}")


def others():
    """What else reads captures, where it is installed."""
    ports = [f"tcp.port=={port},dicom" for port in (STORAGE_PORT, SHORT_ECHO_PORT, SHORT_WORKLIST_PORT)] + [f"tcp.port=={HL7_PORT},hl7"]
    decode_as = [word for port in ports for word in ("-d", port)]
    names = ("frame.time_epoch", "ip.src", "ip.dst", "dicom.assoc.ae.called", "dicom.assoc.ae.calling", "dicom.pdv.len", "hl7.message.type")
    fields = [word for name in names for word in ("-e", name)]
    known = [Tool("nDPI (ndpiReader)", ["ndpiReader", "-q", "-i"]),
             Tool("tshark, DICOM and HL7 fields",
                  ["tshark", "-n", "-Q", *decode_as, "-Y", "dicom || hl7", "-T", "fields", *fields, "-r"], slow=True)]
    return [tool for tool in known if shutil.which(tool.command[0])]
