#!/usr/bin/python3
"""hl7_messages.py FOLDER: HL7 v2 messages of people who do not exist, a file each, not framed.

NAME.hl7: adt-a01, adt-a04, adt-a08, orm, oru, ...; see MESSAGES. File names carry the MSH-10 number.
"""
import os
import sys

NAMES = ['ALICE', 'BASIL', 'CLARA', 'DORIS', 'EMERY', 'FLORA']


def message(number, kind, name=None, version='2.5.1', processing='P', charset='', patient_id=True, results=3, encoding='latin-1',
            sender='HIS', receiver='ENGINE'):
    who = number % len(NAMES)
    type_, event = kind.split('^')[:2]
    patient = 'PLTHID%04d^^^PLTAUTH^MR' % (who + 1) if patient_id else ''
    segments = [
        'MSH|^~\\&|%s|HOSPITAL|%s|HOSPITAL|20240102101112||%s|PLTMSG%04d|%s|%s||||||%s' % (sender, receiver, kind, number, processing, version, charset),
    ]
    if type_ == 'ADT' or type_ == 'MDM':
        segments.append('EVN|%s|20240102101112' % event)
    segments += [
        'PID|1||%s||%s||19010101|O|||PLTSTREET 1^^PLTTOWN^^00000||5550000' % (patient, name or 'PLANTED^%s^HL' % NAMES[who]),
        'PV1|1|I|PLTWARD^1^2||||PLTDOC7^PLTATTENDING^ANNA|||||||||||PLTVN%04d' % (who + 1),
    ]
    order = 'PLTORD%04d|PLTFIL%04d' % (number, number)
    if type_ == 'ORM':
        segments += ['ORC|NW|' + order + '||SC', 'OBR|1|' + order + '|PLTPROCCODE^PLTCHEST XRAY^L|||20240102101112|||||||||PLTDOC8^PLTORDERER^OTTO']
    if type_ == 'ORU':
        segments += ['ORC|RE|' + order, 'OBR|1|' + order + '|PLTPROCCODE^PLTCHEST XRAY^L|||20240102101112|||||||||PLTDOC8^PLTORDERER^OTTO||||||||CT|F']
        segments += ['OBX|%d|TX|PLTOBS^FINDING^L||PLTRESULT line %d: nothing to see here||||||F' % (i, i) for i in range(1, results + 1)]
    if type_ == 'MDM':
        segments += ['TXA|1|PLTDOCTYPE|TX|20240102101112|PLTDOC7^PLTATTENDING^ANNA|||||||PLTTXA%04d' % number]
    return ('\r'.join(segments) + '\r').encode(encoding)


MESSAGES = {
    'adt-a01': message(1, 'ADT^A01'), 'adt-a04': message(2, 'ADT^A04'), 'adt-a08': message(3, 'ADT^A08'),
    'adt-a01-structure': message(4, 'ADT^A01^ADT_A01'), 'adt-a08-again': message(5, 'ADT^A08'),
    'adt-latin': message(6, 'ADT^A08', 'PLANTEDLATIN^M\xfcLLER', charset='8859/1'),
    'adt-utf8': message(7, 'ADT^A08', 'PLANTEDUTF^M\xfcLLER\u0141', charset='UNICODE UTF-8', encoding='utf-8'),
    'adt-no-id': message(8, 'ADT^A01', patient_id=False),
    'adt-version': message(9, 'ADT^A04', version='3.0'),
    'adt-unanswered': message(10, 'ADT^A31'),
    'adt-e1': message(11, 'ADT^A01', sender='ENGINE', receiver='RIS'), 'adt-e2': message(12, 'ADT^A04', sender='ENGINE', receiver='RIS'),
    'adt-e3': message(13, 'ADT^A08', sender='ENGINE', receiver='RIS'),
    'orm-e1': message(21, 'ORM^O01', sender='ENGINE', receiver='RIS'), 'orm-e2': message(22, 'ORM^O01', sender='ENGINE', receiver='RIS'),
    'orm-e3': message(23, 'ORM^O01', sender='ENGINE', receiver='RIS'),
    'orm-debug': message(24, 'ORM^O01', processing='D', sender='ENGINE', receiver='RIS'),
    'orm-h1': message(25, 'ORM^O01'), 'orm-h2': message(26, 'ORM^O01'),
    'oru-r1': message(31, 'ORU^R01', sender='RIS'), 'oru-r2': message(32, 'ORU^R01', sender='RIS'), 'oru-r3': message(33, 'ORU^R01', sender='RIS'),
    'oru-long': message(34, 'ORU^R01', results=700, sender='RIS'),
    'oru-no-id': message(35, 'ORU^R01', patient_id=False, sender='RIS'),
    'oru-e1': message(36, 'ORU^R01', sender='ENGINE', receiver='HIS'), 'oru-e2': message(37, 'ORU^R01^ORU_R01', sender='ENGINE', receiver='HIS'),
    'mdm': message(41, 'MDM^T02'),
    'vendor-orm': message(42, 'ORM^O01', sender='VENDOR', receiver='RIS'),
}
for number in range(51, 63):
    MESSAGES['adt-%d' % number] = message(number, 'ADT^A0%d' % (1, 4, 8)[number % 3])

os.makedirs(sys.argv[1])
for name, content in MESSAGES.items():
    with open(os.path.join(sys.argv[1], name + '.hl7'), 'wb') as out:
        out.write(content)
    with open(os.path.join(sys.argv[1], name + '.mllp'), 'wb') as out:        # as mllp_send reads it
        out.write(b'\x0b' + content + b'\x1c\r')
