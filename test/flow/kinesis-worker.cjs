// Runs kinesis-local in a worker thread. It has no option for the interface it listens on, and listens on all of them; so whatever
// it asks for becomes a free port on the loopback interface, and the main thread is told which.
'use strict';
const { Server } = require('net');
const { parentPort, workerData } = require('worker_threads');

const listen = Server.prototype.listen;
Server.prototype.listen = function (requested, callback) {
  this.once('listening', () => parentPort.postMessage({ requested, ...this.address() }));
  return listen.call(this, { host: '127.0.0.1', port: 0 }, callback);
};
require(workerData.program);
