import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { GatewayUpstream } from '../core/observe.ts';
import { readUpstreamStates, upstreamStates } from './upstream-states.ts';

const dir = mkdtempSync(join(tmpdir(), 'understudy-upstreams-'));
after(() => rmSync(dir, { recursive: true, force: true }));
const file = join(dir, 'upstreams.json');

const server = (state: GatewayUpstream['state']): GatewayUpstream => ({
  name: 'main',
  for: 'openai',
  state,
  since: 5,
  failures: state === 'open' ? 5 : 0,
  inFlight: 0,
  waitsUntil: null,
});

test('other processes read how a gateway’s servers are while it runs, and nothing once it has gone', async () => {
  let now = 1_000_000;
  const states = upstreamStates(dir, () => now);
  assert.equal(readUpstreamStates(dir, now), null);
  await states.tell([server('open')]);
  assert.deepEqual(readUpstreamStates(dir, now), { at: now, servers: [server('open')] });
  assert.equal(statSync(file).mode & 0o777, 0o600);
  // What is unchanged is written again as a sign of life, and not each time.
  now += 2000;
  await states.tell([server('open')]);
  assert.equal(readUpstreamStates(dir, now)?.at, 1_000_000);
  now += 9000;
  await states.tell([server('open')]);
  assert.equal(readUpstreamStates(dir, now)?.at, now);
  now += 1;
  await states.tell([server('closed')]);
  assert.equal(readUpstreamStates(dir, now)?.servers[0]?.state, 'closed');
  // A gateway that was killed leaves its file; it says nothing any more.
  assert.equal(readUpstreamStates(dir, now + 31_000), null);
  await states.close();
  assert.equal(existsSync(file), false);
});

test('servers that are asked as they are leave no file, and a torn one tells nothing', async () => {
  const states = upstreamStates(dir, Date.now);
  await states.tell([server('closed')]);
  await states.tell([]);
  assert.equal(existsSync(file), false);
  writeFileSync(file, '{"at": 1');
  assert.equal(readUpstreamStates(dir, 1), null);
  const nowhere = upstreamStates(join(dir, 'missing'), Date.now);
  await nowhere.tell([server('closed')]);
  await nowhere.close();
});

test('a disk that does not answer keeps nothing else from being closed, and has one write waiting at most', async () => {
  const texts: string[] = [];
  const hung = Promise.withResolvers<void>();
  const removed = Promise.withResolvers<void>();
  const files = {
    rename: async () => {},
    rm: async () => removed.resolve(),
    writeFile: (_: unknown, text: unknown) => {
      texts.push(String(text));
      return texts.length === 2 ? hung.promise : Promise.resolve();
    },
  } as unknown as NonNullable<Parameters<typeof upstreamStates>[2]>['files'];
  let now = 0;
  const states = upstreamStates(dir, () => ++now, { closeMs: 1, ...(files ? { files } : {}) });
  await states.tell([server('open')]);
  for (let i = 0; i < 50; i++) void states.tell([{ ...server('open'), failures: i }]);
  await states.close();
  assert.equal(texts.length, 2);
  // Once it answers again the file goes, and nothing is written any more.
  hung.resolve();
  await removed.promise;
  await states.tell([server('closed')]);
  assert.equal(texts.length, 2);
});

test('of what is told while something is being written the latest is written', async () => {
  const states = upstreamStates(dir, Date.now);
  await Promise.all([0, 1, 2, 3].map((failures) => states.tell([{ ...server('open'), failures }])));
  assert.equal(readUpstreamStates(dir, Date.now())?.servers[0]?.failures, 3);
  await states.close();
});
