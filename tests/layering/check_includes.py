#!/usr/bin/env python3
"""Reads every #include in src/ and fails on one that the design forbids."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]

# A room may include itself and these. `protocol` sees of `assemble` its sink interface alone.
ALLOWED = {
    "base": set(),
    "capture": {"base"},
    "decode": {"base"},
    "assemble": {"base"},
    "event": {"base"},
    "protocol": {"event", "base", "assemble/stream.h"},
    "relate": {"event", "base"},
    "model": {"event", "base"},
    "detect": {"model", "event", "base"},
    "output": {"detect", "model", "event", "base"},
    "service": {"output", "base"},
}
ALLOWED["app"] = set(ALLOWED) | {"app"}

# Heavy or privileged headers live in one room.
ONLY_IN = {
    r"pcap(/|\.h)": {"capture"},
    r"dcmtk/": {"protocol"},
    r"openssl/x509": {"protocol"},
    r"boost/(asio|beast)": {"service"},
    r"yaml\.h": {"model"},
    r"prometheus/": {"output"},
    r"CLI/": {"app"},
}

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)


def faults_of(path):
    room = path.relative_to(ROOT / "src").parts[0]
    for match in INCLUDE.finditer(path.read_text(encoding="utf-8")):
        quote, included = match.groups()
        if quote == '"':
            other = included.split("/")[0]
            allowed = other == room or other in ALLOWED[room] or included in ALLOWED[room]
            if other not in ALLOWED:
                yield f"{path}: includes \"{included}\", which names no room"
            elif not allowed:
                yield f"{path}: {room} may not include {other} (\"{included}\")"
        for pattern, rooms in ONLY_IN.items():
            if re.match(pattern, included) and room not in rooms:
                yield f"{path}: <{included}> belongs in {' or '.join(sorted(rooms))} only"


def main():
    sources = sorted(p for p in (ROOT / "src").rglob("*") if p.suffix in {".h", ".cpp"})
    faults = [fault for path in sources for fault in faults_of(path)]
    print("\n".join(faults) if faults else f"{len(sources)} files include only what their rooms may use")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
