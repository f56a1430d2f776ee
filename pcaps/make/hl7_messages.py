#!/usr/bin/python3
"""hl7_messages.py FOLDER: HL7 v2 messages of people who do not exist, a file each, not framed.

NAME.hl7: adt-a01, adt-a04, adt-a08, orm, oru, ...; see MESSAGES. File names carry the MSH-10 number.
"""
import base64
import os
import random
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


def header(number, kind, version='2.5.1', charset='', sender='HIS', receiver='ENGINE', asked='|', delimiters='|^~\\&', country='', more=''):
    """MSH with its own delimiters; `asked`: MSH-15 and MSH-16; `more`: what follows MSH-18."""
    text = 'MSH|^~\\&|%s|HOSPITAL|%s|HOSPITAL|20240102101112||%s|PLTMSG%04d|P|%s|||%s|%s|%s%s' % (
        sender, receiver, kind, number, version, asked, country, charset, more)
    return text if delimiters == '|^~\\&' else 'MSH' + delimiters + text[8:].translate(str.maketrans('|^~\\&', delimiters))


def patient(number, name='PLANTED^ALICE^HL', identifiers=None):
    return 'PID|1||%s||%s||19010101|O' % (identifiers or 'PLTHID%04d^^^PLTAUTH^MR' % number, name)


def written(*segments, encoding='latin-1'):
    return ('\r'.join(segments) + '\r').encode(encoding)


STUDY = '2.25.31415926'
# Bytes of these characters' encodings are delimiters: 7C, 5E and 5C of GB 18030, 5C and 7E of JIS X 0208 in ISO 2022.
CHINESE = ''.join(bytes(pair).decode('gb18030') for pair in ((0x81, 0x7C), (0x82, 0x5E), (0x83, 0x5C)))
JAPANESE = ''.join((b'\x1b$B' + bytes(pair) + b'\x1b(B').decode('iso2022_jp') for pair in ((0x30, 0x5C), (0x30, 0x7C), (0x30, 0x5E)))
ENHANCED = 'AL|AL'
PDF = base64.b64encode(b'%PDF-1.4\n% PLTLETTER\n' + random.Random(5).randbytes(15000) + b'\n%%EOF\n').decode()


def order(number, accession, control='NW', study=None):
    """An order as IHE RAD TF-2 4.2 writes it."""
    segments = ['ORC|%s|PLTORD%04d^HIS|PLTFIL%04d^RIS||SC' % (control, number, number),
                'OBR|1|PLTORD%04d^HIS|PLTFIL%04d^RIS|PLTPROCCODE^PLTCHEST XRAY^L||||||||||||||%s' % (number, number, accession)]
    return segments + (['ZDS|%s^DCM^Application^DICOM' % study] if study else [])


def result(number, accession, status='F', study=None):
    return ['ORC|RE|PLTORD%04d|PLTFIL%04d' % (number, number),
            'OBR|1|PLTORD%04d|PLTFIL%04d|PLTPROCCODE^PLTCHEST XRAY^L||||||||||||||%s|||||||%s' % (number, number, accession, status),
            *(['OBX|1|HD|113014^DICOM Study^DCM||%s||||||%s' % (study, status)] if study else []),
            'OBX|2|TX|PLTOBS^FINDING^L||PLTRESULT nothing to see here||||||%s' % status]


MESSAGES.update({
    # How they are acknowledged.
    'ack-%d' % number: written(header(number, kind, asked=asked), 'EVN||20240102101112', patient(1))
    for number, kind, asked in ((101, 'ADT^A01', '|'), (102, 'ADT^A02', '|'), (103, 'ADT^A03', '|'), (104, 'ADT^A04', ENHANCED),
                                (105, 'ADT^A05', 'AL|NE'), (106, 'ADT^A06', ENHANCED), (107, 'ADT^A07', ENHANCED), (108, 'ADT^A08', ENHANCED),
                                (109, 'ADT^A09', 'NE|NE'), (110, 'ADT^A10', '|'), (111, 'ADT^A11', '|'), (112, 'ADT^A12', '|'),
                                (113, 'ADT^A13', '|'), (114, 'ADT^A14', '|'), (115, 'ADT^A15', '|'))
})
MESSAGES.update({
    'ack-101-other-body': written(header(101, 'ADT^A01'), 'EVN||20240102101112', patient(2)),
    # What they hold.
    'adt-jis': written(header(121, 'ADT^A08', charset='ASCII~ISO IR87'), patient(1, 'PLANTED^' + JAPANESE), 'PV1|1|I', encoding='iso2022_jp'),
    'adt-gb': written(header(122, 'ADT^A08', charset='GB 18030-2000'), patient(2, 'PLANTED^' + CHINESE), 'PV1|1|I', encoding='gb18030'),
    'adt-a40': written(header(123, 'ADT^A40', version='2.5'), 'EVN||20240102101112', patient(1), 'MRG|PLTHID0009^^^PLTAUTH^MR'),
    'adt-software': written(header(124, 'ADT^A08', version='2.6', country='DEU', more='|||ADMISSIONS_1.0^HOSPITAL'), 'SFT|ACME^L|7.1|ADMIT|B42',
                            'EVN|A01|20240102101112|||||HOSPITAL', patient(3, identifiers='PLTHID0003^^^PLTAUTH^MR~PLTNAT0003^^^PLTSTATE^NI') +
                            '||||||||||PLTACCT0003', 'PV1|1|I|' + 16 * '|' + 'PLTVN0003'),
    'adt-delimiters': written(header(125, 'ADT^A08', delimiters='#*;!@'), *[text.translate(str.maketrans('|^~\\&', '#*;!@')) for text in (
        'EVN||20240102101112', patient(4), 'PV1|1|I')]),
    'orm-zds': written(header(126, 'ORM^O01', version='2.3.1', sender='RIS'), patient(1), *order(126, 'PLTACC0126', study=STUDY + '011')),
    'orm-two': written(header(127, 'ORM^O01', sender='RIS'), patient(1), *order(127, 'PLTACC0127'), *order(128, 'PLTACC0128')),
    'omi-ipc': written(header(129, 'OMI^O23^OMI_O23', sender='RIS'), patient(2), 'ORC|NW|PLTORD0129|PLTFIL0129||SC',
                       'OBR|1|PLTORD0129|PLTFIL0129|PLTPROCCODE^PLTCHEST XRAY^L', 'IPC|PLTACC0129|PLTRP0129|%s021|PLTSPS0129|CT' % STUDY),
    'oru-study': written(header(130, 'ORU^R01', sender='RIS'), patient(1), *result(130, 'PLTACC0126', study=STUDY + '011')),
    'oru-pdf': written(header(131, 'ORU^R01', sender='RIS'), patient(1), *result(131, 'PLTACC0127', status='C'),
                       'OBX|3|ED|PLTDOC^LETTER^L||^application^pdf^Base64^%s||||||F' % PDF),
    'mdm-report': written(header(132, 'MDM^T02', sender='RIS'), 'EVN||20240102101112', patient(2), 'TXA|1|PLTDOCTYPE|TX', *result(129, 'PLTACC0129')[1:]),
    'adt-continued': written(header(133, 'ADT^A08'), patient(1), 'DSC|PLTCONT0133|F'),
    'batch': written('BHS|^~\\&|HIS|HOSPITAL|ENGINE|HOSPITAL|20240102101112||||PLTBATCH1', *[segment for number in (134, 135) for segment in (
        header(number, 'ADT^A08'), patient(number - 133))], 'BTS|2'),
    'file': written('FHS|^~\\&|HIS|HOSPITAL|ENGINE|HOSPITAL|20240102101112', 'BHS|^~\\&|HIS|HOSPITAL|ENGINE|HOSPITAL|20240102101112||||PLTBATCH2',
                    header(136, 'ADT^A08'), patient(3), 'BTS|1', 'FTS|1'),
    **{'version-%s' % version: written(header(140 + at, 'ADT^A08', version=version), patient(1 + at))
       for at, version in enumerate(('2.1', '2.2', '2.3', '2.3.1', '2.4', '2.5', '2.6', '2.7', '2.8'))},
})
# Orders' ways: order-way.
WAY = dict(identifiers='PLTID0001^^^PLTAUTH^MR')
for way in range(1, 10):
    accession = 'PLTWAY%04d' % way
    MESSAGES['way-%d-order' % way] = written(header(200 + way, 'ORM^O01', version='2.3.1', receiver='RIS'), patient(1, **WAY), *order(200 + way, accession))
    MESSAGES['way-%d-cancel' % way] = written(header(220 + way, 'ORM^O01', version='2.3.1', receiver='RIS'), patient(1, **WAY),
                                              *order(200 + way, accession, control='CA'))
    MESSAGES['way-%d-report' % way] = written(header(240 + way, 'ORU^R01', sender='RIS'), patient(1, **WAY), *result(200 + way, accession))
MESSAGES['way-merge'] = written(header(260, 'ADT^A40', version='2.5'), 'EVN||20240102101112', patient(1, identifiers='PLTID0099^^^PLTAUTH^MR'),
                                'MRG|PLTID0001^^^PLTAUTH^MR')
for number in range(51, 63):
    MESSAGES['adt-%d' % number] = message(number, 'ADT^A0%d' % (1, 4, 8)[number % 3])

os.makedirs(sys.argv[1])
for name, content in MESSAGES.items():
    with open(os.path.join(sys.argv[1], name + '.hl7'), 'wb') as out:
        out.write(content)
    with open(os.path.join(sys.argv[1], name + '.mllp'), 'wb') as out:        # as mllp_send reads it
        out.write(b'\x0b' + content + b'\x1c\r')
