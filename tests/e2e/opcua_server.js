// SPDX-License-Identifier: Apache-2.0
// A server of node-opcua whose variables do as they are told: lines of JSON on stdin, such
// as {"name": "Flow", "value": 3, "status": "BadSensorFailure"}.
// usage: node opcua_server.js PORT FOLDER [TRUSTED.pem]
'use strict';
const fs = require('fs');
const readline = require('readline');
const opcua = require('node-opcua');
const {readCertificate} = require('node-opcua-crypto');

const [port, folder, trusted] = process.argv.slice(2);
const types = {Flow: 'Double', Speed: 'Double', Ready: 'Boolean', Name: 'String',
  List: 'Int16', Count: 'UInt64'};
const values = {Flow: 12.5, Speed: 50, Ready: true, Name: 'pump', List: [1, -2, 3],
  Count: [0, 7]};

async function main() {
  const pki = new opcua.OPCUACertificateManager({rootFolder: folder,
    automaticallyAcceptUnknownCertificate: false});
  await pki.initialize();
  if (trusted) {
    await pki.trustCertificate(readCertificate(trusted));
  }
  const server = new opcua.OPCUAServer({
    port: Number(port),
    hostname: '127.0.0.1',
    serverCertificateManager: pki,
    userManager: {isValidUser: (user, word) => user === 'cell7' && word === 'secret'},
  });
  await server.initialize();
  const space = server.engine.addressSpace;
  const ours = space.getOwnNamespace();
  const pump = ours.addObject({organizedBy: space.rootFolder.objects, browseName: 'Pump'});
  const nodes = {};
  for (const name of Object.keys(types)) {
    const add = name === 'Speed' ? 'addAnalogDataItem' : 'addVariable';
    nodes[name] = ours[add]({
      componentOf: pump, browseName: name, nodeId: 's=Pump.' + name, dataType: types[name],
      valueRank: Array.isArray(values[name]) && name === 'List' ? 1 : -1,
      minimumSamplingInterval: 50,
      engineeringUnitsRange: {low: 0, high: 60},
      engineeringUnits: opcua.makeEUInformation('HTZ', 'Hz', 'hertz'),
      accessLevel: name === 'Flow' ? 'CurrentRead' : 'CurrentRead | CurrentWrite',
    });
    set({name, value: values[name]});
    nodes[name].on('value_changed', (value) =>
      say({name, value: value.value.value}));
  }

  function set({name, value, status}) {
    nodes[name].setValueFromSource({dataType: types[name],
      arrayType: name === 'List' ? 'Array' : 'Scalar', value},
    opcua.StatusCodes[status || 'Good']);
  }

  await server.start();
  readline.createInterface({input: process.stdin}).on('line', (line) => set(JSON.parse(line)));
  say({certificate: server.certificateFile, namespace: ours.namespaceUri});
}

function say(what) {
  fs.writeSync(1, JSON.stringify(what) + '\n');
}

main();
