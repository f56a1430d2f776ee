#!/usr/bin/python3
"""background.py dns|ntp: a server that answers everything. background.py ask-dns|ask-ntp SERVER [NAME]: a client."""
import socket
import struct
import sys
import time

role = sys.argv[1]
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
if role == 'dns':
    udp.bind(('', 53))
    while True:
        query, client = udp.recvfrom(512)
        question = query[12:query.index(b'\0', 12) + 5]
        answer = b'\xc0\x0c' + struct.pack('>HHIH', 1, 1, 300, 4) + bytes([10, 20, 20, 10])
        udp.sendto(query[:2] + b'\x85\x80\0\1\0\1\0\0\0\0' + question + answer, client)
elif role == 'ntp':
    udp.bind(('', 123))
    while True:
        query, client = udp.recvfrom(512)
        now = struct.pack('>II', int(time.time()) + 2208988800, 0)
        udp.sendto(b'\x24\2\6\xec' + bytes(8) + b'TEST' + now + query[40:48] + now + now, client)
udp.settimeout(2)
if role == 'ask-dns':
    name = b''.join(bytes([len(part)]) + part.encode() for part in sys.argv[3].split('.'))
    udp.sendto(b'\x31\x41\1\0\0\1\0\0\0\0\0\0' + name + b'\0\0\1\0\1', (sys.argv[2], 53))
else:
    udp.sendto(b'\x23' + bytes(39) + struct.pack('>II', int(time.time()) + 2208988800, 0), (sys.argv[2], 123))
print('answer of', len(udp.recvfrom(512)[0]), 'bytes')
