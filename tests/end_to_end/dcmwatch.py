"""Runs the program under test, for the end-to-end tests. Standard library only."""
import functools
import json
import os
import pathlib
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
PCAPS = ROOT / "pcaps"
CORPUS = ROOT.parent / "shared" / "corpus"
MODEL = ROOT / "config" / "model.yaml"
RULES = ROOT / "rules" / "detection"
PROGRAM = os.environ.get("DCMWATCH", str(ROOT / "build" / "dev" / "src" / "app" / "dcmwatch"))

# One key for all runs, so that their pseudonyms can be compared. The program makes the file.
_KEY_FOLDER = tempfile.TemporaryDirectory()
KEY = pathlib.Path(_KEY_FOLDER.name) / "pseudonym.key"


def run(*arguments, **options):
    """The finished process; standard output and error as text."""
    command = [PROGRAM, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=300, check=False, **options)


def replay(*arguments, **options):
    return run("replay", "--pseudonym-key", KEY, *arguments, **options)


@functools.cache
def records(capture, *arguments):
    """Every record of a capture, in order."""
    done = replay("--events", "-", *arguments, capture)
    if done.returncode not in (0, 3):
        raise AssertionError(f"exit status {done.returncode}: {done.stderr}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def of(dataset, all_records):
    return [r for r in all_records if r["event"]["dataset"] == dataset]


def findings(all_records):
    return of("finding", all_records)


def captures():
    return sorted(p for p in PCAPS.iterdir() if p.suffix in (".pcap", ".pcapng"))


def violations():
    """Captures in which rules are broken, each with what its peers did beside it."""
    return sorted((PCAPS / "violations").glob("*.pcap"))


def expectation(capture):
    return json.loads((PCAPS / "expected" / (capture.stem + ".json")).read_text(encoding="utf-8"))
