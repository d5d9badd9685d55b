import assert from 'node:assert/strict';
import { test } from 'node:test';
import { manualClock } from '../../../test/support/manual-clock.ts';
import { request } from '../../../test/support/scripted-servers.ts';
import { UnderstudyError } from '../../core/errors.ts';
import type { Upstream } from '../upstream.ts';
import { attempt } from './attempt.ts';
import { createCircuit } from './circuit.ts';

/** An attempt that never gets a connection. */
async function waiting(isQueued: boolean) {
  const clock = manualClock(0);
  const circuit = createCircuit({ failures: 5, openMs: 1000 }, 0);
  const upstream: Pick<Upstream, 'send'> = {
    send: (_request, _listener, signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () =>
          reject(new UnderstudyError('cancelled', 'no', { hint: '', status: 499 })),
        );
      }),
  };
  const all = attempt({ circuit, upstream }, request(), {
    listener: { onHead: () => {}, onData: () => undefined },
    signal: new AbortController().signal,
    limitMs: 100,
    startLimitMs: () => 100,
    isCut: false,
    isQueued,
    isFree: false,
    isLast: false,
    next: () => 'next',
    onOutcome: () => {},
    onWait: () => {},
    onEnd: () => {},
    onAnswer: () => {},
    now: clock.now,
    after: clock.after,
  }).catch((error: UnderstudyError) => error.code);
  clock.advance(100);
  return { result: await all, failures: circuit.failures };
}

test('time in the queue of connections is not the server’s, and the call was never sent', async () => {
  assert.deepEqual(await waiting(true), { result: { next: 'next' }, failures: 0 });
  assert.deepEqual(await waiting(false), { result: 'timed-out', failures: 1 });
});
