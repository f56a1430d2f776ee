#!/usr/bin/python3
"""planted.py: writes ../planted.txt, the identifying strings that truly occur in a capture, one a line.

Candidates are what objects.py and hl7_messages.py make, what the scripts here say, and what the peers' logs name; nothing
legitimate looks like them.
"""
import glob
import os
import re
import subprocess
import sys
import tempfile

MAKE = os.path.dirname(os.path.abspath(__file__))
PCAPS = os.path.dirname(MAKE)
PATTERN = re.compile(rb'PLANTED(?:[A-Z]*\^[A-Z]+)?|PLT[A-Z0-9]{2,}(?: [A-Z0-9]{2,})?|2\.25\.31415926\d+')


def contents(paths):
    for path in paths:
        if os.path.isfile(path):
            with open(path, 'rb') as file:
                yield file.read()


def main():
    with tempfile.TemporaryDirectory() as folder:
        for tool in ('objects', 'hl7_messages'):
            subprocess.run([sys.executable, f'{MAKE}/{tool}.py', f'{folder}/{tool}'], check=True)
        sources = glob.glob(f'{folder}/**', recursive=True) + glob.glob(f'{PCAPS}/logs/**', recursive=True) + glob.glob(f'{MAKE}/*')
        candidates = {found for text in contents(sources) for found in PATTERN.findall(text)}
    captures = list(contents(glob.glob(f'{PCAPS}/*.pcap') + glob.glob(f'{PCAPS}/*.pcapng')))
    planted = sorted(c for c in candidates if any(c in capture for capture in captures))
    with open(f'{PCAPS}/planted.txt', 'wb') as out:
        out.write(b'\n'.join(planted) + b'\n')
    print(len(planted), 'planted strings occur,', len(candidates) - len(planted), 'do not')


main()
