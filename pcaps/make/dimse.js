#!/usr/bin/env node
// dimse.js: dcmjs-dimse as client and server. The library's own log goes to standard output: it is the oracle.
//
//   dimse.js COMMAND HOST PORT CALLING CALLED ARGS...
//     echo [MILLISECONDS that the association stays] | find [PATIENT-ID] | move DESTINATION STUDY-UID | store FILES...
//     mpps-create INSTANCE-UID ACCESSION PATIENT-ID | mpps-set INSTANCE-UID STATUS
//     commit TRANSACTION-UID SOP-CLASS INSTANCE-UIDS...
//   dimse.js serve PORT [BEHAVIOUR]
//     BEHAVIOUR: accept | reject R S D | status XXXX | silent | abort
'use strict';
const { Client, Dataset, Scp, Server, constants, requests, responses, log } = require('dcmjs-dimse');
const { PresentationContextResult, SopClass, Status, TransferSyntax } = constants;

const STORAGE_COMMITMENT = '1.2.840.10008.1.20.1', STORAGE_COMMITMENT_INSTANCE = '1.2.840.10008.1.20.1.1';
const MPPS = '1.2.840.10008.3.1.2.3.3';
log.setLevel('info');
// The library logs each command of a message; lines stay whole so that they can be read by a script.
const options = { logCommandDatasets: true };

function performed(action, args) {
  if (action === 'mpps-create') {
    const [uid, accession, patient] = args;
    const request = new requests.NCreateRequest(MPPS, uid);
    request.setDataset(new Dataset({
      PatientID: patient, PatientName: 'PLANTED^PERFORMED', PerformedProcedureStepStatus: 'IN PROGRESS',
      PerformedProcedureStepID: 'PLTPPS' + accession.slice(-4), PerformedStationAETitle: process.argv[5],
      PerformedProcedureStepStartDate: '20240102', PerformedProcedureStepStartTime: '101112',
      ScheduledStepAttributesSequence: [{ AccessionNumber: accession, StudyInstanceUID: uid.slice(0, -1) + '1' }],
    }));
    return request;
  }
  const [uid, status] = args;
  const request = new requests.NSetRequest(MPPS, uid);
  request.setDataset(new Dataset({
    PerformedProcedureStepStatus: status, PerformedProcedureStepEndDate: '20240102', PerformedProcedureStepEndTime: '102122',
  }));
  return request;
}

function commitment([transaction, sopClass, ...instances]) {
  const request = new requests.NActionRequest(STORAGE_COMMITMENT, STORAGE_COMMITMENT_INSTANCE, 1);
  request.setDataset(new Dataset({
    TransactionUID: transaction,
    ReferencedSOPSequence: instances.map((uid) => ({ ReferencedSOPClassUID: sopClass, ReferencedSOPInstanceUID: uid })),
  }));
  return request;
}

function build(command, args) {
  switch (command) {
    case 'echo': return [new requests.CEchoRequest()];
    case 'store': return args.map((file) => new requests.CStoreRequest(file));
    case 'find': return [requests.CFindRequest.createStudyFindRequest({
      PatientID: args[0] || '', PatientName: '', StudyInstanceUID: '', AccessionNumber: '', StudyDate: '' })];
    case 'move': return [requests.CMoveRequest.createStudyMoveRequest(args[0], args[1])];
    case 'mpps-create': case 'mpps-set': return [performed(command, args)];
    case 'commit': return [commitment(args)];
    default: throw new Error('unknown command ' + command);
  }
}

function run([command, host, port, calling, called, ...args]) {
  const client = new Client();
  build(command, args).forEach((request) => client.addRequest(request));
  for (const event of ['networkError', 'associationRejected']) client.on(event, () => { process.exitCode = 1; });
  client.on('nEventReportRequest', (request, callback) => {
    const response = responses.NEventReportResponse.fromRequest(request);
    response.setStatus(Status.Success);
    callback(response);
  });
  const linger = command === 'echo' ? Number(args[0] || 0) : command === 'commit' ? 700 : 0;
  const stay = linger ? { associationLingerTimeout: linger } : {};
  client.send(host, Number(port), calling, called, { ...options, ...stay });
}

function scp([behaviour, ...args]) {
  const answer = (Response) => (request, callback) => {
    if (behaviour === 'silent') return;
    const response = Response.fromRequest(request);
    response.setStatus(behaviour === 'status' ? parseInt(args[0], 16) : Status.Success);
    callback(response);
  };
  return class extends Scp {
    associationRequested(association) {
      // Who called: the library's log has the titles but not the address.
      console.log(`accepted connection from ${this.socket.remoteAddress.replace('::ffff:', '')}`);
      if (behaviour === 'reject') return this.sendAssociationReject(...args.map(Number));
      for (const { id } of association.getPresentationContexts()) {
        const context = association.getPresentationContext(id);
        const offered = context.getTransferSyntaxUids();
        const chosen = [TransferSyntax.ExplicitVRLittleEndian, TransferSyntax.ImplicitVRLittleEndian].find((t) => offered.includes(t));
        if (chosen) context.setResult(PresentationContextResult.Accept, chosen);
        else context.setResult(PresentationContextResult.RejectTransferSyntaxesNotSupported);
      }
      this.sendAssociationAccept();
    }
    cEchoRequest(request, callback) {
      if (behaviour === 'abort') this.sendAbort(2, 0);
      else answer(responses.CEchoResponse)(request, callback);
    }
    cFindRequest(request, callback) {
      const found = ['PLTID0001', 'PLTID0002'].map((id) => {
        const response = responses.CFindResponse.fromRequest(request);
        response.setDataset(new Dataset({ PatientID: id, PatientName: 'PLANTED^FOUND' }));
        response.setStatus(Status.Pending);
        return response;
      });
      answer(responses.CFindResponse)(request, (last) => callback([...found, last]));
    }
    cStoreRequest(request, callback) { answer(responses.CStoreResponse)(request, callback); }
    nCreateRequest(request, callback) { answer(responses.NCreateResponse)(request, callback); }
    nSetRequest(request, callback) { answer(responses.NSetResponse)(request, callback); }
    // The report follows on the association that asked for it.
    nActionRequest(request, callback) {
      answer(responses.NActionResponse)(request, callback);
      const report = new requests.NEventReportRequest(STORAGE_COMMITMENT, STORAGE_COMMITMENT_INSTANCE, 1);
      const { TransactionUID, ReferencedSOPSequence } = request.getDataset().getElements();
      report.setDataset(new Dataset({ TransactionUID, ReferencedSOPSequence }));
      setTimeout(() => this.sendRequests(report), 200);
    }
    nEventReportRequest(request, callback) { answer(responses.NEventReportResponse)(request, callback); }
    associationReleaseRequested() { this.sendAssociationReleaseResponse(); }
    abort() { this.socket.destroy(); }
  };
}

const [command, ...args] = process.argv.slice(2);
if (command === 'serve') new Server(scp(args.slice(1))).listen(Number(args[0]), options);
else run([command, ...args]);
