#!/usr/bin/python3
"""index.py: writes the table of captures in ../README.md from the expectations."""
import glob
import json
import os
import re

PCAPS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
START, END = '<!-- captures -->\n', '<!-- end of captures -->'


def total(entries):
    return sum(entry['count'] for entry in entries)


rows = ['| capture | size | associations | rejected | operations | HL7 messages | what happened |', '|---|---|---|---|---|---|---|']
for path in sorted(glob.glob(f'{PCAPS}/expected/*.json')):
    with open(path) as file:
        e = json.load(file)
    size = os.path.getsize(f"{PCAPS}/{e['capture']}")
    dicom = e['dicom']
    rows.append('| `%s` | %d kB | %d | %d | %d | %d | %s |' % (
        e['capture'], -(-size // 1000), total(dicom['associations']), total(dicom['rejections']), total(dicom['operations']),
        total(e['hl7']['messages']), e['notes']))
with open(f'{PCAPS}/README.md') as file:
    text = file.read()
text = re.sub(f'{START}.*?{END}', lambda _: START + '\n'.join(rows) + '\n' + END, text, flags=re.S)
with open(f'{PCAPS}/README.md', 'w') as file:
    file.write(text)
