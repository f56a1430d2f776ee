#!/usr/bin/python3
"""mllp_responder.py PORT [SILENT-TYPE] [TYPE^EVENT=HOW ...]: answers each HL7 v2 message over MLLP, and says what it answered.

AR where the version is not 2.x or the processing id is not P, AE where PID-3 is empty, AA otherwise. A message of
SILENT-TYPE is never answered. HOW: unframed (without start and end block), commit (MLLP release 2: a block of 06, then the answer),
nak (a block of 15, no answer), lf (segments end with LF), late (half a second later). Each message of a batch is answered.
"""
import re
import socketserver
import sys
import time

START, END, ACK, NAK = b'\x0b', b'\x1c\r', b'\x06', b'\x15'
SILENT = sys.argv[2] if len(sys.argv) > 2 and '=' not in sys.argv[2] else None
HOW = dict(word.split('=') for word in sys.argv[2:] if '=' in word)


def judge(message):
    segments = {s.split(b'|', 1)[0]: s.split(b'|') for s in message.split(b'\r') if s}
    header = segments[b'MSH']
    kind = b'^'.join(header[8].split(b'^')[:2]).decode()
    if kind == SILENT or HOW.get(kind) == 'nak':
        return kind, header, None
    if not header[11].startswith(b'2.') or header[10] != b'P':
        return kind, header, 'AR'
    if b'PID' in segments and not segments[b'PID'][3]:
        return kind, header, 'AE'
    return kind, header, 'AA'


class Responder(socketserver.BaseRequestHandler):
    def handle(self):
        buffer = b''
        while True:
            received = self.request.recv(65536)
            if not received:
                return
            buffer += received
            while END in buffer:
                frame, buffer = buffer.split(END, 1)
                for message in re.findall(rb'MSH.*?(?=\rMSH|\r[BF]TS|\Z)', frame.rpartition(START)[2], re.S):
                    self.answer(message)

    def answer(self, message):
        kind, header, code = judge(message)
        control = header[9].decode()
        print('HL7 source=%s destination=%s type=%s ack=%s control=%s' % (
            self.client_address[0], self.request.getsockname()[0], kind, code or 'null', control), flush=True)
        how = HOW.get(kind, '')
        if how in ('commit', 'nak'):
            self.request.sendall(START + (ACK if how == 'commit' else NAK) + END)
        if how == 'late':
            time.sleep(0.5)
        if code:
            event = kind.split('^')[1]
            ack = '\r'.join(['|'.join(['MSH', '^~\\&', header[4].decode(), header[5].decode(), header[2].decode(), header[3].decode(),
                                       '20240102101113', '', 'ACK^' + event, 'A' + control, 'P', '2.5.1']),
                             'MSA|%s|%s' % (code, control), ''])
            ack = ack.encode()
            if how == 'lf':
                ack = ack.replace(b'\r', b'\n')
            self.request.sendall(ack if how == 'unframed' else START + ack + END)


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address, daemon_threads = True, True


Server(('', int(sys.argv[1])), Responder).serve_forever()
