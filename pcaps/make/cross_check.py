#!/usr/bin/python3
"""cross_check.py CAPTURE EXPECTED: tshark's count of associations, their ends, requests and HL7 messages beside the expectation. Differences are
printed, not resolved: the expectation stays what the peers logged."""
import collections
import json
import re
import subprocess
import sys


ENDS = {'released': 'A-RELEASE request', 'aborted': 'ABORT'}


def tshark(capture, protocol, *fields, preferences=()):
    command = ['tshark', '-n', '-r', capture, '-Y', protocol, '-T', 'fields', '-E', 'separator=\t', *preferences]
    for field in fields:
        command += ['-e', field]
    return [line.split('\t') for line in subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()]


def observed(capture):
    """Requests, associations and rejections by (opener, acceptor), as tshark names them."""
    # Ports on which DICOM is carried here and that tshark would not try by itself.
    ports = [p for port in (104, 11112, 11113, 11190, 2762) for p in ('-d', f'tcp.port=={port},dicom')]
    opener, counts = {}, collections.Counter()
    for stream, source4, destination4, source6, destination6, info in tshark(
            capture, 'dicom', 'tcp.stream', 'ip.src', 'ip.dst', 'ipv6.src', 'ipv6.dst', '_ws.col.Info', preferences=ports):
        source, destination = source4 or source6, destination4 or destination6
        for word in re.findall(r'A-ASSOCIATE request|A-ASSOCIATE reject|A-RELEASE request|ABORT|(?:[CN]-[A-Z-]+?)-RQ(?= ID)', info):
            if word == 'A-ASSOCIATE request':
                opener[stream] = source, destination
            pair = opener.get(stream, (source, destination))
            if not word.startswith('C-CANCEL'):
                counts[(*pair, word)] += 1
    for source4, destination4, source6, destination6, types, events in tshark(
            capture, 'hl7', 'ip.src', 'ip.dst', 'ipv6.src', 'ipv6.dst', 'hl7.message.type', 'hl7.event.type'):
        for kind, event in zip(types.split(','), events.split(',')):
            if kind and kind != 'ACK':
                counts[source4 or source6, destination4 or destination6, f'{kind}^{event}'] += 1
    return counts


def expected(path):
    with open(path) as file:
        expectation = json.load(file)
    dicom, counts = expectation['dicom'], collections.Counter()
    for entry in dicom['associations']:
        pair = entry['source'], entry['destination']
        counts[(*pair, 'A-ASSOCIATE request')] += entry['count']
        if entry['end'] in ENDS:
            counts[(*pair, ENDS[entry['end']])] += entry['count']
    for entry in expectation['hl7']['messages']:
        counts[entry['source'], entry['destination'], entry['message_type']] += entry['count']
    for entry in dicom['rejections']:
        counts[entry['source'], entry['destination'], 'A-ASSOCIATE reject'] += entry['count']
    for entry in dicom['operations']:
        counts[entry['source'], entry['destination'], entry['command'] + '-RQ'] += entry['count']
    return counts


def main():
    capture, path = sys.argv[1:3]
    seen, wanted = observed(capture), expected(path)
    for key in sorted(seen.keys() | wanted.keys()):
        if seen[key] != wanted[key]:
            print('%s -> %s %s: tshark %d, logs %d' % (*key, seen[key], wanted[key]))
    print('%s: %d facts, tshark agrees on %d' %
          (capture.rsplit('/', 1)[-1], sum(wanted.values()), sum((seen & wanted).values())))


main()
