#!/usr/bin/env node
// hl7-server.js PORT: node-hl7-server. AA, or AE where PID-3 is empty.
'use strict';
const { Server } = require('node-hl7-server');
const inbound = new Server().createInbound({ port: Number(process.argv[2]) }, async (request, response) => {
  const message = request.getMessage();
  const code = message.get('PID.3').toString() ? 'AA' : 'AE';
  await response.sendResponse(code);
  const { remoteAddress, localAddress } = inbound.last;
  const plain = (address) => address.replace('::ffff:', '');
  console.log(`HL7 source=${plain(remoteAddress)} destination=${plain(localAddress)} ` +
    `type=${message.get('MSH.9.1')}^${message.get('MSH.9.2')} ack=${code} control=${message.get('MSH.10')}`);
});
// The library gives the handler no socket; connections come one after the other here.
inbound.on('client.connect', (socket) => { inbound.last = { remoteAddress: socket.remoteAddress, localAddress: socket.localAddress }; });
inbound.on('data.error', (error) => console.log('error', error.message));
