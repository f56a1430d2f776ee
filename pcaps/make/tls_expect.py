#!/usr/bin/python3
"""tls_expect.py CAPTURE LOGS NOTES: what a capture of TLS must show, from the clients' logs alone. What goes on within is not to be seen.

A connection is counted from the log of the client that opened it: its version, cipher suite and certificates as OpenSSL or DCMTK name them.
"""
import collections
import glob
import re
import subprocess
import sys

from expect import Log, dumps


def registered_names():
    """OpenSSL's names of cipher suites to the registered ones."""
    lines = subprocess.run(['openssl', 'ciphers', '-stdname', 'ALL:COMPLEMENTOFALL:@SECLEVEL=0'], capture_output=True, text=True, check=True).stdout
    return {words[2]: words[0] for words in map(str.split, lines.splitlines())}


REGISTERED = registered_names()


def found(pattern, text):
    match = re.search(pattern, text, re.MULTILINE)
    return match[1] if match else None


def openssl_client(text):
    new, cipher = found(r'^(New|Reused), ', text), found(r'^(?:New|Reused), .*Cipher is (\S+)', text)
    alert = found(r'SSL alert number (\d+)', text)                 # one that it received
    if cipher == '(NONE)':
        cipher = None
    chain = text.partition('Certificate chain')[2].partition('Server certificate')[0]
    return {'version': (found(r'^ *Protocol *: (\S+)', text) or found(r'^New, (TLSv1.3),', text)) if cipher else None,
            'cipher': REGISTERED.get(cipher, cipher), 'resumed': new == 'Reused' if cipher else None,
            'established': bool(cipher) and not alert and 'verify failed' not in text, 'alert': alert and int(alert),
            'subject': found(r'^ 0 s:.*CN = ([^,\n]+)', chain), 'issuer': found(r'^   i:.*CN = ([^,\n]+)', chain),
            'key_bits': int(found(r'PKEY: \w+, (\d+)', chain) or 0), 'next_protocol': found(r'^ALPN protocol: (.*)', text)}


def dcmtk_client(text):
    cipher = found(r'Ciphersuite\s*: ([\w-]+)', text)
    return {'version': found(r'Protocol\s*: (\S+)', text), 'cipher': REGISTERED.get(cipher, cipher), 'resumed': False if cipher else None,
            'established': 'Association Accepted' in text, 'alert': None, 'subject': None, 'issuer': None, 'key_bits': 0, 'next_protocol': None}


def main():
    capture, folder, notes = sys.argv[1:4]
    told = collections.Counter()
    names = None
    for log in map(Log, sorted(glob.glob(f'{folder}/*.log'))):
        if log.header.get('role') != 'opener':
            continue
        text = '\n'.join(log.lines)
        client = openssl_client(text) if log.header['tool'] == 's_client' else dcmtk_client(text)
        names = tuple(client)
        told[(*log.place, *client.values(), False)] += 1
    keyed = collections.Counter({tuple('' if v is None else v for v in key): n for key, n in told.items()})
    handshakes = [{**dict(zip(('source', 'destination', 'port', *names), (None if v == '' else v for v in key))), 'count': n}
                  for key, n in sorted(keyed.items(), key=lambda item: tuple(map(str, item[0])))]
    print(dumps({'capture': capture, 'dicom': {'associations': [], 'rejections': [], 'operations': []}, 'hl7': {'messages': []},
                 'tls': {'handshakes': handshakes}, 'notes': notes}))


if __name__ == '__main__':
    main()
