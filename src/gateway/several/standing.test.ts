/** What is known of servers, over a reload of the configuration. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Act, busy, ok, request, world } from '../../../test/support/scripted-servers.ts';
import type { UpstreamRequest } from '../upstream.ts';

const DOWN: Act = { kind: 'answer', status: 500, afterMs: 1 };
const begun = (i: number): UpstreamRequest =>
  request(
    JSON.stringify({
      model: 'm',
      messages: [
        { role: 'user', content: `task ${i}` },
        { role: 'assistant', content: 'a' },
        { role: 'user', content: 'b' },
      ],
    }),
  );

test('after a reload a server that stays the same stands as it stood', async () => {
  const settings = {
    retry: { attempts: 1 },
    breaker: { failures: 2, openMs: 60_000 },
    servers: { two: { priority: 2 } },
  };
  const { ask, connect, upstream, sent, events } = world({ main: [DOWN], two: [ok] }, settings);
  await ask();
  await ask();
  await ask();
  assert.deepEqual(
    sent.map(({ server }) => server),
    ['main', 'main', 'two'],
  );
  const [before] = upstream.states();
  // Other weights, names of models and times: the same servers.
  const reloaded = connect({
    ...settings,
    breaker: { failures: 3, openMs: 1 },
    servers: { main: { weight: 5 }, two: { priority: 3 } },
  });
  assert.deepEqual(reloaded.states()[0], before);
  await ask(request(), undefined, reloaded);
  assert.equal(sent.at(-1)?.server, 'two');
  assert.equal(events.filter(({ kind }) => kind === 'circuit').length, 1);
});

test('after a reload a server of another address, or of another form, begins anew', async () => {
  for (const other of [{ baseUrl: 'http://elsewhere' }, { isTranslated: true }]) {
    const { ask, connect } = world({ main: [DOWN] }, { breaker: { failures: 1, openMs: 1e9 } });
    await ask();
    const reloaded = connect({ servers: { main: other } });
    assert.deepEqual([reloaded.states()[0]?.state, reloaded.states()[0]?.failures], ['closed', 0]);
    // Nor does the address before it come back as it was.
    assert.equal(connect({}).states()[0]?.state, 'closed');
  }
});

test('after a reload a conversation stays with its server, and does not follow a name to another address', async () => {
  const settings = { servers: { two: { priority: 2 } } };
  const { ask, connect, sent } = world({ main: [{ kind: 'reset' }, ok], two: [ok] }, settings);
  await ask(begun(1));
  assert.equal(sent.at(-1)?.server, 'two');
  await ask(begun(1), undefined, connect({ ...settings, retry: { attempts: 2 } }));
  assert.equal(sent.at(-1)?.server, 'two');
  await ask(begun(1), undefined, connect({ servers: { two: { priority: 2, baseUrl: 'http://elsewhere' } } }));
  assert.equal(sent.at(-1)?.server, 'main');
});

test('after a reload a wait that was asked for holds, but not under another key of the server', async () => {
  const { ask, connect, sent } = world(
    { main: [busy(600), ok], two: [ok] },
    { servers: { two: { priority: 2 } } },
  );
  await ask();
  const servers = { two: { priority: 2 } };
  const same = connect({ servers });
  assert.notEqual(same.states()[0]?.waitsUntil, null);
  await ask(request(), undefined, same);
  assert.equal(sent.at(-1)?.server, 'two');
  const rotated = connect({ servers: { ...servers, main: { apiKey: 'another' } } });
  assert.equal(rotated.states()[0]?.waitsUntil, null);
  await ask(request(), undefined, rotated);
  assert.equal(sent.at(-1)?.server, 'main');
});

test('a server that goes and comes back in two reloads begins anew, and calls under way are counted on', async () => {
  const { connect, clock, ask } = world(
    { main: [ok], two: [{ kind: 'reset' }] },
    {
      retry: { attempts: 1 },
      breaker: { failures: 1, openMs: 1e9 },
    },
  );
  const first = connect({ breaker: { failures: 1, openMs: 1e9 } }, ['main', 'two']);
  const nobody = { onHead: () => {}, onData: () => undefined };
  const call = first.send(request(), nobody, new AbortController().signal).catch(() => {});
  assert.equal(
    first.states().reduce((sum, { inFlight }) => sum + inFlight, 0),
    1,
  );
  const without = connect({}, ['main']);
  const again = connect({}, ['main', 'two']);
  assert.deepEqual(
    [without.states().length, again.states()[1]?.failures, again.states()[1]?.inFlight],
    [1, 0, 0],
  );
  clock.advance(10_000);
  await call;
  assert.equal(
    again.states().reduce((sum, { inFlight }) => sum + inFlight, 0),
    0,
  );
  await ask();
});
