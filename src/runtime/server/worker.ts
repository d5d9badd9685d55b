/**
 * The thread that answers the parent's pings: each with its number and the counters of pulse.ts. When the parent is
 * gone it ends the process, which may be too stuck to do so by itself.
 */
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
/** The event loop goes first, if it still turns. */
const LAST_MOMENT_MS = 1_000;
socket.on('error', () => socket.destroy());
socket.on('close', () => setTimeout(() => process.kill(process.pid, 'SIGKILL'), LAST_MOMENT_MS));
parentPort?.postMessage('ready');
