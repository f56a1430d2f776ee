#!/usr/bin/env node
// medplum-hl7.js serve PORT [enhanced] | send HOST PORT [application] FILES...: @medplum/hl7, both sides.
//   enhanced: the library commits each message (CA) before the handler's AA; application: the sender waits for that one.
'use strict';
const { readFileSync } = require('fs');
const { Hl7Message } = require('@medplum/core');
const { Hl7Client, Hl7Server, ReturnAckCategory } = require('@medplum/hl7');
const plain = (address) => address.replace('::ffff:', '');
const field = (message, segment, number) => message.getSegment(segment)?.getField(number)?.toString() ?? '';

function serve(port, enhanced) {
  new Hl7Server((connection) => {
    const source = plain(connection.socket.remoteAddress), destination = plain(connection.socket.localAddress);
    connection.addEventListener('message', ({ message }) => {
      const type = field(message, 'MSH', 9).split('^').slice(0, 2).join('^');
      setTimeout(() => connection.send(message.buildAck({ ackCode: 'AA' })), 60);
      console.log(`HL7 source=${source} destination=${destination} type=${type} ack=AA` +
        `${enhanced ? ' accept=CA' : ''} control=${field(message, 'MSH', 10)}`);
    });
    connection.addEventListener('error', ({ error }) => console.log('error', error.message));
  }).start(port, 'utf-8', enhanced);
}

async function send(host, port, application, files) {
  const client = new Hl7Client({ host, port });
  const options = { timeoutMs: 5000, ...(application ? { returnAck: ReturnAckCategory.APPLICATION } : {}) };
  const connection = await client.connect();
  connection.addEventListener('message', ({ message }) => console.log(message.getSegment('MSA').toString()));
  for (const file of files) await client.sendAndWait(Hl7Message.parse(readFileSync(file, 'utf8').trimEnd()), options);
  await client.close();
}

const [what, ...args] = process.argv.slice(2);
if (what === 'serve') serve(Number(args[0]), args[1] === 'enhanced');
else {
  const [host, port, ...words] = args;
  send(host, Number(port), words[0] === 'application', words.filter((word) => word !== 'application'))
    .catch((error) => { console.log('error', error.message); process.exit(1); });
}
