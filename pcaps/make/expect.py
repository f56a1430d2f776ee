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
}
MODALITIES = {'CT': 'CTImageStorage', 'MR': 'MRImageStorage', 'US': 'UltrasoundImageStorage'}   # dcmqrscp's "(CT)"
COMMANDS = {0x0001: 'C-STORE', 0x0010: 'C-GET', 0x0020: 'C-FIND', 0x0021: 'C-MOVE', 0x0030: 'C-ECHO',
            0x0100: 'N-EVENT-REPORT', 0x0110: 'N-GET', 0x0120: 'N-SET', 0x0130: 'N-ACTION', 0x0140: 'N-CREATE'}
RESULTS = {'Rejected Permanent': 1, 'Rejected Transient': 2}
SOURCES = {'Service User': 1, 'Service Provider (ACSE Related)': 2, 'Service Provider (Presentation Related)': 3}
REASONS = {'No Reason': 1, 'App Context Name Not Supported': 2, 'Calling AE Title Not Recognized': 3,
           'Called AE Title Not Recognized': 7, 'Protocol Version Not Supported': 2,
           'Temporary Congestion': 1, 'Local Limit Exceeded': 2}


DCMJS_SOURCES = {'Service user': 1}
DCMJS_REASONS = {('Service user', 'Calling AE title not recognized'): 3}


class Association:
    early = False                                # set while a log is read up to where the capture started

    def __init__(self, source, destination, port, calling, called):
        self.place = source, destination, port
        self.titles = calling, called
        self.end, self.rejection, self.accepted = None, None, False
        self.operations, self.waiting = [], {}
        self.before = self.early                 # opened before the capture started

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


class Log:
    def __init__(self, path):
        self.name = os.path.basename(path)
        with open(path, encoding='utf-8') as file:
            self.lines = [line.rstrip('\n') for line in file]
        self.header, self.command = {}, ''
        for line in self.lines:
            word, _, rest = line.partition(' ')
            if word in ('#opener', '#listener', '#hosts', '#end'):
                self.header.setdefault('role', word[1:])
                if word == '#end':
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
        association.response(invoker, int(fields['Message ID Being Responded To']), int(fields['DIMSE Status'][2:6], 16))


def titles_after(lines, index):
    found = {}
    for line in lines[index:]:
        match = re.search(r'(Calling|Called) Application Name: +(\S*)', line)
        if match:
            found[match[1]] = match[2]
        if len(found) == 2:
            return found['Calling'], found['Called']
    raise ValueError('no titles')


def dcmtk_opener(log):
    messages = {index: (direction, fields) for index, direction, fields in dimse_messages(log.lines)}
    associations, now = [], None
    Association.early = '#capture starts' in log.lines
    for index, line in enumerate(log.lines):
        line = re.sub(r'^[A-Z]: ', '', line)
        if line == '#capture starts':
            Association.early = False
        elif 'BEGIN A-ASSOCIATE-RQ' in line:
            now = Association(*log.place, *titles_after(log.lines, index))
            associations.append(now)
        elif now is None:
            continue
        elif 'BEGIN A-ASSOCIATE-AC' in line or line.startswith('Association Accepted'):
            now.accepted = True
        elif index in messages:
            take(now, *messages[index])
        elif line.startswith('Sending Echo Request'):             # echoscu dumps no messages
            now.request('opener', 'C-ECHO', 'VerificationSOPClass', int(re.search(r'MsgID (\d+)', line)[1]))
        elif line.startswith('Received Echo Response (Success)'):
            now.response('opener', max(number for _, number in now.waiting), 0)
        elif line.startswith('Result: Rejected'):
            result, source = re.match(r'Result: (.*), Source: (.*)', line).groups()
            now.end, now.rejection = 'rejected', [RESULTS[result], SOURCES[source]]
        elif line.startswith('Reason: ') and now.end == 'rejected':
            now.rejection.append(REASONS[line[8:]])
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
    """Yields (direction, JSON command set) from dcmjs-dimse's log."""
    direction = None
    for line in lines:
        found = re.search(r' (->|<-) [CN]-[A-Z-]+ R(Q|SP) ', line)
        if found:
            direction = found[1]
        elif line.startswith('{') and direction:
            yield direction, json.loads(line[:line.rindex('}') + 1])
            direction = None


def dcmjs_opener(log):
    _, _, _, _, calling, called = log.command.split()[:6]
    now = Association(*log.place, calling, called)
    for line in log.lines:
        if '<- Association accept' in line:
            now.accepted = True
        elif '<- Association release response' in line:
            now.end = 'released'
        elif '<- Association abort' in line or '-> Abort' in line:
            now.end = 'aborted'
        elif '<- Association reject' in line:
            now.end = 'rejected'
            result, source, reason = re.search(r'result: (.*), source: (.*), reason: (.*)\]', line).groups()
            now.rejection = [{'Permanent': 1, 'Transient': 2}[result], DCMJS_SOURCES[source], DCMJS_REASONS[source, reason]]
    if not now.accepted and not now.end:
        return []
    for direction, fields in dcmjs_messages(log.lines):
        field = fields['CommandField']
        ours = direction == '->'
        if field == 0x0FFF:
            continue
        if field & 0x8000:
            now.response('acceptor' if ours else 'opener', fields['MessageIDBeingRespondedTo'], fields['Status'])
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
        elif 'Received Store SCU RSP [Status=Success]' in line:
            now.response('opener', max(number for _, number in now.waiting), 0)
        elif line == 'Releasing Sub-Association':
            now.accepted, now.end = True, 'released'
            now = None
        elif 'Peer aborted Association' in line:
            now.end = 'aborted'
            now = None
    return associations


def titles_of_archive(log):
    return re.search(r'--call (\S+)', log.command)[1]


DCMTK_SERVERS = ('storescp', 'dcmqrscp', 'wlmscpfs')


def accepted_by(log):
    """What a server's log says it was asked: Counter of calling titles, Counter of (calling title, command)."""
    associations, requests, caller = collections.Counter(), collections.Counter(), None
    if log.header['tool'] == 'dimse':
        for line in log.lines:
            found = re.match(r'Calling AE Title: +(\S+)', line)
            if found:
                caller = found[1]
            elif re.search(r'-> Association accept', line):
                associations[caller] += 1
            found = re.search(r' (\S+) <- ([CN]-[A-Z-]+) RQ', line)
            if found:
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
        if log.header['role'] == 'listener' and tool in DCMTK_SERVERS + ('dimse', 'Orthanc'):
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
        if tools == {'dimse'}:
            asked = collections.Counter((a.titles[0], o[1]) for a in here for o in a.operations if o[0] == 'opener')
            if asked != requests:
                raise SystemExit(f'{place}: was asked {dict(requests)}, but the openers say {dict(asked)}')


def hl7_messages(logs):
    """Counter of (source, destination, type, acknowledgement), from what the receivers logged. The senders must have
    got as many acknowledgements as the receivers say they sent."""
    counted, answered = collections.Counter(), collections.Counter()
    for log in logs:
        early = '#capture starts' in log.lines
        for index, line in enumerate(log.lines):
            if line == '#capture starts':
                early = False
            elif line.startswith('HL7 '):
                fields = dict(pair.split('=', 1) for pair in line.split()[1:])
                pair = fields['source'], fields['destination']
                if fields['ack'] != 'null':
                    answered[pair] += 1
                # node-hl7-server logs, and answers, the earlier messages of a connection again with each new one.
                if log.header['tool'] == 'hl7-server' and line in log.lines[:index]:
                    continue
                counted[(*pair, fields['type'], fields['ack'], early)] += 1
            elif line.startswith('MSA|') and log.header['role'] == 'opener':
                answered[log.header['source'], log.header['destination']] -= 1
    if any(answered.values()):
        raise SystemExit(f'acknowledgements sent but not received: {dict(answered)}')
    return counted


OPENERS = {'gdcmscu': gdcm_opener, 'dimse': dcmjs_opener}
DCMTK_CLIENTS = ('echoscu', 'storescu', 'findscu', 'movescu', 'getscu', 'dcmsend', 'termscu')


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
    hl7 = hl7_messages(logs)
    result = {
        'capture': capture,
        'dicom': {
            'associations': entries(seen, 'source', 'destination', 'port', 'calling_ae', 'called_ae', 'end'),
            'rejections': entries(rejected, 'source', 'destination', 'result', 'source_code', 'reason'),
            'operations': entries(operations, 'source', 'destination', 'command', 'invoker', 'sop_class_uid', 'status'),
        },
        'hl7': {'messages': entries(hl7, 'source', 'destination', 'message_type', 'ack_code')},
        'notes': notes,
    }
    print(dumps(result))


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
