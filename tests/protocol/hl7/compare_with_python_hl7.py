#!/usr/bin/python3
"""Compares our decoder with python3-hl7 on public messages. Exit status 77: skipped, saying why."""

import argparse
import logging
import pathlib
import subprocess
import sys

SKIPPED = 77

# Where the two differ for a good reason, and only there: (message, field) and why.
KEPT = r'the field is \"\", which is no escape sequence (HL7 v2 2.7.1): we keep it, they drop it'
EXPLAINED = {
    ("0049_ORU_R01_ORU_R01.hl7", "OBR.2.1"): KEPT,
    ("0233_ORU_R01_ORU_R01.hl7", "OBR.2.1"): KEPT,
}


def theirs(hl7, text):
    """The fields by our names, as python3-hl7 reads them."""
    message = hl7.parse(text)

    def value(name):
        segment, field, component = name.split(".")
        try:
            found = message.segment(segment)
            field = found[int(field)]
        except (KeyError, IndexError):
            return ""
        try:
            repetition = field[0]
            part = repetition if isinstance(repetition, str) else repetition[int(component) - 1]
        except IndexError:
            return ""
        if isinstance(repetition, str) and component != "1":
            return ""
        text = str(part)
        return "" if text == '""' else message.unescape(text)

    return value


def ours(decoder, files):
    output = subprocess.run([decoder, *map(str, files)], check=True, stdout=subprocess.PIPE).stdout
    for line in output.decode("utf-8", "surrogateescape").split("\n"):
        if line:
            yield line.split("\t", 2)


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--decoder", required=True)
    options.add_argument("--messages", required=True, type=pathlib.Path)
    options = options.parse_args()
    if not options.messages.is_dir():
        print(f"skipped: {options.messages} is absent")
        return SKIPPED
    try:
        import hl7
    except ImportError:
        print("skipped: python3-hl7 is not installed")
        return SKIPPED

    logging.disable()  # their complaints about escape sequences
    files = sorted(options.messages.glob("*.hl7"))
    reads = {}
    for file in files:
        text = file.read_bytes().decode("utf-8", "surrogateescape").replace("\r\n", "\r").replace("\n", "\r")
        try:
            reads[str(file)] = theirs(hl7, text)
        except Exception as error:  # whatever their parser raises is their opinion of the message
            print(f"{file.name}: python3-hl7 cannot read it: {error!r}")

    compared = differences = explained = 0
    stale = set(EXPLAINED)
    for file, field, value in ours(options.decoder, files):
        if file not in reads:
            continue
        compared += 1
        expected = reads[file](field)
        if expected == value:
            continue
        name = pathlib.Path(file).name
        if (name, field) in EXPLAINED:
            explained += 1
            stale.discard((name, field))
            print(f"{name}: {field}: {EXPLAINED[name, field]}")
            continue
        differences += 1
        print(f"{name}: {field}: ours {value!r}, python3-hl7 {expected!r}")
    print(f"{len(files)} messages, {compared} fields compared, {explained} differences explained, {differences} not")
    for name, field in sorted(stale):
        print(f"{name}: {field}: no longer differs")
    return 1 if differences or stale or not compared else 0


if __name__ == "__main__":
    sys.exit(main())
