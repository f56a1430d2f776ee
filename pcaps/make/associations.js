#!/usr/bin/env node
// associations.js: dcmjs-dimse below its Client: what it negotiates, and in which order it sends. Both ends are the
// library's Scp, whose log goes to standard output; "Proposed" and "Negotiated" lines are what it holds of an association, as JSON.
//
//   associations.js COMMAND HOST PORT CALLING CALLED NAME=VALUE...     COMMAND is a key of `commands` below
//   associations.js serve PORT NAME=VALUE...
//     result=0,3,4         context by context, the last one for all others       pdu=N           what we say we receive
//     role=accept|refuse   identity=TEXT: the answer to who asks for one         window=I/P      asynchronous operations
//     status=0000,B000     C-STORE by C-STORE, the last for all others; N-: first  report=XXXX     to an N-EVENT-REPORT
//     hold=N               answer N echoes, last first                           slow=yes        a C-FIND ends when cancelled
//     abort=SOURCE/REASON  instead of an answer to C-ECHO                        reject=R/S/D    the association
//     release=yes          the acceptor asks for it after the first C-ECHO       failed=N        so many are not committed
//     moves=MS             what a C-MOVE asks for is on its way for so long; somebody else sends it
'use strict';
const net = require('net');
const { Dataset, Scp, Server, association, constants, requests, responses, log } = require('dcmjs-dimse');
const { TransferSyntax } = constants;

log.setLevel('info');
const options = { logCommandDatasets: true };
const [command, ...words] = process.argv.slice(2);
const settings = Object.fromEntries(words.filter((w) => w.includes('=')).map((w) => [w.slice(0, w.indexOf('=')), w.slice(w.indexOf('=') + 1)]));
const list = (name) => (settings[name] || '').split(',').filter(Boolean);
const hex = (text) => parseInt(text, 16);
const sleep = (ms) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
const wait = (ms) => new Promise((done) => setTimeout(done, ms));

const VERIFICATION = '1.2.840.10008.1.1', CT = '1.2.840.10008.5.1.4.1.1.2', MR = '1.2.840.10008.5.1.4.1.1.4';
const FIND = '1.2.840.10008.5.1.4.1.2.2.1', MOVE = '1.2.840.10008.5.1.4.1.2.2.2', GET = '1.2.840.10008.5.1.4.1.2.2.3', WORKLIST = '1.2.840.10008.5.1.4.31';
const COMMITMENT = '1.2.840.10008.1.20.1', COMMITMENT_INSTANCE = '1.2.840.10008.1.20.1.1', MPPS = '1.2.840.10008.3.1.2.3.3';
const PRINTING = '1.2.840.10008.5.1.1.9', PRINTER = '1.2.840.10008.5.1.1.16', PRINTER_INSTANCE = '1.2.840.10008.5.1.1.17';
const SESSION = '1.2.840.10008.5.1.1.1', FILM_BOX = '1.2.840.10008.5.1.1.2', IMAGE_BOX = '1.2.840.10008.5.1.1.4';
const UPS = ['', '.1', '.2', '.3', '.4'].map((s) => '1.2.840.10008.5.1.4.34.6' + s);      // push, watch, pull, event by number
const ROOT = '2.25.31415926';

function told(word, a) {
  console.log(word + ' ' + JSON.stringify({
    max_pdu: a.getMaxPduLength(), implementation: a.getImplementationClassUid(), version: a.getImplementationVersion(),
    window: a.getNegotiateAsyncOps() ? [a.getMaxAsyncOpsInvoked(), a.getMaxAsyncOpsPerformed()] : null,
    identity: a.getNegotiateUserIdentity() ? a.getUserIdentityType() : null,
    answer_asked: a.getNegotiateUserIdentity() ? Boolean(a.getUserIdentityPositiveResponseRequested()) : null,
    answered: Boolean(a.getNegotiateUserIdentityServerResponse()),
    contexts: a.getPresentationContexts().map(({ id, context: c }) => ({
      id, abstract_syntax: c.getAbstractSyntaxUid(), proposed: c.getTransferSyntaxUids(), result: c.getResult(),
      transfer_syntax: c.getResult() ? null : c.getAcceptedTransferSyntaxUid(), roles: [c.getUserRole(), c.getProviderRole()],
    })),
  }));
}

// One end of an association. Both ends answer requests; who called may get them too (C-GET, commitment).
class Peer extends Scp {
  constructor(socket, opts) { super(socket, opts); this.stored = 0; this.held = []; }

  associationRequested(a) {
    console.log(`accepted connection from ${this.socket.remoteAddress.replace('::ffff:', '')}`);
    if (settings.reject) return this.sendAssociationReject(...settings.reject.split('/').map(Number));
    const results = list('result').map(Number);
    a.getPresentationContexts().forEach(({ context }, index) => {
      const result = results[Math.min(index, results.length - 1)] || 0;
      if (result) context.setResult(result); else context.setResult(0, context.getTransferSyntaxUids()[0]);
      if (settings.role === 'refuse' && context.getProviderRole() !== undefined) { context.setUserRole(true); context.setProviderRole(false); }
    });
    if (settings.identity && a.getUserIdentityPositiveResponseRequested()) {
      a.setUserIdentityServerResponse(settings.identity); a.setNegotiateUserIdentityServerResponse(true);
    }
    if (settings.window) {
      const [invoked, performed] = settings.window.split('/').map(Number);
      a.setMaxAsyncOpsInvoked(invoked); a.setMaxAsyncOpsPerformed(performed);
    }
    if (settings.pdu) a.setMaxPduLength(Number(settings.pdu));
    this.sendAssociationAccept();
    told('Negotiated', a);
  }

  answer(Response, request, callback, status = '0000', fill = () => {}) {
    const response = Response.fromRequest(request);
    response.setStatus(hex(status));
    // PS3.7 C.5: a comment, and which element offends.
    if (/^(A9|C|B)/.test(status)) response.setErrorComment('PLTCOMMENT ' + status);
    if (/^(A9|C)/.test(status)) response.getCommandDataset().setElement('OffendingElement', [0x00100020, 0x0020000d]);
    fill(response);
    callback(response);
  }

  cEchoRequest(request, callback) {
    if (settings.abort) return this.sendAbort(...settings.abort.split('/').map(Number));
    const hold = Number(settings.hold || 1);
    this.held.push(() => this.answer(responses.CEchoResponse, request, callback));
    if (this.held.length < hold) return;
    this.held.splice(0).reverse().forEach((send) => send());
    if (settings.release) setTimeout(() => this.sendAssociationReleaseRequest(), 5);
  }
  cStoreRequest(request, callback) {
    const statuses = list('status');
    this.answer(responses.CStoreResponse, request, callback, statuses[Math.min(this.stored++, statuses.length - 1)] || '0000');
  }
  cFindRequest(request, callback) {
    const send = (status, fill) => this.answer(responses.CFindResponse, request, (response) => this.sendResponse(request, response), status, fill);
    ['FF00', 'FF01'].forEach((status, n) => send(status, (response) => response.setDataset(
      new Dataset({ PatientID: 'PLTID000' + (n + 1), PatientName: 'PLANTED^FOUND' }))));
    this.cancelled = () => send('FE00');
    if (!settings.slow) send('0000');
  }
  cMoveRequest(request, callback) {
    const send = (status, remaining, completed) => this.answer(responses.CMoveResponse, request, (response) => this.sendResponse(request, response), status,
      (response) => { response.setRemaining(remaining); response.setCompleted(completed); response.setFailures(0); response.setWarnings(0); });
    send('FF00', 1, 0);
    setTimeout(() => send('0000', 0, 1), Number(settings.moves));
  }
  cCancelRequest() { this.cancelled(); }
  nGetRequest(request, callback) {
    this.answer(responses.NGetResponse, request, callback, '0000', (response) => response.setDataset(new Dataset(
      request.getRequestedSopClassUid() === PRINTER ? { PrinterStatus: 'WARNING', PrinterStatusInfo: 'SUPPLY LOW', PrinterName: 'PRINT1' }
        : { ProcedureStepState: 'IN PROGRESS', PatientID: 'PLTID0001' })));
  }
  nSetRequest(request, callback) { this.answer(responses.NSetResponse, request, callback, list('status')[0] || '0000'); }
  nCreateRequest(request, callback) {
    this.answer(responses.NCreateResponse, request, callback, list('status')[0] || '0000', (response) => {
      if (request.getAffectedSopClassUid() === FILM_BOX) response.setDataset(new Dataset({ ImageDisplayFormat: 'STANDARD\\1,1',
        ReferencedImageBoxSequence: [{ ReferencedSOPClassUID: IMAGE_BOX, ReferencedSOPInstanceUID: ROOT + '99903' }] }));
    });
  }
  nDeleteRequest(request, callback) { this.answer(responses.NDeleteResponse, request, callback); }
  nEventReportRequest(request, callback) {
    this.answer(responses.NEventReportResponse, request, callback, list('report')[0] || '0000');
    this.emit('reported');
  }
  nActionRequest(request, callback) {
    this.answer(responses.NActionResponse, request, callback, list('status')[0] || '0000');
    if (request.getRequestedSopClassUid() === COMMITMENT && !settings.status) setTimeout(() => this.report(request), 100);
  }
  // PS3.4 J.3.3: event type 1 is success, 2 says that failures exist; both name the transaction.
  report(request) {
    const { TransactionUID, ReferencedSOPSequence: all } = request.getDataset().getElements();
    const failed = Number(settings.failed || 0);
    const report = new requests.NEventReportRequest(COMMITMENT, COMMITMENT_INSTANCE, failed ? 2 : 1);
    report.setDataset(new Dataset({ TransactionUID, ReferencedSOPSequence: all.slice(failed),
      ...(failed ? { FailedSOPSequence: all.slice(0, failed).map((one) => ({ ...one, FailureReason: 0x0112 })) } : {}) }));
    console.log(`Commitment event=${failed ? 2 : 1} referenced=${all.length - failed} failed=${failed}`);
    this.sendRequests(report);
  }
  associationReleaseRequested() { this.sendAssociationReleaseResponse(); }
  abort() { this.socket.destroy(); }
}

// --- who calls ---

const offer = (a, uid, syntaxes = [TransferSyntax.ImplicitVRLittleEndian, TransferSyntax.ExplicitVRLittleEndian], roles) => {
  const id = a.addPresentationContext(uid);
  syntaxes.forEach((syntax) => a.addTransferSyntaxToPresentationContext(id, syntax));
  if (roles) { a.getPresentationContext(id).setUserRole(roles[0]); a.getPresentationContext(id).setProviderRole(roles[1]); }
  return id;
};
const once = (peer, event) => new Promise((done) => peer.once(event, done));
// Sent at once, whether or not what went before was answered: the next leaves when a request is added, or when one is done.
const start = (peer, request) => { const done = once(request, 'done'); peer.sendRequests(request); return done; };
// A query is done when its final response came; the library takes FF01 for one.
const query = (peer, request) => new Promise((done) => {
  request.on('response', (response) => { if ((response.getStatus() & 0xff00) !== 0xff00) done(); });
  peer.sendRequests(request);
});
const each = async (peer, all) => { for (const request of all) await start(peer, request); };
const withData = (request, elements) => { request.setDataset(new Dataset(elements)); return request; };

async function associate(peer, fill) {
  const [calling, called] = words.slice(2, 4);
  const a = new association.Association(calling, called);
  fill(a);
  if (settings.pdu) a.setMaxPduLength(Number(settings.pdu));
  if (settings.window) {
    const [invoked, performed] = settings.window.split('/').map(Number);
    a.setNegotiateAsyncOps(true); a.setMaxAsyncOpsInvoked(invoked); a.setMaxAsyncOpsPerformed(performed);
  }
  peer.sendAssociationRequest(a);
  told('Proposed', a);
  // From here on the library's association holds what was answered; what is not answered is not agreed.
  a.setNegotiateAsyncOps(false);
  a.getPresentationContexts().forEach(({ context }) => { context.setUserRole(undefined); context.setProviderRole(undefined); });
  if (settings.pipelined) return a;
  const accepted = await Promise.race([once(peer, 'associationAccepted'), once(peer, 'associationRejected').then(() => null)]);
  if (accepted) told('Negotiated', accepted);
  return accepted;
}
const release = async (peer) => { const done = once(peer, 'associationReleaseResponse'); peer.sendAssociationReleaseRequest(); await done; };
const meta = (request, uid) => { request.setMetaSopClassUid(uid); return request; };

const images = (n) => Array.from({ length: n }, (_, i) => ({ ReferencedSOPClassUID: CT, ReferencedSOPInstanceUID: `${ROOT}0130${i + 1}` }));
function performed(status, extra = {}) {
  const step = withData(new requests.NSetRequest(MPPS, settings.step), {
    PerformedProcedureStepStatus: status, PerformedProcedureStepEndDate: '20240102', PerformedProcedureStepEndTime: '102122', ...extra,
    PerformedSeriesSequence: [{ SeriesInstanceUID: ROOT + '01201', ProtocolName: 'PLTPROTOCOL', SeriesDescription: 'PLTSERIES 1',
      PerformingPhysicianName: 'PLTDOC^PERFORMER', ReferencedImageSequence: images(6) }] });
  console.log(`Step status=${status} series=1 instances=6`);
  return step;
}

const commands = {
  echo: async (peer) => {
    if (!await associate(peer, (a) => offer(a, VERIFICATION))) return;
    const answered = start(peer, new requests.CEchoRequest());
    if (settings.release) { await answered; await once(peer, 'associationReleaseRequested'); await wait(100); }
    // Not reading for a while, we do not know that the acceptor asked first: the two requests cross.
    else if (settings.collide) { await answered; sleep(400); await release(peer); await wait(200); }
    else { await Promise.race([answered, once(peer, 'abort')]); if (!peer.socket.destroyed) await release(peer); }
  },
  // One context for each of result='s values, with a transfer syntax of its own each; an echo on the accepted one.
  contexts: async (peer) => {
    const every = Object.values(TransferSyntax);
    await associate(peer, (a) => { offer(a, VERIFICATION); every.slice(0, 5).forEach((syntax) => offer(a, CT, [syntax])); });
    await each(peer, [new requests.CEchoRequest()]);
    await release(peer);
  },
  roles: async (peer) => {
    await associate(peer, (a) => { offer(a, VERIFICATION, undefined, [true, true]); offer(a, CT, undefined, [false, true]); offer(a, MR, undefined, [true, true]); });
    await each(peer, [new requests.CEchoRequest()]);
    await release(peer);
  },
  // Several operations outstanding (PS3.7 D.3.3.3): all leave before the first is answered.
  window: async (peer) => {
    await associate(peer, (a) => { offer(a, VERIFICATION); offer(a, CT); offer(a, FIND); });
    const stores = list('files').map((file) => new requests.CStoreRequest(file));
    const echoes = Array.from({ length: Number(settings.hold || 1) }, () => new requests.CEchoRequest());
    const find = requests.CFindRequest.createStudyFindRequest({ PatientID: '', PatientName: '' });
    await Promise.all([...stores.map((r) => start(peer, r)), ...echoes.map((r) => start(peer, r)), query(peer, find)]);
    await release(peer);
  },
  // Data before the acceptance arrives: the association is treated as accepted as proposed.
  pipelined: async (peer) => {
    const a = await associate(peer, (b) => offer(b, VERIFICATION));
    a.getPresentationContexts().forEach(({ context }) => context.setResult(0, context.getTransferSyntaxUids()[0]));
    const accepted = once(peer, 'associationAccepted').then((b) => told('Negotiated', b));
    await each(peer, [new requests.CEchoRequest()]);
    await accepted;
    await release(peer);
  },
  again: async (peer) => {                       // associations one after the other on one connection
    for (let n = 0; n < 2; n++) {
      await associate(peer, (a) => offer(a, VERIFICATION));
      await each(peer, [new requests.CEchoRequest()]);
      await release(peer);
    }
  },
  store: async (peer) => {
    const stores = list('files').map((file) => new requests.CStoreRequest(file));
    await associate(peer, (a) => stores.forEach((r) => offer(a, r.getAffectedSopClassUid(), [r.getDataset().getTransferSyntaxUid()])));
    await each(peer, stores);
    await release(peer);
  },
  find: async (peer) => {
    await associate(peer, (a) => offer(a, settings.worklist ? WORKLIST : FIND));
    const find = requests.CFindRequest.createStudyFindRequest({ PatientID: 'PLTID*', PatientName: '', StudyDate: '20240101-20240131' });
    const done = query(peer, find);
    if (settings.cancel) { await wait(200); peer.sendCancel(find); }
    await done;
    await release(peer);
  },
  move: async (peer) => {
    await associate(peer, (a) => offer(a, MOVE));
    await query(peer, requests.CMoveRequest.createStudyMoveRequest(settings.destination, settings.study));
    await release(peer);
  },
  // C-GET: the archive invokes C-STORE, and we answer as status= says.
  get: async (peer) => {
    await associate(peer, (a) => { offer(a, GET); offer(a, CT, undefined, [false, true]); offer(a, MR, undefined, [false, true]); });
    await each(peer, [requests.CGetRequest.createStudyGetRequest(settings.study)]);
    await release(peer);
  },
  commit: async (peer) => {
    await associate(peer, (a) => offer(a, COMMITMENT));
    const reported = once(peer, 'reported');
    await each(peer, [withData(new requests.NActionRequest(COMMITMENT, COMMITMENT_INSTANCE, 1), {
      TransactionUID: settings.transaction, ReferencedSOPSequence: images(4) })]);
    if (!settings.unreported) { await reported; await wait(100); }
    await release(peer);
  },
  step: async (peer) => {
    await associate(peer, (a) => offer(a, MPPS));
    await each(peer, [withData(new requests.NCreateRequest(MPPS, settings.step), {
      PatientID: 'PLTID0001', PatientName: 'PLANTED^PERFORMED', PerformedProcedureStepStatus: 'IN PROGRESS', Modality: 'CT',
      PerformedProcedureStepID: 'PLTPPS0001', PerformedStationAETitle: words[2], PerformedProcedureStepStartDate: '20240102',
      PerformedProcedureStepStartTime: '101112', PerformedSeriesSequence: [],
      ScheduledStepAttributesSequence: [{ AccessionNumber: 'PLTACC0001', StudyInstanceUID: ROOT + '011', ScheduledProcedureStepID: 'PLTSPS0001' }] })]);
    // PS3.17 K: 110513, Discontinued for unspecified reason
    const reason = { PerformedProcedureStepDiscontinuationReasonCodeSequence: [{ CodeValue: '110513', CodingSchemeDesignator: 'DCM',
      CodeMeaning: 'Discontinued for unspecified reason' }] };
    await each(peer, [performed(settings.end, settings.end === 'DISCONTINUED' ? reason : {})]);
    await release(peer);
  },
  // Basic Grayscale Print Management, a meta SOP class: the context names it, the commands name the classes within.
  print: async (peer) => {
    await associate(peer, (a) => { offer(a, PRINTING); offer(a, PRINTER); });
    const create = (uid, instance, elements) => withData(meta(new requests.NCreateRequest(uid, instance), PRINTING), elements);
    await each(peer, [
      meta(new requests.NGetRequest(PRINTER, PRINTER_INSTANCE, []), PRINTING), new requests.NGetRequest(PRINTER, PRINTER_INSTANCE, []),
      create(SESSION, ROOT + '99901', { NumberOfCopies: '1', MediumType: 'BLUE FILM' }),
      create(FILM_BOX, ROOT + '99902', { ImageDisplayFormat: 'STANDARD\\1,1', FilmOrientation: 'PORTRAIT',
        ReferencedFilmSessionSequence: [{ ReferencedSOPClassUID: SESSION, ReferencedSOPInstanceUID: ROOT + '99901' }] }),
      withData(meta(new requests.NSetRequest(IMAGE_BOX, ROOT + '99903'), PRINTING), { ImageBoxPosition: 1,
        BasicGrayscaleImageSequence: [{ SamplesPerPixel: 1, PhotometricInterpretation: 'MONOCHROME2', Rows: 16, Columns: 16,
          BitsAllocated: 8, BitsStored: 8, HighBit: 7, PixelRepresentation: 0, PixelData: new Uint8Array(256).fill(7).buffer,
          _vrMap: { PixelData: 'OW' } }] }),
      meta(new requests.NActionRequest(FILM_BOX, ROOT + '99902', 1), PRINTING),
      meta(new requests.NDeleteRequest(FILM_BOX, ROOT + '99902'), PRINTING),
      meta(new requests.NDeleteRequest(SESSION, ROOT + '99901'), PRINTING),
    ]);
    await release(peer);
  },
  // Unified Procedure Step (PS3.4 CC): created on the push class's context, worked on over the pull class's.
  ups: async (peer) => {
    await associate(peer, (a) => UPS.slice(1, 4).forEach((uid) => offer(a, uid)));
    const step = ROOT + '99911', pull = (request) => meta(request, UPS[3]);
    const state = (to) => withData(pull(new requests.NActionRequest(UPS[1], step, 1)), { ProcedureStepState: to, TransactionUID: ROOT + '99912' });
    await each(peer, [
      withData(new requests.NCreateRequest(UPS[1], step), { ProcedureStepState: 'SCHEDULED', PatientID: 'PLTID0001',
        PatientName: 'PLANTED^SCHEDULED', ProcedureStepLabel: 'PLTLABEL', ScheduledProcedureStepPriority: 'MEDIUM' }),
      withData(meta(new requests.NActionRequest(UPS[1], step, 3), UPS[2]), { ReceivingAE: words[2], DeletionLock: 'FALSE' }),
      state('IN PROGRESS'),
      pull(new requests.NGetRequest(UPS[1], step, [])),
      withData(pull(new requests.NSetRequest(UPS[1], step)), { TransactionUID: ROOT + '99912', ProcedureStepProgressInformationSequence: [{ ProcedureStepProgress: '50' }] }),
      state('COMPLETED'),
    ]);
    await release(peer);
  },
  // A service class provider reports on an association of its own: a printer's status, a step's state, a commitment.
  report: async (peer) => {
    const [uid, instance, type] = list('event');
    await associate(peer, (a) => offer(a, settings.context || uid));
    await each(peer, [withData(meta(new requests.NEventReportRequest(uid, instance, Number(type)), settings.context || uid),
      uid === PRINTER ? { PrinterName: 'PRINT1', PrinterStatusInfo: 'SUPPLY LOW' } : { ProcedureStepState: 'COMPLETED', InputReadinessState: 'READY' })]);
    await release(peer);
  },
};

if (command === 'serve') new Server(Peer).listen(Number(words[0]), options);
else {
  const socket = net.connect(Number(words[1]), words[0]);
  const peer = new Peer(socket, options);
  peer.on('networkError', () => { process.exitCode = 1; });
  peer.once('connect', async () => { await commands[command](peer); socket.end(); setTimeout(() => process.exit(), 200).unref(); });
}
