/** What a guard does with calls, at a time that the tests set. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { manualClock } from '../../test/support/manual-clock.ts';
import { UnderstudyError } from '../core/errors.ts';
import type { Json } from '../core/json.ts';
import type { Client } from './client.ts';
import { createGuard, type Guard } from './guard.ts';
import { guardedClient } from './guarded.ts';

/** Calls and probes of a server that answers only when the test says so. */
function server(options: { readonly alive?: () => Promise<boolean> } = {}) {
  const clock = manualClock(1_000_000);
  const guard = createGuard({ clock, ...options });
  const calls: { readonly settle: (error?: Error) => void; readonly signal: AbortSignal }[] = [];
  const probes: { readonly settle: (error?: Error) => void; readonly signal: AbortSignal }[] = [];
  const pendingIn = (list: typeof calls) => (signal: AbortSignal) =>
    new Promise<string>((resolve, reject) => {
      list.push({ settle: (error) => (error ? reject(error) : resolve('answer')), signal });
    });
  const ask = (key = 'a', signal?: AbortSignal): Promise<string> =>
    guard
      .run(key, pendingIn(calls), { signal, probe: pendingIn(probes) })
      .catch((error: UnderstudyError) => error.code);
  return { clock, guard, calls, probes, ask };
}

/** So many calls, each answered after so long. */
async function serve(at: ReturnType<typeof server>, count: number, ms: number, key = 'a'): Promise<void> {
  for (let i = 0; i < count; i++) {
    const answer = at.ask(key);
    await idle();
    at.clock.advance(ms);
    at.calls.at(-1)!.settle();
    assert.equal(await answer, 'answer');
  }
}

/** Lets everything that can go on without the clock go on. */
async function idle(): Promise<void> {
  for (let i = 0; i < 10; i++) await turn();
}

test('of calls at once to a server without a sign of life one waits, and the others are refused', async () => {
  let asked = 0;
  const at = server({
    alive: async () => {
      asked++;
      return false;
    },
  });
  await serve(at, 5, 10);
  const answers = [1, 2, 3, 4].map(() => at.ask());
  assert.deepEqual(await Promise.all(answers.slice(1)), ['unavailable', 'unavailable', 'unavailable']);
  assert.equal(at.calls.length, 6);
  assert.equal(await at.ask(), 'unavailable');
  assert.equal(asked, 1, 'nobody else waits for a sign of life');
  at.calls.at(-1)!.settle();
  assert.equal(await answers[0], 'answer');
  await serve(at, 1, 10);
});

test('calls at once to a server that is alive are all sent', async () => {
  const at = server({ alive: async () => true });
  await serve(at, 5, 10);
  const answers = [1, 2, 3, 4].map(() => at.ask());
  await idle();
  for (const call of at.calls.slice(5)) call.settle();
  assert.deepEqual(await Promise.all(answers), ['answer', 'answer', 'answer', 'answer']);
});

test('a call takes at most four times the usual, at least a second; then the others go elsewhere at once', async () => {
  for (const [usual, limit] of [
    [10, 1000],
    [2000, 8000],
  ] as const) {
    const at = server();
    await serve(at, 5, usual);
    const hanging = at.ask();
    at.clock.advance(limit - 1);
    await idle();
    assert.equal(at.calls.at(-1)!.signal.aborted, false);
    at.clock.advance(1);
    assert.equal(await hanging, 'timed-out');
    assert.equal(at.calls.at(-1)!.signal.aborted, true);
    const sent = at.calls.length;
    assert.deepEqual(await Promise.all([at.ask(), at.ask('b')]), ['unavailable', 'unavailable']);
    assert.equal(at.calls.length, sent);
    assert.equal(at.guard.health().state, 'open');
  }
});

test('while a call is overdue and nothing else comes back, no call follows it', async () => {
  const at = server();
  await serve(at, 5, 10);
  const first = at.ask();
  at.clock.advance(300);
  assert.equal(await at.ask(), 'unavailable');
  at.calls.at(-1)!.settle();
  assert.equal(await first, 'answer');
  assert.equal(at.calls.length, 6);
});

test('of what is not known yet one call is sent at a time, and has no limit but the caller’s', async () => {
  const at = server({ alive: async () => true });
  const first = at.ask('new');
  assert.equal(await at.ask('new'), 'overloaded');
  at.clock.advance(300_000);
  at.calls[0]!.settle();
  assert.equal(await first, 'answer');
  const both = [at.ask('new'), at.ask('new')];
  await idle();
  assert.equal(at.calls.length, 3);
  for (const call of at.calls) call.settle();
  assert.deepEqual(await Promise.all(both), ['answer', 'answer']);
});

test('it closes again after a probe, which is nobody’s call', async () => {
  const at = server();
  await serve(at, 5, 10);
  const late = at.ask();
  at.clock.advance(1000);
  assert.equal(await late, 'timed-out');
  at.clock.advance(0);
  assert.equal(at.probes.length, 1);
  assert.equal(at.guard.health().state, 'half-open');
  assert.equal(await at.ask(), 'unavailable');
  at.probes[0]!.settle(new Error('no'));
  await idle();
  at.clock.advance(999);
  assert.equal(at.probes.length, 1);
  at.clock.advance(1);
  assert.equal(at.probes.length, 2);
  at.probes[1]!.settle();
  await idle();
  assert.equal(at.guard.health().state, 'closed');
  await serve(at, 1, 10);
  assert.equal(at.guard.health().failures, 0);
});

test('a probe that is refused shows that the server is there; one without an answer is given up', async () => {
  const at = server();
  at.guard.hung();
  at.guard.back();
  at.clock.advance(0);
  await idle();
  assert.equal(at.guard.health().state, 'closed', 'nobody has asked anything that could be probed');
  await serve(at, 5, 10);
  at.guard.hung();
  at.guard.back();
  at.clock.advance(0);
  at.clock.advance(10_000);
  assert.equal(at.probes[0]!.signal.aborted, true);
  at.probes[0]!.settle(new Error('given up'));
  await idle();
  assert.equal(at.guard.health().state, 'open');
  at.clock.advance(1000);
  at.probes[1]!.settle(new UnderstudyError('not-found', 'No such model.', { hint: '' }));
  await idle();
  assert.equal(at.guard.health().state, 'closed');
});

test('calls under way are failed when the server is known to hang, and none is probed until it is back', async () => {
  const at = server({ alive: async () => true });
  await serve(at, 5, 10);
  const answers = [at.ask(), at.ask()];
  await idle();
  at.guard.hung();
  assert.deepEqual(await Promise.all(answers), ['unavailable', 'unavailable']);
  at.clock.advance(3_600_000);
  assert.equal(at.probes.length, 0);
  at.guard.back();
  at.clock.advance(0);
  assert.equal(at.probes.length, 1);
});

test('an agent that leaves early does not open it, one that waited far too long does', async () => {
  const at = server();
  await serve(at, 5, 400);
  const impatient = new AbortController();
  const left = at.ask('a', impatient.signal);
  at.clock.advance(500);
  impatient.abort();
  at.calls.at(-1)!.settle(new UnderstudyError('cancelled', 'Cancelled.', { hint: '' }));
  assert.equal(await left, 'cancelled');
  assert.equal(at.guard.health().state, 'closed');
  const patient = new AbortController();
  const waited = at.ask('a', patient.signal);
  at.clock.advance(1500);
  patient.abort();
  at.calls.at(-1)!.settle(new UnderstudyError('cancelled', 'Cancelled.', { hint: '' }));
  assert.equal(await waited, 'cancelled');
  assert.equal(at.guard.health().state, 'open');
});

test('a server that has become slower is given more time as long as it answers', async () => {
  const at = server({ alive: async () => true });
  await serve(at, 20, 500, 'slow');
  await serve(at, 50, 10, 'quick');
  for (let i = 0; i < 3; i++) {
    const slow = at.ask('slow');
    const call = at.calls.at(-1)!;
    at.clock.advance(900);
    await serve(at, 1, 10, 'quick');
    at.clock.advance(1090);
    if (i === 0) assert.equal(await slow, 'timed-out');
    else {
      at.clock.advance(100);
      call.settle();
      assert.equal(await slow, 'answer');
    }
  }
});

test('when it is closed for good nothing is probed any more', async () => {
  const at = server();
  await serve(at, 5, 10);
  at.guard.hung();
  at.guard.back();
  at.guard.close();
  at.clock.advance(3_600_000);
  assert.equal(at.probes.length, 0);
  assert.deepEqual(at.clock.waiting(), []);
});

test('the probe of a client asks for the same encoder, and holds nothing of a call', async () => {
  const clock = manualClock();
  const guard: Guard = createGuard({ clock });
  const bodies: Json[] = [];
  const inner: Client = {
    post: async (_path, body) => {
      bodies.push(body);
      return {};
    },
    close: async () => {},
  };
  const client = guardedClient(inner, guard);
  await client.post('/v1/embeddings', { model: 'm', input: ['secret'], lora_path: 'tuned' });
  guard.hung();
  guard.back();
  clock.advance(0);
  assert.deepEqual(bodies[1], { model: 'm', input: ['probe'], lora_path: 'tuned' });
});
