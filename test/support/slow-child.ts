/** A model process that works on each request for as long as it is up, a small step at a time. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { startPulse } from '../../src/runtime/server/pulse.ts';

process.once('message', async () => {
  const progress = await startPulse();
  const server = createServer(async (request, response) => {
    let gone = false;
    response.once('close', () => {
      gone = true;
    });
    const until = request.url === '/short' ? 1 : Number.POSITIVE_INFINITY;
    for (let i = 0; i < until && !gone; i++) await progress.step(() => wait(2));
    response.end('{"done":true}');
  });
  server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));
});
process.once('disconnect', () => process.exit(0));
