#!/usr/bin/python3
"""violations.py opener|acceptor SET HOST, violations.py expect SET SOURCE DESTINATION NOTES: two peers who break DICOM's rules, one a connection.

OURS, both of them: no implementation breaks them all. Both know the whole dialogue, so neither waits for more than the other sends. The opener's
port tells the connections apart; what each breaks, and what is told of its operations, is written here, beside what is sent.
"""
import json
import socket
import struct
import sys
import time

import raw_dicom as raw
from raw_dicom import CT, EXPLICIT, IMPLICIT, VERIFICATION, item, pdu, text16

PORT, FIRST_SOURCE_PORT = 11112, 30001
O, A = 'opener', 'acceptor'
BIG, DEFLATED = '1.2.840.10008.1.2.2', '1.2.840.10008.1.2.1.99'
FIND, MOVE, GET = (f'1.2.840.10008.5.1.4.1.2.2.{n}' for n in (1, 2, 3))
WORKLIST, PDF, STEP, PRINTER = '1.2.840.10008.5.1.4.31', '1.2.840.10008.5.1.4.1.1.104.1', '1.2.840.10008.3.1.2.3.3', '1.2.840.10008.5.1.1.16'
INSTANCE, STUDY = '2.25.99', '2.25.98'
NONE = 0x0101

# The contexts of most associations, and of those that need others: id, abstract syntax, transfer syntax.
USUAL = ((1, VERIFICATION, IMPLICIT), (3, CT, EXPLICIT), (5, FIND, EXPLICIT))
MANY = (*USUAL, (7, MOVE, EXPLICIT), (9, PDF, EXPLICIT), (11, STEP, EXPLICIT), (13, WORKLIST, EXPLICIT), (15, PRINTER, IMPLICIT))
LONGEST = item(0x51, struct.pack('>L', 4096))
CLASS = item(0x52, b'2.25.27182818')
NO_WINDOW = LONGEST + CLASS + item(0x55, b'RULEBREAKER')
USER = LONGEST + CLASS + item(0x53, struct.pack('>HH', 5, 1)) + item(0x55, b'RULEBREAKER')
APPLICATION = item(0x10, b'1.2.840.10008.3.1.1.1')


def proposed(contexts=USUAL):
    return b''.join(raw.context(*context) for context in contexts)


def accepted(number, syntax, result=0):
    return item(0x21, bytes((number, 0, result, 0)) + item(0x40, syntax.encode()))


def opening(kind, contexts, user=item(0x50, USER), calling='BREAKER', called='KEEPER', version=1, application=APPLICATION):
    fixed = struct.pack('>HH16s16s32x', version, 0, called.ljust(16).encode('latin-1'), calling.ljust(16).encode('latin-1'))
    return pdu(kind, fixed + application + contexts + user)


def request(contexts=None, **other):
    return opening(1, proposed() if contexts is None else contexts, **other)


def all_accepted(contexts=USUAL, but=(), without=()):
    return b''.join(accepted(number, dict(but).get(number, syntax)) for number, _, syntax in contexts if number not in without)


def acceptance(answers=None, **other):
    return opening(2, all_accepted() if answers is None else answers, **other)


def reject(result, source, reason):
    return pdu(3, bytes((0, result, source, reason)))


def abort(source, reason):
    return pdu(7, bytes((0, 0, source, reason)))


RELEASE, RELEASED = pdu(5, bytes(4)), pdu(6, bytes(4))
OPEN = [(O, request()), (A, acceptance())]
OPEN_MANY = [(O, request(proposed(MANY))), (A, acceptance(all_accepted(MANY)))]
CLOSE = [(O, RELEASE), (A, RELEASED)]
LATER = (None, 0.1)     # than a mirror would show it
REJECTED = [(A, reject(1, 1, 1))]


# Command sets: (element, value); numbers are US, texts UI but for AE and LO.
def elements(*pairs):
    encoded = b''
    for number, value in pairs:
        if isinstance(value, int):
            value = struct.pack('<H', value)
        elif isinstance(value, str):
            value = value.encode() + (b' ' if number in (0x0600, 0x0902, 0x1030) else b'\0') * (len(value) % 2)
        encoded += struct.pack('<HHL', 0, number, len(value)) + value
    return encoded


def command(*pairs):
    encoded = elements(*pairs)
    return elements((0, struct.pack('<L', len(encoded)))) + encoded


def pdv(number, control, fragment):
    return struct.pack('>LBB', len(fragment) + 2, number, control) + fragment


def message(number, commands, data_set=b''):
    """In PDUs of what the other side takes."""
    sent = pdu(4, pdv(number, 3, commands))
    for at in range(0, len(data_set), 4000):
        sent += pdu(4, pdv(number, 2 if at + 4000 >= len(data_set) else 0, data_set[at:at + 4000]))
    return sent


def echo_rq(number=1):
    return command((2, VERIFICATION), (0x100, 0x30), (0x110, number), (0x800, NONE))


def echo_rsp(number=1, status=0):
    return command((2, VERIFICATION), (0x100, 0x8030), (0x120, number), (0x800, NONE), (0x900, status))


def store_rq(number=1, sop_class=CT, instance=INSTANCE, *more):
    return command((2, sop_class), (0x100, 1), (0x110, number), (0x700, 0), (0x800, 1), (0x1000, instance), *more)


def store_rsp(number=1, status=0, sop_class=CT, instance=INSTANCE):
    return command((2, sop_class), (0x100, 0x8001), (0x120, number), (0x800, NONE), (0x900, status), (0x1000, instance))


def query_rq(field, sop_class, number=1, priority=0, destination=()):
    return command((2, sop_class), (0x100, field), (0x110, number), *destination, (0x700, priority), (0x800, 1))


def query_rsp(field, number, status, *more, data_set=NONE):
    return command((0x100, field), (0x120, number), (0x800, data_set), (0x900, status), *more)


def counts(remaining, completed, failed, warning):
    return tuple(zip((0x1020, 0x1021, 0x1022, 0x1023), (remaining, completed, failed, warning)))


# Data sets in explicit VR little endian.
def element(tag, vr, value, length=None):
    if isinstance(value, str):
        value = value.encode() + (b'\0' if vr == 'UI' else b' ') * (len(value) % 2)
    length = len(value) if length is None else length
    head = struct.pack('<HH2s', tag >> 16, tag & 0xffff, vr.encode())
    return head + (struct.pack('<HL', 0, length) if vr in ('OB', 'OW', 'SQ', 'UN', 'UT') else struct.pack('<H', length)) + value


def sequence(tag, *items):
    return element(tag, 'SQ', b''.join(struct.pack('<HHL', 0xfffe, 0xe000, len(one)) + one for one in items))


def stored(sop_class=CT, instance=INSTANCE, before=b'', middle=b'', behind=b''):
    return (before + element(0x00080016, 'UI', sop_class) + element(0x00080018, 'UI', instance) + middle
            + element(0x0020000d, 'UI', STUDY) + behind)


IMAGE = stored(middle=element(0x00080060, 'CS', 'CT'))
LEVEL = element(0x00080052, 'CS', 'STUDY') + element(0x0020000d, 'UI', STUDY)


def store(number=1, data_set=IMAGE, context=3, sop_class=CT, status=0, instance=INSTANCE):
    return [(O, message(context, store_rq(number, sop_class, instance), data_set)), (A, message(context, store_rsp(number, status, sop_class, instance)))]


def pieces(whole, at):
    return whole[:at], whole[at:]


class Dialogue:
    """`told`: the names of the rules that are broken, each with who breaks it; `statuses`: (command, status) of operations to be told."""

    def __init__(self, told, steps, statuses=(), end='released'):
        self.told = [(name, by) for name, by in ((t, O) if isinstance(t, str) else t for t in told)]
        self.steps, self.statuses, self.end = steps, list(statuses), end


ECHOED, STORED = [('C-ECHO', '0000')], [('C-STORE', '0000')]
HEAD, TAIL = pieces(echo_rq(), 20)
ODD_HEAD, ODD_TAIL = pieces(IMAGE, 31)
ROLE = item(0x54, text16(CT) + b'\1\1')


def opened_with(rule, rejected=(1, 1, 1), **what):
    """A request that breaks a rule, and is rejected."""
    what.setdefault('contexts', proposed(USUAL[:1]))
    return Dialogue([rule], [(O, request(**what)), (A, reject(*rejected))], end='rejected')


def answered_with(rule, answers=None, **what):
    return Dialogue([(rule, A)], [(O, request()), (A, acceptance(answers, **what)), *CLOSE])


UPPER_LAYER = [
    Dialogue(['dicom.pdu_type'], [*OPEN, (O, pdu(0x99, b'nobody')), (A, abort(2, 1))], end='aborted'),
    Dialogue(['dicom.pdu_length'], [*OPEN, (O, pdu(4, b'\0\0')), (A, abort(2, 6))], end='aborted'),
    opened_with('dicom.association_pdu', user=item(0x50, USER) + b'\x70\0\0\x20short'),
    opened_with('dicom.item_length', user=item(0x50, item(0x51, b'\0\x10\0') + CLASS)),
    opened_with('dicom.item_nesting', user=item(0x50, USER) + item(0x30, CT.encode())),
    opened_with('dicom.protocol_version', (1, 2, 2), version=2),
    opened_with('dicom.ae_title', (1, 1, 3), calling='BAD\\TITLE'),
    opened_with('dicom.suspicious_ae_title', (1, 1, 3), calling='../../etc/x'),
    Dialogue(2 * ['dicom.suspicious_ae_title'], [(O, request(proposed(USUAL[:1]), calling='CT/1', called='$(id)')), (A, reject(1, 1, 7))], end='rejected'),
    opened_with('dicom.uid', contexts=proposed() + raw.context(17, '1.2.03.4', IMPLICIT)),
    opened_with('dicom.application_context', (1, 1, 2), application=b''),
    opened_with('dicom.application_context_name', (1, 1, 2), application=item(0x10, b'1.2.840.10008.3.1.1.2')),
    opened_with('dicom.presentation_context', contexts=b''),
    opened_with('dicom.even_context_id', contexts=proposed() + raw.context(2, CT, IMPLICIT)),
    opened_with('dicom.repeated_context_id', contexts=proposed() + raw.context(3, CT, IMPLICIT)),
    opened_with('dicom.abstract_syntax', contexts=item(0x20, b'\1\0\0\0' + 2 * item(0x30, CT.encode()) + item(0x40, IMPLICIT.encode()))),
    opened_with('dicom.transfer_syntax', contexts=item(0x20, b'\1\0\0\0' + item(0x30, CT.encode()))),
    opened_with('dicom.user_information', user=b''),
    opened_with('dicom.maximum_length_item', user=item(0x50, CLASS)),
    opened_with('dicom.implementation_class_uid', user=item(0x50, LONGEST)),
    opened_with('dicom.user_identity_type', user=item(0x50, USER + item(0x58, b'\x09\0' + text16('somebody') + text16('')))),
    answered_with('dicom.context_result', all_accepted(without=[1]) + accepted(1, IMPLICIT, 9)),
    answered_with('dicom.unproposed_context', all_accepted() + accepted(99, IMPLICIT)),
    answered_with('dicom.unanswered_context', all_accepted(without=[5])),
    answered_with('dicom.unproposed_transfer_syntax', all_accepted(but=[(3, BIG)])),
    answered_with('dicom.unproposed_item', user=item(0x50, USER + ROLE)),
    Dialogue([('dicom.rejection_code', A)], [(O, request()), (A, reject(1, 1, 4))], end='rejected'),
    Dialogue([('dicom.abort_code', A)], [*OPEN, (A, abort(1, 0))], end='aborted'),
    Dialogue(['dicom.pdv_length'], [*OPEN, (O, pdu(4, struct.pack('>LBB', 100, 1, 3) + echo_rq()[:20])), (A, abort(2, 6))], end='aborted'),
    Dialogue(['dicom.pdv_context'], [*OPEN, (O, message(99, echo_rq())), (A, abort(0, 0))], [('C-ECHO', None)], end='aborted'),
    Dialogue(['dicom.maximum_length'], [*OPEN, (O, message(3, store_rq())), (O, pdu(4, pdv(3, 2, stored(behind=element(0x7fe00010, 'OW', bytes(4096)))))),
                                        (A, message(3, store_rsp())), *CLOSE], STORED),
    Dialogue(['dicom.control_header'], [*OPEN, (O, pdu(4, pdv(1, 0x83, echo_rq()))), (A, message(1, echo_rsp())), *CLOSE], ECHOED),
    Dialogue(['dicom.odd_fragment'], [*OPEN, (O, message(3, store_rq()) + pdu(4, pdv(3, 0, ODD_HEAD)) + pdu(4, pdv(3, 2, ODD_TAIL))),
                                      (A, message(3, store_rsp())), *CLOSE], STORED),
    Dialogue(['dicom.empty_fragment'], [*OPEN, (O, pdu(4, pdv(1, 1, b'')) + pdu(4, pdv(1, 3, echo_rq()))), (A, message(1, echo_rsp())), *CLOSE], ECHOED),
    Dialogue(['dicom.interleaved_messages'], [*OPEN, (O, pdu(4, pdv(3, 1, store_rq())) + message(1, echo_rq(2))), (A, message(1, echo_rsp(2))), *CLOSE],
             ECHOED),
    Dialogue(['dicom.messages_in_one_pdu'], [*OPEN, (O, pdu(4, pdv(1, 3, echo_rq(1)) + pdv(1, 3, echo_rq(2)))),
                                             (A, message(1, echo_rsp(1)) + message(1, echo_rsp(2))), *CLOSE], 2 * ECHOED),
    Dialogue(['dicom.command_and_data_in_one_pdu'], [*OPEN, (O, pdu(4, pdv(3, 3, store_rq()) + pdv(3, 2, IMAGE))), (A, message(3, store_rsp())), *CLOSE],
             STORED),
    Dialogue(['dicom.data_before_acceptance'], [(O, request() + message(1, echo_rq())), (A, acceptance() + message(1, echo_rsp())), *CLOSE], ECHOED),
    Dialogue(['dicom.data_after_release'], [*OPEN, (O, RELEASE + message(1, echo_rq())), (A, RELEASED)]),
    Dialogue([('dicom.unexpected_pdu', A)], [*OPEN, (A, acceptance()), *CLOSE]),
]


def echo_with(*pairs):
    return [(O, message(1, command(*pairs)))]


EXCHANGE = [
    Dialogue(['dicom.command_set'], [*OPEN, (O, message(1, echo_rq() + b'\0\0\0\x10\xff\0\0\0')), (A, message(1, echo_rsp())), *CLOSE], ECHOED),
    Dialogue(['dicom.command_group'], [*OPEN, (O, message(1, echo_rq() + b'\x08\0\0\0\2\0\0\0\0\0')), (A, message(1, echo_rsp())), *CLOSE], ECHOED),
    Dialogue(['dicom.command_element_length'],
             [*OPEN, (O, message(3, store_rq(1, CT, INSTANCE, (0x1031, b'\1\0\0\0')), IMAGE)), (A, message(3, store_rsp())), *CLOSE], STORED),
    Dialogue(['dicom.command_contradiction', 'dicom.command_element_order'],
             [*OPEN, *echo_with((2, VERIFICATION), (0x100, 0x30), (0x110, 1), (0x110, 2), (0x800, NONE)), (A, message(1, echo_rsp())), *CLOSE], ECHOED),
    Dialogue(['dicom.asynchronous_window'], [(O, request(user=item(0x50, NO_WINDOW))), (A, acceptance(user=item(0x50, NO_WINDOW))),
                                             (O, message(1, echo_rq(1)) + message(1, echo_rq(2))), LATER, (A, message(1, echo_rsp(1)) + message(1, echo_rsp(2))),
                                             *CLOSE], 2 * ECHOED),
    Dialogue(['dicom.message_order'], [*OPEN, *store(), (O, pdu(4, pdv(3, 2, IMAGE))), (A, abort(0, 0))], STORED, end='aborted'),
    Dialogue([('dicom.response_without_request', A)], [*OPEN, (A, message(1, echo_rsp(7))), *CLOSE], ECHOED),
    Dialogue(['dicom.command_element_order'], [*OPEN, *echo_with((0x100, 0x30), (2, VERIFICATION), (0x110, 1), (0x800, NONE)),
                                               (A, message(1, echo_rsp())), *CLOSE], ECHOED),
    Dialogue(['dicom.command_group_length'], [*OPEN, (O, message(1, echo_rq()[12:])), (A, message(1, echo_rsp())), *CLOSE], ECHOED),
    Dialogue(['dicom.command_elements'], [*OPEN, *echo_with((0x100, 0x30), (0x110, 1), (0x800, NONE)), (A, message(1, echo_rsp())), *CLOSE], ECHOED),
    Dialogue(['dicom.command_uid', ('dicom.command_uid', A)], [*OPEN, *store(instance='1.2.03.4', data_set=IMAGE), *CLOSE], STORED),
    Dialogue(['dicom.unknown_command'], [*OPEN, *echo_with((2, VERIFICATION), (0x100, 0x40), (0x110, 1), (0x800, NONE)), (A, abort(0, 0))],
             [(None, None)], end='aborted'),
    Dialogue(['dicom.move_destination'], [*OPEN_MANY, (O, message(7, query_rq(0x21, MOVE), LEVEL)), (A, message(7, query_rsp(0x8021, 1, 0xa801))), *CLOSE],
             [('C-MOVE', 'A801')]),
    Dialogue(['dicom.ae_title'], [*OPEN_MANY, (O, message(7, query_rq(0x21, MOVE, destination=((0x600, 'A\\B\x07'),)), LEVEL)),
                                  (A, message(7, query_rsp(0x8021, 1, 0xa801))), *CLOSE], [('C-MOVE', 'A801')]),
    Dialogue(['dicom.data_set_type'], [*OPEN, (O, message(1, command((2, VERIFICATION), (0x100, 0x30), (0x110, 1), (0x800, 1)), IMAGE)),
                                       (A, message(1, echo_rsp())), *CLOSE], ECHOED),
    Dialogue(['dicom.data_set_missing'], [*OPEN, (O, message(3, store_rq(1)) + message(1, echo_rq(2))), (A, message(1, echo_rsp(2))), (A, abort(0, 0))],
             [('C-ECHO', '0000'), ('C-STORE', None)], end='aborted'),
    Dialogue(['dicom.data_set_missing'], [*OPEN, (O, message(3, store_rq())), *CLOSE], [('C-STORE', None)]),
    Dialogue([('dicom.data_set_missing', A)],
             [*OPEN, (O, message(5, query_rq(0x20, FIND), LEVEL)), (A, message(5, query_rsp(0x8020, 1, 0xff00, data_set=1))), *CLOSE], [('C-FIND', None)]),
    Dialogue(['dicom.data_set_unannounced'], [*OPEN, (O, message(1, echo_rq(), IMAGE)), (A, message(1, echo_rsp())), *CLOSE], ECHOED),
    Dialogue(['dicom.sop_class_of_context'], [*OPEN, (O, message(3, store_rq(sop_class=PDF), stored(PDF))), (A, message(3, store_rsp(sop_class=PDF))),
                                              *CLOSE], STORED),
    Dialogue(['dicom.message_id_reused'], [*OPEN, (O, message(1, echo_rq()) + message(3, store_rq(1), IMAGE)), LATER,
                                           (A, message(1, echo_rsp()) + message(3, store_rsp(1))), *CLOSE], ECHOED + STORED),
    Dialogue([('dicom.response_after_final', A)], [*OPEN, (O, message(1, echo_rq())), (A, message(1, echo_rsp()) + message(1, echo_rsp())), *CLOSE],
             2 * ECHOED),
    Dialogue([('dicom.status', A)], [*OPEN, (O, message(1, echo_rq())), (A, message(1, echo_rsp(1, 0x7777))), *CLOSE], [('C-ECHO', '7777')]),
    Dialogue([('dicom.sub_operations', A)],
             [*OPEN_MANY, (O, message(7, query_rq(0x21, MOVE, destination=((0x600, 'KEEPER'),)), LEVEL)),
              (A, message(7, query_rsp(0x8021, 1, 0xff00, *counts(2, 2, 0, 0)))), (A, message(7, query_rsp(0x8021, 1, 0xff00, *counts(3, 1, 0, 0)))),
              (A, message(7, query_rsp(0x8021, 1, 0, *counts(0, 4, 0, 0)))), *CLOSE], [('C-MOVE', '0000')]),
]


def storing(rule, data_set, context=3, sop_class=CT):
    return Dialogue([rule] if rule else [], [*OPEN_MANY, *store(data_set=data_set, context=context, sop_class=sop_class), *CLOSE], STORED)


def document(content, mime_type):
    return stored(PDF, behind=element(0x00420011, 'OB', content + b'\0' * (len(content) % 2)) + element(0x00420012, 'LO', mime_type))


DATA_SETS = [
    storing('dicom.data_set_nesting', stored(middle=struct.pack('<HHL', 0xfffe, 0xe00d, 0))),
    storing('dicom.data_set_vr', stored(middle=struct.pack('<HH2sH', 8, 0x60, b'??', 2) + b'CT')),
    storing('dicom.data_set_odd_length', stored(middle=element(0x00080050, 'SH', b'A17', 3) + element(0x00080060, 'CS', b'CT ', 3))),
    storing('dicom.data_set_length', stored(behind=b'')[:-8]),
    storing('dicom.data_set_order', stored(middle=element(0x00080060, 'CS', 'CT') + element(0x00080050, 'SH', '17'))),
    storing('dicom.sop_class_of_data_set', stored('1.2.840.10008.5.1.4.1.1.4')),
    storing('dicom.data_set_uid', stored(middle=element(0x0020000d, 'UI', '1.2.x'))[:-len(element(0x0020000d, 'UI', STUDY))]),
    # No rule of PS3 is broken, but a trust.
    storing(None, document(b'MZ\x90\0 this is no portable document', 'application/pdf'), 9, PDF),
    storing(None, document(b'#!/bin/sh\necho hello', 'text/plain'), 9, PDF),
    storing(None, document(b'GIF89a, they say it is a document', 'application/pdf'), 9, PDF),
    storing(None, document(b'%PDF-1.7 is what it says it is.', 'application/pdf'), 9, PDF),
    storing(None, stored(before=element(0x00080005, 'CS', 'ISO_IR 100') + element(0x00080012, 'DA', '20240229') + element(0x00080013, 'TM', '101112.5'),
                         middle=element(0x00080060, 'CS', 'CT') + element(0x00080070, 'LO', 'Acme') + element(0x00080201, 'SH', '+0130')
                         + element(0x00081010, 'SH', 'BENCH1') + element(0x00081090, 'LO', 'Scanner 3000') + element(0x00120062, 'CS', 'YES')
                         + element(0x00181020, 'LO', '4.2\\7'))),
    # PS3.5 6.2: a CS is written in capitals.
    Dialogue(['dicom.query_level'], [*OPEN, (O, message(5, query_rq(0x20, FIND), element(0x00080052, 'CS', 'study ') + element(0x0020000d, 'UI', STUDY))),
                                     (A, message(5, query_rsp(0x8020, 1, 0))), *CLOSE], [('C-FIND', '0000')]),
]


# PS3.7 C: each status that no other capture shows, in answer to what may be answered so.
def performed(field, number, status):
    # C-FIND: identifier; N-: instance of a class, data set or not.
    if field == 0x20:
        return [(O, message(5, query_rq(0x20, FIND, number, priority=1), LEVEL)), (A, message(5, query_rsp(0x8020, number, status)))]
    requested = field in (0x110, 0x120, 0x130, 0x150)
    context, sop_class = (15, PRINTER) if field == 0x110 else (11, STEP)
    has_data = field in (0x120, 0x140)
    pairs = [(3 if requested else 2, sop_class), (0x100, field), (0x110, number), (0x800, 1 if has_data else NONE),
             (0x1001 if requested else 0x1000, INSTANCE)]
    pairs += [(0x1002, 9)] if field == 0x100 else [(0x1008, 9)] if field == 0x130 else []
    data_set = element(0x00400252, 'CS', 'IN PROGRESS') if has_data else b''
    reply = command((0x100, field | 0x8000), (0x120, number), (0x800, NONE), (0x900, status), (0x902, 'because'), (0x903, number))
    return [(O, message(context, command(*pairs), data_set)), (A, message(context, reply))]


NORMALIZED = {0x100: 'N-EVENT-REPORT', 0x110: 'N-GET', 0x120: 'N-SET', 0x130: 'N-ACTION', 0x140: 'N-CREATE', 0x150: 'N-DELETE'}
STATUSES = [(0x110, 0x0001), (0x120, 0x0105), (0x120, 0x0106), (0x140, 0x0107), (0x120, 0x0112), (0x100, 0x0113), (0x130, 0x0114), (0x130, 0x0115),
            (0x140, 0x0116), (0x120, 0x0118), (0x130, 0x0119), (0x140, 0x0120), (0x140, 0x0121), (0x130, 0x0123), (0x120, 0x0210), (0x150, 0x0211),
            (0x120, 0x0212)]


def roles(user):
    return [(O, request(proposed(MANY), user=item(0x50, USER + b''.join(item(0x54, text16(uid) + flags) for uid, flags in user))))]


WORKLIST_KEYS = element(0x00080050, 'SH', '') + sequence(0x00400100, element(0x00400002, 'DA', '20240101-'))
WORKLIST_ANSWER = element(0x00080050, 'SH', 'A17') + element(0x00100020, 'LO', 'P17') + element(0x0020000d, 'UI', STUDY) + sequence(
    0x00400100, element(0x00080060, 'CS', 'CT') + element(0x00400001, 'AE', 'BREAKER') + element(0x00400020, 'CS', 'SCHEDULED'))
SEEN_SELDOM = [
    Dialogue([], [*OPEN_MANY, *(step for number, (field, status) in enumerate(STATUSES, 1) for step in performed(field, number, status)), *CLOSE],
             [(NORMALIZED[field], f'{status:04X}') for field, status in STATUSES]),
    Dialogue([], [*OPEN, *performed(0x20, 1, 0xa700), *CLOSE], [('C-FIND', 'A700')]),
    Dialogue([], [*OPEN_MANY, (O, message(13, query_rq(0x20, WORKLIST), WORKLIST_KEYS)), (A, message(13, query_rsp(0x8020, 1, 0xff00, data_set=1), WORKLIST_ANSWER)),
                  (A, message(13, query_rsp(0x8020, 1, 0))), *CLOSE], [('C-FIND', '0000')]),
    # Roles granted in part and not at all.
    Dialogue([], [*roles([(CT, b'\1\1'), (FIND, b'\1\0'), (MOVE, b'\1\1'), (PDF, b'\0\1')]),
                  (A, acceptance(all_accepted(MANY), user=item(0x50, USER + item(0x54, text16(CT) + b'\1\0') + item(0x54, text16(FIND) + b'\0\0')
                                           + item(0x54, text16(PDF) + b'\0\1')))), *CLOSE]),
    # Nobody answers, for longer than anybody waits.
    Dialogue([], [(O, request()), (None, 31)], end='timeout'),
    # The capture ends first.
    Dialogue([], [*OPEN, (O, message(1, echo_rq())), (None, 'until the end')], [('C-ECHO', None)], end='open'),
]
SETS = {'upper-layer': UPPER_LAYER, 'exchange': EXCHANGE, 'data-sets': DATA_SETS, 'seen-seldom': SEEN_SELDOM}


def read(line, size):
    while size > 0:
        got = line.recv(size)
        if not got:
            raise SystemExit('the other side closed')
        size -= len(got)


def speak(line, dialogue, side):
    for who, what in dialogue.steps:
        if who is None:
            time.sleep(3600 if isinstance(what, str) else what)
        elif who == side:
            line.sendall(what)
            time.sleep(0.02)    # a segment of its own
        else:
            read(line, len(what))


def lasts(dialogue):
    return (None, 'until the end') in dialogue.steps


def opener(dialogues, host):
    for number, dialogue in enumerate(dialogues):
        line = socket.socket()
        line.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        line.bind(('', FIRST_SOURCE_PORT + number))
        line.connect((host, PORT))
        names = ' '.join(name for name, _ in dialogue.told) or 'nothing'
        print(f'Dialogue port={FIRST_SOURCE_PORT + number} breaks {names}', flush=True)
        if lasts(dialogue):
            print('Lasts', flush=True)
        speak(line, dialogue, O)
        line.shutdown(socket.SHUT_WR)
        line.recv(1)
        line.close()


def acceptor(dialogues):
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(('', PORT))
    listener.listen()
    for number, dialogue in enumerate(dialogues):
        line, _ = listener.accept()
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        print(f'Dialogue port={FIRST_SOURCE_PORT + number} accepted', flush=True)
        speak(line, dialogue, A)
        line.recv(1)
        line.close()


def expect(name, source, destination, notes):
    told = [{'source_port': FIRST_SOURCE_PORT + number, 'violations': [list(one) for one in dialogue.told],
             'operations': [list(one) for one in dialogue.statuses], 'end': dialogue.end} for number, dialogue in enumerate(SETS[name])]
    lines = ',\n  '.join(json.dumps(one) for one in told)
    print(f'{{"capture": "{name}.pcap", "source": "{source}", "destination": "{destination}", "notes": {json.dumps(notes)},\n "connections": [\n  {lines}]}}')


if __name__ == '__main__':
    if sys.argv[1] == 'expect':
        expect(*sys.argv[2:])
    elif sys.argv[1] == O:
        opener(SETS[sys.argv[2]], sys.argv[3])
    else:
        acceptor(SETS[sys.argv[2]])
