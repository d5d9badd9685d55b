/** The thread that records exchanges, with a fault: what an exchange's id says kills it while that exchange is in work. */
import { parentPort } from 'node:worker_threads';
import type { ThreadRequest } from '../../src/capture/exchange-thread.ts';

parentPort?.on('message', (request: ThreadRequest) => {
  if (request.type !== 'record') return;
  const { id } = request.exchange;
  if (id.startsWith('exit')) process.exit(3);
  if (id.startsWith('throw')) throw new RangeError('injected');
  if (id.startsWith('memory')) {
    const held: unknown[] = [];
    for (;;) held.push(new Array(100_000).fill({}));
  }
  if (id.startsWith('loop')) for (;;);
});
await import('../../src/capture/exchange-worker.ts');
