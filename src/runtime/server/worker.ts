/** The thread that answers the parent's pings: each with its number and the counters of pulse.ts. */
import { Socket } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';

const { fd, counters } = workerData as { readonly fd: number; readonly counters: Int32Array };
const socket = new Socket({ fd });
let rest = Buffer.alloc(0);
socket.on('data', (chunk: Buffer) => {
  rest = Buffer.concat([rest, chunk]);
  while (rest.length >= 4) {
    const answer = Buffer.alloc(16);
    rest.copy(answer, 0, 0, 4);
    [0, 1, 2].forEach((k) => {
      answer.writeInt32LE(Atomics.load(counters, k), 4 + 4 * k);
    });
    socket.write(answer);
    rest = rest.subarray(4);
  }
});
// The parent is gone, and so is this process in a moment.
socket.on('error', () => socket.destroy());
parentPort?.postMessage('ready');
