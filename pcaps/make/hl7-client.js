#!/usr/bin/env node
// hl7-client.js HOST PORT FILES...: node-hl7-client; all messages on one connection, one at a time.
'use strict';
const { readFileSync } = require('fs');
const { Client, Message } = require('node-hl7-client');

const [host, port, ...files] = process.argv.slice(2);
// The library's own queue never drains while an answer is outstanding, so the next message is sent when one has come.
const send = () => connection.sendMessage(new Message({ text: readFileSync(files.shift(), 'latin1').trimEnd() }));
const connection = new Client({ host, ipv6: host.includes(':') }).createConnection({ port: Number(port), waitAck: true }, async (response) => {
  console.log(response.getMessage().toString().split('\r').find((segment) => segment.startsWith('MSA')));
  if (files.length) return send();
  await connection.close();
  process.exit(0);
});
connection.on('client.error', (error) => console.log('error', error.message));
connection.on('connect', send);
setTimeout(() => { console.log('gave up'); process.exit(1); }, 8000);
