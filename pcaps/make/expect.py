#!/usr/bin/python3
"""expect.py CAPTURE LOGS NOTES: what a capture must show, from the peers' logs alone. The capture is not read.

Each association is counted from the log of the peer that opened it; an archive that opens associations on somebody's
behalf (C-MOVE, storage commitment) logs those too. What the accepting peers logged must agree, or this fails.
"""
import collections
import glob
import json
import os
import re
import sys

UIDS = {
    'VerificationSOPClass': '1.2.840.10008.1.1',
    'FINDModalityWorklistInformationModel': '1.2.840.10008.5.1.4.31',
    'StorageCommitmentPushModelSOPClass': '1.2.840.10008.1.20.1',
    'ModalityPerformedProcedureStepSOPClass': '1.2.840.10008.3.1.2.3.3',
    'FINDPatientRootQueryRetrieveInformationModel': '1.2.840.10008.5.1.4.1.2.1.1',
    'MOVEPatientRootQueryRetrieveInformationModel': '1.2.840.10008.5.1.4.1.2.1.2',
    'GETPatientRootQueryRetrieveInformationModel': '1.2.840.10008.5.1.4.1.2.1.3',
    'FINDStudyRootQueryRetrieveInformationModel': '1.2.840.10008.5.1.4.1.2.2.1',
    'MOVEStudyRootQueryRetrieveInformationModel': '1.2.840.10008.5.1.4.1.2.2.2',
    'GETStudyRootQueryRetrieveInformationModel': '1.2.840.10008.5.1.4.1.2.2.3',
    'CTImageStorage': '1.2.840.10008.5.1.4.1.1.2',
    'MRImageStorage': '1.2.840.10008.5.1.4.1.1.4',
    'UltrasoundImageStorage': '1.2.840.10008.5.1.4.1.1.6.1',
    'DigitalXRayImageStorageForPresentation': '1.2.840.10008.5.1.4.1.1.1.1',
    'SecondaryCaptureImageStorage': '1.2.840.10008.5.1.4.1.1.7',
    'GrayscaleSoftcopyPresentationStateStorage': '1.2.840.10008.5.1.4.1.1.11.1',
    'BasicTextSRStorage': '1.2.840.10008.5.1.4.1.1.88.11',
    'RTDoseStorage': '1.2.840.10008.5.1.4.1.1.481.2',
    'EncapsulatedPDFStorage': '1.2.840.10008.5.1.4.1.1.104.1',
    'BasicGrayscalePrintManagementMetaSOPClass': '1.2.840.10008.5.1.1.9',
    'BasicFilmSessionSOPClass': '1.2.840.10008.5.1.1.1',
    'BasicFilmBoxSOPClass': '1.2.840.10008.5.1.1.2',
    'BasicGrayscaleImageBoxSOPClass': '1.2.840.10008.5.1.1.4',
    'PrinterSOPClass': '1.2.840.10008.5.1.1.16',
    'PresentationLUTSOPClass': '1.2.840.10008.5.1.1.23',
}
BASE = '1.2.840.10008.1.2'
TRANSFER_SYNTAXES = {
    'LittleEndianImplicit': BASE, 'LittleEndianExplicit': BASE + '.1', 'DeflatedLittleEndianExplicit': BASE + '.1.99',
    'BigEndianExplicit': BASE + '.2', 'RLELossless': BASE + '.5',
    'PrivateGELittleEndianImplicitWithBigEndianPixelData': '1.2.840.113619.5.2',
    **{name: f'{BASE}.4.{number}' for name, number in {
        'JPEGBaseline': 50, 'JPEGExtended:Process2+4': 51, 'JPEGSpectralSelection:Non-hierarchical:Process6+8': 53,
        'JPEGFullProgression:Non-hierarchical:Process10+12': 55, 'JPEGLossless:Non-hierarchical:Process14': 57,
        'JPEGExtended:Process3+5': 52, 'JPEGSpectralSelection:Non-hierarchical:Process7+9': 54,
        'JPEGFullProgression:Non-hierarchical:Process11+13': 56, 'JPEGLossless:Non-hierarchical:Process15': 58,
        'JPEGExtended:Hierarchical:Process16+18': 59, 'JPEGExtended:Hierarchical:Process17+19': 60,
        'JPEGSpectralSelection:Hierarchical:Process20+22': 61, 'JPEGSpectralSelection:Hierarchical:Process21+23': 62,
        'JPEGFullProgression:Hierarchical:Process24+26': 63, 'JPEGFullProgression:Hierarchical:Process25+27': 64,
        'JPEGLossless:Hierarchical:Process28': 65, 'JPEGLossless:Hierarchical:Process29': 66,
        'JPEGLossless:Non-hierarchical-1stOrderPrediction': 70, 'JPEGLSLossless': 80, 'JPEGLSLossy': 81,
        'JPEG2000LosslessOnly': 90, 'JPEG2000': 91, 'JPEG2000MulticomponentLosslessOnly': 92, 'JPEG2000Multicomponent': 93,
        'MPEG2MainProfile@MainLevel': 100, 'MPEG2MainProfile@HighLevel': 101, 'MPEG4HighProfile/Level4.1': 102,
        'MPEG4BDcompatibleHighProfile/Level4.1': 103, 'MPEG4HighProfile/Level4.2For2DVideo': 104,
        'MPEG4HighProfile/Level4.2For3DVideo': 105, 'MPEG4StereoHighProfile/Level4.2': 106, 'HEVCMainProfile/Level5.1': 107,
        'HEVCMain10Profile/Level5.1': 108}.items()},
}
CONTEXT_RESULTS = {'Accepted': 0, 'User Rejection': 1, 'No Reason': 2, 'Abstract Syntax Not Supported': 3, 'Transfer Syntaxes Not Supported': 4}
SUB_OPERATIONS = {'completed': ('Completed Suboperations', 'NumberOfCompletedSuboperations'),
                  'failed': ('Failed Suboperations', 'NumberOfFailedSuboperations'),
                  'warning': ('Warning Suboperations', 'NumberOfWarningSuboperations')}
# What dcmqrscp's words for a status stand for here.
DCMQRSCP_STATUSES = {'Success': 0, 'Warning: CoercionOfDataElements': 0xB000, 'Refused: OutOfResources': 0xA700,
                     'Error: CannotUnderstand': 0xC000}
MODALITIES = {'CT': 'CTImageStorage', 'MR': 'MRImageStorage', 'US': 'UltrasoundImageStorage'}   # dcmqrscp's "(CT)"
COMMANDS = {0x0001: 'C-STORE', 0x0010: 'C-GET', 0x0020: 'C-FIND', 0x0021: 'C-MOVE', 0x0030: 'C-ECHO',
            0x0100: 'N-EVENT-REPORT', 0x0110: 'N-GET', 0x0120: 'N-SET', 0x0130: 'N-ACTION', 0x0140: 'N-CREATE', 0x0150: 'N-DELETE'}
RESULTS = {'Rejected Permanent': 1, 'Rejected Transient': 2}
SOURCES = {'Service User': 1, 'Service Provider (ACSE Related)': 2, 'Service Provider (Presentation Related)': 3}
REASONS = {'No Reason': 1, 'App Context Name Not Supported': 2, 'Calling AE Title Not Recognized': 3,
           'Called AE Title Not Recognized': 7, 'Protocol Version Not Supported': 2,
           'Temporary Congestion': 1, 'Local Limit Exceeded': 2}


DCMJS_SOURCES = {'Service user': 1, 'Service provider (ACSE)': 2, 'Service provider (Presentation)': 3}
DCMJS_REASONS = {('Service user', 'Calling AE title not recognized'): 3}
DCMJS_ABORTS = {'Service user': 0, 'Unknown': 1, 'Service provider': 2, 'Not specified': 0, 'Unrecognized PDU': 1, 'Unexpected PDU': 2,
                'Unrecognized PDU parameter': 4, 'Unexpected PDU parameter': 5, 'Invalid PDU parameter': 6}


class Association:
    early = False                                # set while a log is read up to where the capture started

    def __init__(self, source, destination, port, calling, called):
        self.place = source, destination, port
        self.titles = calling, called
        self.end, self.rejection, self.accepted = None, None, False
        self.operations, self.waiting = [], {}
        self.before = self.early                 # opened before the capture started
        self.contexts, self.identity, self.windows, self.extended = [], None, None, []
        self.aborts, self.sub_operations, self.stored = [], [], []

    def request(self, invoker, command, sop_class, message_id):
        operation = [invoker, command, UIDS.get(sop_class, sop_class), None, self.early]
        assert operation[2][0].isdigit(), f'no UID for {sop_class}'
        self.operations.append(operation)
        self.waiting[invoker, message_id] = operation

    def response(self, invoker, message_id, status):
        if status & 0xFF00 != 0xFF00:                    # pending
            operation = self.waiting.pop((invoker, message_id), None)
            if operation:
                operation[3] = '%04X' % status
            return operation
        return None

    def counted(self, operation, fields, names):
        """The sub-operations that the final response of a retrieve counts."""
        if operation and operation[1] in ('C-GET', 'C-MOVE'):
            counts = [int(fields[name]) if fields.get(name, 'none') != 'none' else -1 for name in names]
            self.sub_operations.append((operation[1], operation[3], *counts))

    def used(self, operation, context_id):
        """The transfer syntax in which an object was stored, where what was negotiated is in the log."""
        context = next((c for c in self.contexts if c['id'] == context_id), None)
        if operation and operation[1] == 'C-STORE' and context:
            self.stored.append((operation[2], context['transfer_syntax'], operation[3]))


class Log:
    def __init__(self, path):
        self.name = os.path.basename(path)
        with open(path, encoding='utf-8') as file:
            self.lines = [line.rstrip('\n') for line in file]
        self.header, self.command = {}, ''
        for line in self.lines:
            word, _, rest = line.partition(' ')
            if word in ('#opener', '#listener', '#hosts', '#titles', '#end'):
                self.header.setdefault('role', word[1:])
                if word == '#titles':
                    self.header['titles'] = rest.split()
                elif word == '#end':
                    self.header['end'] = rest.split(':')[0]
                elif word == '#hosts':
                    self.header['hosts'] = dict(pair.split('=') for pair in rest.split())
                else:
                    self.header.update(pair.split('=', 1) for pair in rest.split())
            elif word == '#command':
                self.command = rest

    @property
    def place(self):
        return self.header['source'], self.header['destination'], int(self.header['port'])


def dimse_messages(lines):
    """Yields (index, direction, fields) for each message that DCMTK's debug level dumped."""
    fields = None
    for index, line in enumerate(lines):
        line = re.sub(r'^[A-Z]: ', '', line)
        found = re.match(r'=+ (INCOMING|OUTGOING) DIMSE MESSAGE', line)
        if found:
            start, direction, fields = index, found[1], {}
        elif 'END DIMSE MESSAGE' in line and fields is not None:
            yield start, direction, fields
            fields = None
        elif fields is not None and ':' in line:
            key, _, value = line.partition(':')
            fields.setdefault(key.strip(), value.strip())


def take(association, direction, fields, ours='opener'):
    """A message of a log kept by the opener (ours) or the acceptor."""
    theirs = 'acceptor' if ours == 'opener' else 'opener'
    command, kind = fields['Message Type'].rsplit(' ', 1)
    if command == 'C-CANCEL':
        return
    if kind == 'RQ':
        sop_class = fields.get('Affected SOP Class UID') or fields.get('Requested SOP Class UID') or 'VerificationSOPClass'
        association.request(ours if direction == 'OUTGOING' else theirs, command, sop_class, int(fields['Message ID']))
    else:
        invoker = ours if direction == 'INCOMING' else theirs
        operation = association.response(invoker, int(fields['Message ID Being Responded To']), int(fields['DIMSE Status'][2:6], 16))
        association.counted(operation, fields, [dcmtk for dcmtk, _ in SUB_OPERATIONS.values()])
        if 'Presentation Context ID' in fields:
            association.used(operation, int(fields['Presentation Context ID']))


def titles_after(lines, index):
    found = {}
    for line in lines[index:]:
        match = re.search(r'(Calling|Called) Application Name: +(\S*)', line)
        if match:
            found[match[1]] = match[2]
        if len(found) == 2:
            return found['Calling'], found['Called']
    raise ValueError('no titles')


def uid(name):
    name = name.lstrip('=')
    number = UIDS.get(name) or TRANSFER_SYNTAXES.get(name) or name
    assert number[0].isdigit(), f'no UID for {name}'
    return number


def dcmtk_negotiated(association, lines):
    """What an A-ASSOCIATE dump of DCMTK's says, where the log kept it: first of the request, then of the acceptance."""
    context, part, extended = None, '', {}
    for line in lines:
        line = re.sub(r'^[A-Z]: ', '', line)
        if 'END A-ASSOCIATE' in line:
            break
        found = re.match(r'  Context ID: +(\d+) \((.*)\)', line)
        if found and found[2] == 'Proposed':
            context = {'id': int(found[1]), 'proposed': [], 'result': None, 'transfer_syntax': None, 'roles': None}
            association.contexts.append(context)
        elif found:
            context = next(c for c in association.contexts if c['id'] == int(found[1]))
            context['result'] = CONTEXT_RESULTS[found[2]]
        for words, name in (('    Abstract Syntax: ', 'abstract_syntax'), ('    Accepted Transfer Syntax: ', 'transfer_syntax')):
            if line.startswith(words):
                context[name] = uid(line[len(words):])
        for words, name in (('    Proposed SCP/SCU Role: ', 'proposed_role'), ('    Accepted SCP/SCU Role: ', 'accepted_role')):
            if line.startswith(words):
                context[name] = line[len(words):]
        if line.startswith('      =') and context['result'] is None:
            context['proposed'].append(uid(line.strip()))
        found = re.match(r'(Requested|Accepted) Extended Negotiation:', line)
        if found or line.startswith(('Requested User', 'User Identity')):
            part = found and found[1]
        if part and re.match(r'  =', line):
            sop_class = re.search(r'\((.*)\)', line)[1]
        elif part and line.startswith('    ['):
            extended.setdefault(sop_class, {})[part] = ''.join(re.findall('0x(..)', line))
        found = re.match(r'  Authentication mode (\d)', line)
        if found:
            association.identity = {'type': int(found[1]), 'answered': False}
        if line.startswith('  Positive Response requested'):
            association.identity['asked'] = line.endswith('Yes')
        if line.startswith('  Server Response'):
            association.identity['answered'] = True
    association.extended = [(c, values.get('Requested'), values.get('Accepted', '')) for c, values in extended.items()]


def dcmtk_opener(log):
    messages = {index: (direction, fields) for index, direction, fields in dimse_messages(log.lines)}
    associations, now, reserved = [], None, None
    Association.early = '#capture starts' in log.lines
    for index, line in enumerate(log.lines):
        line = re.sub(r'^[A-Z]: ', '', line)
        if line == '#capture starts':
            Association.early = False
        elif 'BEGIN A-ASSOCIATE-RQ' in line:
            now = Association(*log.place, *titles_after(log.lines, index))
            associations.append(now)
            dcmtk_negotiated(now, log.lines[index:])
        elif line == 'Requesting Association' and 'titles' in log.header:        # dcmprscu dumps messages only
            now = Association(*log.place, *log.header['titles'])
            associations.append(now)
        elif now is None:
            continue
        elif 'BEGIN A-ASSOCIATE-AC' in line:
            now.accepted = True
            dcmtk_negotiated(now, log.lines[index:])
        elif line.lower().startswith('association accepted'):
            now.accepted = True
        elif line == '#exit 0' and 'titles' in log.header:
            now.end = 'released'
        elif index in messages:
            take(now, *messages[index])
        elif line.startswith('Sending Echo Request'):             # echoscu dumps no messages
            now.request('opener', 'C-ECHO', 'VerificationSOPClass', int(re.search(r'MsgID (\d+)', line)[1]))
        elif line.startswith('Received Echo Response (Success)'):
            now.response('opener', max(number for _, number in now.waiting), 0)
        elif line.startswith('Result: Rejected'):
            result, source = re.match(r'Result: (.*), Source: (.*)', line).groups()
            now.end, now.rejection = 'rejected', [RESULTS[result], SOURCES[source]]
        elif line.startswith('Received invalid A-ASSOCIATE-RJ'):     # a reserved reason, which it then calls "No Reason"
            reserved = int(re.search(r'0x..(..),', line)[1], 16)
        elif line.startswith('Reason: ') and now.end == 'rejected':
            now.rejection.append(reserved or REASONS[line[8:]])
        elif line.startswith('Releasing Association'):
            now.end = 'released'
        elif line.startswith('Aborting Association'):
            now.end = 'aborted'
        elif line.startswith('No Acceptable Presentation Contexts'):
            now.end = 'closed'                # the tools exit without a word; "Aborting Association" follows if they abort
        elif line.startswith('Peer Aborted Association') and now.end is None:
            now.end = 'aborted'
    return associations


GDCM_MODELS = {('C-MOVE', True): 'MOVEStudyRootQueryRetrieveInformationModel'}


def gdcm_opener(log):
    """gdcmscu -D prints what it received: the acceptance, each response's command set, the release."""
    mode = re.search(r'--(echo|store|find|move)', log.command)[1].upper()
    now = Association(*log.place, *re.search(r'--aetitle (\S+) --call (\S+)', log.command).groups())
    command, fields = 'C-' + mode, {}
    for line in log.lines:
        if line.startswith('PDU code: 2'):
            now.accepted = True
        elif line.startswith('PDU code: 6'):
            now.end = 'released'
        elif line.startswith('PDU code: 7'):
            now.end = 'aborted'
        found = re.match(r'\(0000,(\w{4})\) \?\? \(\w\w\) \[?([^\]\s]*)\]? ', line)
        if not found:
            continue
        fields[found[1]] = found[2]
        if found[1] == '0000':
            fields = {}
        # The same command set is printed two or three times; a message id is used once on an association.
        if found[1] == '0900' and COMMANDS.get(int(fields['0100']) & 0x7FFF) == command:
            message = int(fields['0120'])
            if ('opener', message) not in now.waiting and message not in now.__dict__.setdefault('seen', set()):
                now.request('opener', command, fields['0002'], message)
                now.seen.add(message)
            now.response('opener', message, int(fields['0900']))
    if now.accepted and not now.operations:      # it asked, as its command line says, and got no answer
        now.request('opener', command, GDCM_MODELS[command, '--studyroot' in log.command], 1)
    return [now]


def dcmjs_messages(lines):
    """Yields (direction, JSON command set, presentation context) from dcmjs-dimse's log, or one in its words."""
    direction = None
    for line in lines:
        found = re.search(r' (->|<-) [CN]-[A-Z-]+ R(Q|SP) ', line)
        if found:
            direction = found[1]
        elif line.startswith('{') and direction:
            context = re.search(r'\[pc: (\d+)\]', line)
            yield direction, json.loads(line[:line.rindex('}') + 1]), context and int(context[1])
            direction = None


def dcmjs_negotiated(association, line):
    """What associations.js prints of the library's association: when it was proposed, and when it was accepted."""
    word, _, rest = line.partition(' ')
    held = json.loads(rest)
    if word == 'Proposed':
        association.proposed = held
        return
    association.contexts = [
        {**now, 'proposed': then['proposed'], 'proposed_role': role(*then['roles']), 'accepted_role': role(*now['roles'])}
        for then, now in zip(association.proposed['contexts'], held['contexts'])]
    association.windows = association.proposed['window'], held['window']
    if held['identity']:
        association.identity = {'type': held['identity'], 'asked': held['answer_asked'], 'answered': held['answered']}


def role(scu, scp):
    """In DCMTK's words."""
    return {(None, None): 'Default', (True, False): 'SCU', (False, True): 'SCP', (True, True): 'SCP/SCU', (False, False): 'None'}[scu, scp]


def dcmjs_associations(lines):
    """The lines of each association that was asked for: several where a connection carried them one after the other."""
    starts = [index for index, line in enumerate(lines) if '-> Association request' in line]
    return [lines[start:end] for start, end in zip(starts, starts[1:] + [len(lines)])]


def dcmjs_opener(log):
    return [found for lines in dcmjs_associations(log.lines) for found in dcmjs_association(log, lines)]


def dcmjs_association(log, lines):
    _, _, _, _, calling, called = log.command.split()[:6]
    now = Association(*log.place, calling, called)
    for line in lines:
        if '<- Association accept' in line:
            now.accepted = True
        elif re.search('(<-|->) Association release response', line):
            now.end = 'released'
        elif '<- Association abort' in line or '-> Abort' in line:
            now.end = 'aborted'
            source, reason = re.search(r'\[(?:source|codes): (.*?)(?:, reason: |/)(.*)\]', line).groups()
            now.aborts.append(('acceptor' if '<-' in line else 'opener', *(int(DCMJS_ABORTS.get(word, word)) for word in (source, reason))))
        elif '<- Association reject' in line:
            now.end = 'rejected'
            result, source, reason = re.search(r'result: (.*), source: (.*), reason: (.*)\]', line).groups()
            now.rejection = [{'Permanent': 1, 'Transient': 2}[result], DCMJS_SOURCES[source], DCMJS_REASONS[source, reason]]
        elif line.startswith(('Proposed {', 'Negotiated {')):
            dcmjs_negotiated(now, line)
    if not now.accepted and not now.end:
        return []
    for direction, fields, context_id in dcmjs_messages(lines):
        field = fields['CommandField']
        ours = direction == '->'
        if field == 0x0FFF:
            continue
        if field & 0x8000:
            operation = now.response('acceptor' if ours else 'opener', fields['MessageIDBeingRespondedTo'], fields['Status'])
            now.counted(operation, fields, [dcmjs for _, dcmjs in SUB_OPERATIONS.values()])
            now.used(operation, context_id)
        else:
            now.request('opener' if ours else 'acceptor', COMMANDS[field],
                        fields.get('AffectedSOPClassUID') or fields.get('RequestedSOPClassUID'), fields['MessageID'])
    return [now]


def orthanc_opened(log):
    """Associations that Orthanc opened itself: C-MOVE's, storage commitment's, and what its REST interface was told."""
    messages = {index: (direction, fields) for index, direction, fields in dimse_messages(log.lines)}
    associations, asked = [], None
    now = None
    for index, line in enumerate(log.lines):
        rest = re.search(r'\(http\) POST /modalities/\w+/(echo|store|find)', line)
        found = re.search(r'Opening a DICOM SCU connection .* from AET "(.*)" to AET "(.*)" on host (.*):(\d+) ', line)
        if rest:
            asked = rest[1]
        elif found:
            now = Association(log.header['address'], found[3], int(found[4]), found[1], found[2])
            associations.append(now)
            if asked == 'echo':                # Orthanc does not log C-ECHO's messages, but says when it failed
                now.request('opener', 'C-ECHO', 'VerificationSOPClass', 0)
                now.response('opener', 0, 0)
            asked = None
        elif now and 'Association Parameters Negotiated' in line:
            now.accepted, now.end = True, 'released'
        elif now and 'connecting to AET "%s": DUL Association Rejected' % now.titles[1] in line:
            # Orthanc does not say why. Here it is storescp --refuse, which sends 1, 1, 1: other clients log that.
            now.end, now.rejection = 'rejected', [1, 1, 1]
        elif now and 'C-STORE to AET "%s": Peer aborted Association' % now.titles[1] in line:
            now.end = 'closed'                 # nobody here aborts towards Orthanc; peers crash
        elif now and index in messages:
            direction, fields = messages[index]
            # A message of an association that Orthanc opened follows a line of one of its user classes.
            opened_by_us = re.search(r'DicomStoreUserConnection|DicomAssociation|DicomControlUser', log.lines[index - 1])
            kind = fields['Message Type'].rsplit(' ', 1)[1]
            if opened_by_us and (direction, kind) in (('OUTGOING', 'RQ'), ('INCOMING', 'RSP')):
                take(now, direction, fields)
    return [association for association in associations if association.end]


def dcmqrscp_opened(log):
    associations, now, titles = [], None, None
    for index, line in enumerate(log.lines):
        line = re.sub(r'^[A-Z]: ', '', line)
        if 'BEGIN A-ASSOCIATE-RQ' in line:
            titles = titles_after(log.lines, index)
        elif line == 'Requesting Sub-Association':
            host, port = log.header['hosts'][titles[1]].rsplit(':', 1)
            now = Association(log.header['address'], host, int(port), *titles)
            associations.append(now)
        elif now is None:
            continue
        elif 'Sub-Association Failed' in line or 'Sub-Association Request Failed' in line:
            associations.remove(now)
            now = None
        elif line.startswith('Store SCU RQ'):
            message, modality = re.match(r'Store SCU RQ: MsgID (\d+), \((\w+)\)', line).groups()
            now.accepted = True
            now.request('opener', 'C-STORE', MODALITIES[modality], int(message))
        elif 'Received Store SCU RSP [Status=' in line:
            status = re.search(r'\[Status=(.*)\]', line)[1]
            now.response('opener', max(number for _, number in now.waiting), DCMQRSCP_STATUSES[status])
        elif line == 'Releasing Sub-Association':
            now.accepted, now.end = True, 'released'
            now = None
        elif 'Peer aborted Association' in line:
            now.end = 'aborted'
            now = None
    return associations


def titles_of_archive(log):
    return re.search(r'--call (\S+)', log.command)[1]


DCMTK_SERVERS = ('storescp', 'dcmqrscp', 'wlmscpfs', 'dcmprscp')
DCMJS = {'dimse', 'associations'}


def accepted_by(log):
    """What a server's log says it was asked: Counter of calling titles, Counter of (calling title, command)."""
    associations, requests, caller = collections.Counter(), collections.Counter(), None
    if log.header['tool'] in DCMJS:
        for line in log.lines:
            found = re.match(r'Calling AE Title: +(\S+)', line)
            if found:
                caller = found[1]
            elif re.search(r'-> Association accept', line):
                associations[caller] += 1
            found = re.search(r' (\S+) <- ([CN]-[A-Z-]+) RQ', line)
            if found and found[2] != 'C-CANCEL':
                requests[found[1], found[2]] += 1
    elif log.header['tool'] in DCMTK_SERVERS:
        for index, line in enumerate(log.lines):
            found = re.search(r'Calling Application Name: +(\S+)', line)
            if found:
                caller = found[1]
            # "Acknowledged" with -v; wlmscpfs says the same in other words.
            elif re.search(r'^I: Association Acknowledged', line):
                associations[caller] += 1
    elif log.header['tool'] == 'Orthanc':
        for line in log.lines:
            found = re.search(r'Association Acknowledged .* to AET (\S+) on IP', line)
            if found:
                associations[found[1]] += 1
    return associations, requests


def agree(logs, associations):
    """The accepting peers' logs against the opening peers'. Stops where they differ."""
    places = collections.defaultdict(lambda: (collections.Counter(), collections.Counter(), set()))
    for log in logs:
        tool = log.header['tool']
        if log.header['role'] == 'listener' and tool in (*DCMTK_SERVERS, *DCMJS, 'Orthanc'):
            # Servers that took turns at one port are one place.
            seen, requests, tools = places[log.header['address'], int(log.header['port'])]
            more_seen, more_requests = accepted_by(log)
            seen.update(more_seen)
            requests.update(more_requests)
            tools.add(tool)
        # gdcmscu's C-MOVE listens too, for as long as it runs: event 6 in state 2 is its acceptance of an association.
        port = re.search(r'--port-scp (\d+)', log.command)
        if port and 'Process: Event:6, State:2' in log.lines:
            places[log.header['source'], int(port[1])][0][titles_of_archive(log)] += 1
    for place, (seen, requests, tools) in places.items():
        here = [a for a in associations if a.place[1:] == place and a.accepted]
        ours = collections.Counter(a.titles[0] for a in here)
        if seen != ours:
            raise SystemExit(f'{place}: accepted {dict(seen)}, but the openers say {dict(ours)}')
        if tools <= DCMJS and tools:
            asked = collections.Counter((a.titles[0], o[1]) for a in here for o in a.operations if o[0] == 'opener')
            if asked != requests:
                raise SystemExit(f'{place}: was asked {dict(requests)}, but the openers say {dict(asked)}')


def hl7_messages(logs):
    """Counter of (source, destination, type, acknowledgement, accept acknowledgement), from what the receivers logged. The
    senders must have got as many acknowledgements as the receivers say they sent."""
    counted, answered = collections.Counter(), collections.Counter()
    for log in logs:
        early = '#capture starts' in log.lines
        for index, line in enumerate(log.lines):
            if line == '#capture starts':
                early = False
            elif line.startswith('HL7 '):
                fields = dict(pair.split('=', 1) for pair in line.split()[1:])
                pair = fields['source'], fields['destination']
                answered[pair] += (fields['ack'] != 'null') + ('accept' in fields)
                # node-hl7-server logs, and answers, the earlier messages of a connection again with each new one.
                if log.header['tool'] == 'hl7-server' and line in log.lines[:index]:
                    continue
                counted[(*pair, fields['type'], fields['ack'], fields.get('accept', ''), early)] += 1
            elif line.startswith('MSA|') and log.header['role'] == 'opener':
                answered[log.header['source'], log.header['destination']] -= 1
    if any(answered.values()):
        raise SystemExit(f'acknowledgements sent but not received: {dict(answered)}')
    return counted


OPENERS = {'gdcmscu': gdcm_opener, 'dimse': dcmjs_opener, 'associations': dcmjs_opener, 'raw_dicom.py': dcmjs_opener}
DCMTK_CLIENTS = ('echoscu', 'storescu', 'findscu', 'movescu', 'getscu', 'dcmsend', 'termscu', 'dcmprscu')


def read(folder):
    logs = [Log(path) for path in sorted(glob.glob(os.path.join(folder, '*.log')))]
    associations = []
    for log in logs:
        tool = log.header['tool'] = re.sub(r'\.js$', '', log.header['tool'])
        found = []
        if log.header['role'] == 'opener':
            if tool in DCMTK_CLIENTS:
                found = dcmtk_opener(log)
            elif tool in OPENERS:
                found = OPENERS[tool](log)
        elif tool == 'Orthanc':
            found = orthanc_opened(log)
        elif tool == 'dcmqrscp':
            found = dcmqrscp_opened(log)
        # The capture script says so where it ended a connection itself.
        if 'end' in log.header and found:
            found[-1].end = log.header['end']
        for association in found:
            association.log = log
        associations += [a for a in found if a.accepted or a.end]
    return logs, associations


def main():
    capture, folder, notes = sys.argv[1:4]
    logs, associations = read(folder)
    agree(logs, associations)
    count = collections.Counter
    seen = count((*a.place, *a.titles, a.end or 'open', a.before) for a in associations)
    rejected = count((*a.place[:2], *a.rejection, a.before) for a in associations if a.rejection)
    operations = count((*a.place[:2], o[1], o[0], o[2], o[3] or '', o[4]) for a in associations for o in a.operations)
    messages = entries(hl7_messages(logs), 'source', 'destination', 'message_type', 'ack_code', 'accept_code')
    for entry in messages:
        if not entry['accept_code']:
            del entry['accept_code']
    result = {
        'capture': capture,
        'dicom': {
            'associations': entries(seen, 'source', 'destination', 'port', 'calling_ae', 'called_ae', 'end'),
            'rejections': entries(rejected, 'source', 'destination', 'result', 'source_code', 'reason'),
            'operations': entries(operations, 'source', 'destination', 'command', 'invoker', 'sop_class_uid', 'status'),
        },
        'hl7': {'messages': messages},
        'notes': notes,
    }
    details = negotiated(associations)
    # Only where the logs were kept with what was negotiated: elsewhere nothing is known, and nothing is said.
    if details['contexts']:
        result['dicom'].update(details, **services(logs))
    print(dumps(result))


def negotiated(associations):
    """What was agreed, association by association, and what depends on it; the values are as the peers' libraries had them."""
    count = collections.Counter
    contexts = count((*a.place[:2], c['abstract_syntax'], ' '.join(c['proposed']), c['result'], c['transfer_syntax'] or '',
                      c.get('proposed_role', 'Default'), c.get('accepted_role', 'Default') if c['result'] == 0 else '', False)
                     for a in associations if a.accepted for c in a.contexts)
    return {
        'contexts': entries(contexts, 'source', 'destination', 'abstract_syntax_uid', 'proposed', 'result', 'transfer_syntax_uid',
                            'proposed_role', 'accepted_role'),
        'identities': entries(count((*a.place[:2], a.identity['type'], a.identity['asked'], a.identity['answered'], False)
                                    for a in associations if a.identity), 'source', 'destination', 'type', 'response_requested', 'answered'),
        'windows': entries(count((*a.place[:2], *('/'.join(map(str, w)) if w else '' for w in a.windows), False)
                                 for a in associations if a.windows and any(a.windows)), 'source', 'destination', 'proposed', 'accepted'),
        'extended_negotiations': entries(count((*a.place[:2], *e, False) for a in associations for e in a.extended),
                                         'source', 'destination', 'sop_class_uid', 'requested', 'accepted'),
        'aborts': entries(count((*a.place[:2], *abort, False) for a in associations for abort in a.aborts),
                          'source', 'destination', 'by', 'abort_source', 'reason'),
        'stored': entries(count((*a.place[:2], sop, syntax, status, False) for a in associations for sop, syntax, status in a.stored),
                          'source', 'destination', 'sop_class_uid', 'transfer_syntax_uid', 'status'),
        'sub_operations': entries(count((*a.place[:2], *told, False) for a in associations for told in a.sub_operations),
                                  'source', 'destination', 'command', 'status', *SUB_OPERATIONS),
    }


def number(text):
    return int(text) if text.isdigit() else text


def services(logs):
    """What associations.js says that it put into a data set: commitments' outcomes and performed steps' ends."""
    found = {'Commitment': collections.Counter(), 'Step': collections.Counter()}
    for log in logs:
        for line in log.lines:
            word, _, rest = line.partition(' ')
            if word in found:
                place = log.place[:2] if log.header['role'] == 'opener' else ('', log.header['address'])
                found[word][(*place, *(number(pair.split('=')[1]) for pair in rest.split()), False)] += 1
    return {'commitments': entries(found['Commitment'], 'source', 'destination', 'event_type', 'referenced', 'failed'),
            'steps': entries(found['Step'], 'source', 'destination', 'status', 'series', 'instances')}


def entries(counted, *names):
    """The last part of a key says whether it was before the capture started; only such entries carry the field."""
    return [{**dict(zip(names, (None if value in ('', 'null') else value for value in key))),
             **({'before_capture': True} if key[-1] else {}), 'count': number} for key, number in sorted(counted.items())]


def dumps(result):
    """One entry a line: a difference reads well."""
    text = json.dumps(result, indent=1)
    return re.sub(r'\{\n\s+("source"[^{}]*?)\n\s+\}', lambda m: '{' + re.sub(r'\n\s+', ' ', m[1]) + '}', text)


if __name__ == '__main__':
    main()
