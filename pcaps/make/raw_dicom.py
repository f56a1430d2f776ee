#!/usr/bin/python3
"""raw_dicom.py SCENARIO HOST PORT CALLING CALLED [FILE]: OURS, and only for what no implementation here sends.

Its log says in dcmjs-dimse's words what it sent and what came back; the other side is somebody else's, and logs too.
"""
import json
import socket
import struct
import sys

import pydicom

VERIFICATION, CT = '1.2.840.10008.1.1', '1.2.840.10008.5.1.4.1.1.2'
IMPLICIT, EXPLICIT = '1.2.840.10008.1.2', '1.2.840.10008.1.2.1'
NAMES = {0x0001: 'C-STORE', 0x0030: 'C-ECHO', 0x0110: 'N-GET'}
PDUS = {2: 'Association accept', 3: 'Association reject', 6: 'Association release response', 7: 'Association abort'}
FIELDS = {0x0002: ('AffectedSOPClassUID', 'UI'), 0x0003: ('RequestedSOPClassUID', 'UI'), 0x0100: ('CommandField', 'US'),
          0x0110: ('MessageID', 'US'), 0x0120: ('MessageIDBeingRespondedTo', 'US'), 0x0700: ('Priority', 'US'),
          0x0800: ('CommandDataSetType', 'US'), 0x0900: ('Status', 'US'), 0x1000: ('AffectedSOPInstanceUID', 'UI'),
          0x1001: ('RequestedSOPInstanceUID', 'UI'), 0x1005: ('AttributeIdentifierList', 'AT')}


def pdu(kind, body):
    return struct.pack('>BBL', kind, 0, len(body)) + body


def item(kind, body):
    return struct.pack('>BBH', kind, 0, len(body)) + body


def text16(text):
    return struct.pack('>H', len(text)) + text.encode()


def context(number, abstract_syntax, *transfer_syntaxes):
    return item(0x20, bytes((number, 0, 0, 0)) + item(0x30, abstract_syntax.encode())
                + b''.join(item(0x40, t.encode()) for t in transfer_syntaxes))


BARE = item(0x51, struct.pack('>L', 16384)) + item(0x52, b'2.25.27182818')
VERSION = item(0x55, b'RAWDICOM')
# PS3.7 D.3.3.6: the CT class, its service class, and the general class that it is related to.
COMMON_EXTENDED = item(0x57, text16(CT) + text16('1.2.840.10008.4.2') + struct.pack('>H', 27) + text16('1.2.840.10008.5.1.4.1.1.7'))
ROLE = item(0x54, text16(CT) + b'\1\1')
EXTENDED = item(0x56, text16(CT) + bytes.fromhex('020003000000'))
UNKNOWN_IN_USER, UNKNOWN = item(0x5a, b'nobody knows'), item(0x70, b'nobody knows')


def associate(calling, called, contexts, user=BARE + VERSION, more=b''):
    fixed = struct.pack('>HH16s16s32x', 1, 0, called.ljust(16).encode(), calling.ljust(16).encode())
    return pdu(1, fixed + item(0x10, b'1.2.840.10008.3.1.1.1') + b''.join(contexts) + more + item(0x50, user))


def command(**fields):
    """A command set, implicit little endian (PS3.7 6.3.1)."""
    encoded = b''
    for tag, (name, vr) in FIELDS.items():
        if name in fields:
            value = fields[name]
            if vr == 'UI':
                value = value.encode() + b'\0' * (len(value) % 2)
            elif vr == 'US':
                value = struct.pack('<H', value)
            else:
                value = b''.join(struct.pack('<HH', *tag_) for tag_ in value)
            encoded += struct.pack('<HHL', 0, tag, len(value)) + value
    return struct.pack('<HHLL', 0, 0, 4, len(encoded)) + encoded


def pdv(context_id, value, is_command, last):
    return struct.pack('>LBB', len(value) + 2, context_id, is_command | last << 1) + value


def fragments(whole, size, is_command):
    return [pdv(3, whole[at:at + size], is_command, at + size >= len(whole)) for at in range(0, len(whole), size)]


def data(*pdvs):
    return pdu(4, b''.join(pdvs))


class Line:
    """One TCP connection; the log, one line for what was sent and for what came."""

    def __init__(self, host, port):
        self.socket = socket.create_connection((host, int(port)), 5)
        self.socket.settimeout(5)
        self.got = b''

    def send(self, what, *pieces, fields=None):
        print(f'raw -> {what}' + (' [' if fields else ''), flush=True)
        if fields:
            print(json.dumps({k: v for k, v in fields.items() if k != 'AttributeIdentifierList'}))
        for piece in pieces:
            self.socket.sendall(piece)

    def read(self, size):
        while len(self.got) < size:
            more = self.socket.recv(65536)
            if not more:
                return b''
            self.got += more
        taken, self.got = self.got[:size], self.got[size:]
        return taken

    def receive(self):
        """The next PDU's type; 0 where the peer closed."""
        try:
            head = self.read(6)
        except OSError as broken:
            print(f'raw <- {broken}')
            return 0
        if not head:
            print('raw <- Connection closed')
            return 0
        kind, length = head[0], struct.unpack('>L', head[2:])[0]
        body = self.read(length)
        if kind == 4:
            self.told(body)
        elif kind in (3, 7):
            print(f'raw <- {PDUS[kind]} [codes: {"/".join(map(str, body[1:4] if kind == 3 else body[2:4]))}]')
        else:
            print(f'raw <- {PDUS.get(kind, kind)}')
        return kind

    def told(self, body):
        position = 0
        while position < len(body):
            length, _, flags = struct.unpack_from('>LBB', body, position)
            if flags & 1:
                fields = decode(body[position + 6:position + 4 + length])
                kind = 'RSP' if fields['CommandField'] & 0x8000 else 'RQ'
                print(f'raw <- {NAMES[fields["CommandField"] & 0x7fff]} {kind} [')
                print(json.dumps(fields))
            position += 4 + length

    def release(self):
        self.send('Association release request', pdu(5, bytes(4)))
        while self.receive() not in (0, 6, 7):
            pass


def decode(encoded):
    fields, position = {}, 0
    while position < len(encoded):
        _, element, length = struct.unpack_from('<HHL', encoded, position)
        value = encoded[position + 8:position + 8 + length]
        name, vr = FIELDS.get(element, (None, None))
        if name:
            fields[name] = value.rstrip(b'\0').decode() if vr == 'UI' else struct.unpack('<H', value)[0]
        position += 8 + length
    return fields


ECHO = {'AffectedSOPClassUID': VERIFICATION, 'CommandField': 0x30, 'MessageID': 1, 'CommandDataSetType': 0x0101}


def echo(line):
    line.send('C-ECHO RQ', data(pdv(1, command(**ECHO), 1, 1)), fields=ECHO)
    line.receive()


def items(line, calling, called, _):
    """57, and an item that nobody knows, in the user information and beside it."""
    line.send('Association request', associate(calling, called, [context(1, VERIFICATION, IMPLICIT), context(3, CT, IMPLICIT, EXPLICIT)],
                                               BARE + ROLE + VERSION + EXTENDED + COMMON_EXTENDED + UNKNOWN_IN_USER, UNKNOWN))
    if line.receive() == 2:
        echo(line)
        line.release()


def bare(line, calling, called, _):
    """No implementation version name; it is optional (PS3.7 D.3.3.2.3)."""
    line.send('Association request', associate(calling, called, [context(1, VERIFICATION, IMPLICIT)], BARE))
    if line.receive() == 2:
        echo(line)
        line.release()


def pipelined(line, calling, called, _):
    """Request, command and release leave in one segment, before anything came back."""
    line.send('Association request')
    line.send('C-ECHO RQ', fields=ECHO)
    line.send('Association release request', associate(calling, called, [context(1, VERIFICATION, IMPLICIT)])
              + data(pdv(1, command(**ECHO), 1, 1)) + pdu(5, bytes(4)))
    while line.receive() not in (0, 6, 7):
        pass


def stored(path, message):
    ds = pydicom.dcmread(path)
    fields = {'AffectedSOPClassUID': ds.SOPClassUID, 'CommandField': 1, 'MessageID': message, 'Priority': 0, 'CommandDataSetType': 0x0001,
              'AffectedSOPInstanceUID': ds.SOPInstanceUID}
    with open(path, 'rb') as file:
        whole = file.read()
    return fields, whole[144 + int.from_bytes(whole[140:144], 'little'):]


def pieces(line, calling, called, path):
    """Five C-STOREs whose fragments are legal and unusual (PS3.8 9.3.1, E.1)."""
    line.send('Association request', associate(calling, called, [context(1, VERIFICATION, IMPLICIT), context(3, CT, EXPLICIT)]))
    if line.receive() != 2:
        return
    for message in range(1, 6):
        fields, whole = stored(path, message)
        encoded = command(**fields)
        if message == 1:        # the command in PDVs of 30 bytes over two PDUs; the data in PDVs of 900, four to a PDU
            commands, objects = fragments(encoded, 30, 1), fragments(whole, 900, 0)
            sent = [data(*commands[:2]), data(*commands[2:])] + [data(*objects[at:at + 4]) for at in range(0, len(objects), 4)]
        elif message == 2:      # command and data in one PDU
            first, *others = fragments(whole, 3000, 0)
            sent = [data(*fragments(encoded, 4000, 1), first)] + [data(one) for one in others]
        elif message == 3:      # the smallest PDVs with bytes in them
            sent = [data(*fragments(encoded, 2, 1))] + [data(one) for one in fragments(whole, 4000, 0)]
        elif message == 4:      # the headers of a PDU and of its PDV split over segments
            sent = [data(one) for one in fragments(encoded, 4000, 1) + fragments(whole, 4000, 0)]
            sent = [sent[0][:3], sent[0][3:9], sent[0][9:]] + sent[1:]
            line.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        else:                   # empty last fragments: a PDV of length 2 ends the command, another the data set
            sent = [data(pdv(3, encoded, 1, 0)), data(pdv(3, b'', 1, 1))]
            sent += [data(pdv(3, whole[at:at + 4000], 0, 0)) for at in range(0, len(whole), 4000)] + [data(pdv(3, b'', 0, 1))]
        line.send('C-STORE RQ', *sent, fields=fields)
        if line.receive() != 4:
            return
    line.release()


def many_attributes(line, calling, called, _):
    """A command set longer than the peer's maximum length: over several PDUs."""
    printer = '1.2.840.10008.5.1.1.16'
    line.send('Association request', associate(calling, called, [context(1, printer, IMPLICIT)]))
    if line.receive() != 2:
        return
    fields = {'RequestedSOPClassUID': printer, 'CommandField': 0x110, 'MessageID': 1, 'CommandDataSetType': 0x0101,
              'RequestedSOPInstanceUID': '1.2.840.10008.5.1.1.17', 'AttributeIdentifierList': [(0x2110, n) for n in range(0, 6000, 2)]}
    encoded = command(**fields)
    cut = [encoded[at:at + 4090] for at in range(0, len(encoded), 4090)]
    line.send('N-GET RQ', *(data(pdv(1, p, 1, n == len(cut) - 1)) for n, p in enumerate(cut)), fields=fields)
    line.receive()
    line.release()


def unknown_pdu(line, calling, called, _):
    """What does a peer answer to a PDU of a type that is not? (PS3.8 9.2.3, AA-1)"""
    line.send('Association request', associate(calling, called, [context(1, VERIFICATION, IMPLICIT)]))
    line.receive()
    line.send('PDU of unknown type 99', pdu(0x99, b'nobody'))
    while line.receive() not in (0, 7):
        pass


def second_request(line, calling, called, _):
    """An association within an association."""
    request = associate(calling, called, [context(1, VERIFICATION, IMPLICIT)])
    line.send('Association request', request)
    line.receive()
    line.send('unexpected A-ASSOCIATE-RQ', request)
    while line.receive() not in (0, 7):
        pass


def main():
    scenario, host, port, calling, called, *rest = sys.argv[1:]
    line = Line(host, port)
    {'items': items, 'bare': bare, 'pipelined': pipelined, 'pieces': pieces, 'many-attributes': many_attributes,
     'unknown-pdu': unknown_pdu, 'second-request': second_request}[scenario](line, calling, called, rest and rest[0])
    line.socket.close()


if __name__ == '__main__':
    main()
