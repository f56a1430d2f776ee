#!/usr/bin/env node
// simple-hl7.js serve PORT | send HOST PORT FILES...: simple-hl7, both sides. One message at a time; AE where PID-3 is empty.
'use strict';
const { readFileSync } = require('fs');
const hl7 = require('simple-hl7');

function serve(port) {
  const app = hl7.tcp();
  app.use((request, response) => {
    const message = request.msg, { remoteAddress, localAddress } = response.socket || response.res.socket;
    const patient = message.getSegment('PID');
    const code = patient && !patient.getField(3).toString() ? 'AE' : 'AA';
    response.ack.getSegment('MSA').setField(1, code);
    response.end();
    const plain = (address) => address.replace('::ffff:', '');
    console.log(`HL7 source=${plain(remoteAddress)} destination=${plain(localAddress)} ` +
      `type=${request.type}^${request.event} ack=${code} control=${message.header.getField(8)}`);
  });
  app.use((error, request, response, next) => { console.log('error', error.message); });
  app.start(port);
}

function send(host, port, files) {
  const client = hl7.Server.createTcpClient({ host, port, keepalive: true });
  const parser = new hl7.Parser({ segmentSeperator: '\r' });
  const next = () => {
    if (!files.length) { client.close(); return; }
    client.send(parser.parse(readFileSync(files.shift(), 'utf8')), (error, ack) => {
      if (error) { console.log('error', error.message); process.exit(1); }
      console.log(`MSA|${ack.getSegment('MSA').getField(1)}|${ack.getSegment('MSA').getField(2)}`);
      setTimeout(next, 20);                       // the library answers before it has emptied its buffer
    });
  };
  next();
  setTimeout(() => { console.log('gave up'); process.exit(1); }, 8000).unref();
}

const [what, ...args] = process.argv.slice(2);
if (what === 'serve') serve(Number(args[0]));
else send(args[0], Number(args[1]), args.slice(2));
