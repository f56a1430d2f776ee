#!/usr/bin/python3
"""trim_logs.py FROM TO WORK [KEEP]: copies the peers' logs without hex dumps, negotiation details and this run's folder name.

KEEP leaves the clients' negotiation details in, from which expect.py then derives what was agreed.
"""
import os
import re
import sys

NOISE = re.compile(
    r'^([A-Z]: )?  ?[ ]*[0-9a-f]{2}(  [0-9a-f]{2})*$'          # hex dump of a PDU
    r'|^([A-Z]: )?(Dcm[A-Z]\w+:|Dcm\w+::|setting network|Only dumping|Parsing an A-ASS|Constructing Assoc|PDU Type:)'
    r'|^[A-Z]: $|^\s*$|checkMetaHeader|Stored instance to disk|^D:   (Filename|SOP Class UID|SOP Instance UID): '
    r'|\(http\)|\(lua\)|\(sqlite\)|StorageCache|FilesystemStorage|LuaContext|LuaScripting|SystemToolbox'
    r'|^(Debug|Warning): In |^Last system error|^(Start RunEventLoop|Before mTransitions|Waiting for ItemType)'
    r'|^(List of|ItemLength|Name:|TransferSyntax|PresentationContext|MessageHeader|ProtocolVersion|Reserved9_10)'
    r'|^ *(Abstract|Transfer|SCU/SCP Role|Presentation Context): |Transcoding dataset'
    r'|^(Application Context|Maximum PDU Length|Presentation Contexts): '
    r'|^D:? *(\(|#)|^I: +\(.*\) (na|SQ)')
KEPT_IN_ASSOCIATE = re.compile(r'A-ASSOCIATE|Application Name|Their Implementation')
ECHOES = re.compile(r'\(http\) POST /modalities/\w+/(echo|store|find)')


def trim(lines, work, keep_negotiation):
    inside = opener = False
    for line in lines:
        line = line.rstrip('\n').replace(work + '/', '')
        if 'BEGIN A-ASSOCIATE' in line:
            inside = True
        opener = opener or line.startswith('#opener')
        if inside and not (KEPT_IN_ASSOCIATE.search(line) or keep_negotiation and opener):
            continue
        if 'END A-ASSOCIATE' in line:
            inside = False
        if line.startswith('#') or ECHOES.search(line) or not NOISE.search(line):
            yield re.sub(r'(/[\w.-]+)*/(?=(pcaps/)?make/|node_modules/)', '', line)


def main():
    source, target, work, *keep = sys.argv[1:]
    for name in sorted(os.listdir(source)):
        with open(os.path.join(source, name), encoding='latin-1') as lines, \
             open(os.path.join(target, name), 'w', encoding='utf-8') as out:
            out.writelines(line + '\n' for line in trim(lines, work, bool(keep)))


main()
