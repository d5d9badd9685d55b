/** The breaker against a ledger that the tests keep themselves. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createBreaker, LIMITS } from './breaker.ts';

const SLICE_MS = LIMITS.windowMs / 60;

type Step =
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'send'; readonly expectedMs: number }
  | { readonly do: 'end'; readonly which: number; readonly how: 'served' | 'failed' | 'late' | 'given-up' }
  | { readonly do: 'sign' | 'hung' | 'back' | 'probe' }
  | { readonly do: 'probed'; readonly answered: boolean };

const wait = fc.record({
  do: fc.constant('wait' as const),
  ms: fc.oneof(fc.integer({ min: 0, max: 400 }), fc.integer({ min: 0, max: 20_000 })),
});
const send = fc.record({ do: fc.constant('send' as const), expectedMs: fc.integer({ min: 0, max: 2000 }) });
const end = fc.record({
  do: fc.constant('end' as const),
  which: fc.nat(),
  how: fc.constantFrom(
    'served' as const,
    'served' as const,
    'failed' as const,
    'late' as const,
    'given-up' as const,
  ),
});
const probed = fc.record({ do: fc.constant('probed' as const), answered: fc.boolean() });
const other = fc.record({
  do: fc.constantFrom('sign' as const, 'hung' as const, 'back' as const, 'probe' as const),
});
const steps = fc.array<Step>(
  fc.oneof(
    { weight: 5, arbitrary: wait },
    { weight: 5, arbitrary: send },
    { weight: 4, arbitrary: end },
    { weight: 1, arbitrary: other },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('probe' as const) }) },
    { weight: 2, arbitrary: probed },
  ),
  { minLength: 30, maxLength: 200, size: 'max' },
);

/** Plays the steps; `look` sees every question whether a call may be sent, and its answer. */
function play(
  all: readonly Step[],
  look: (at: { readonly now: number; readonly admits: string; readonly world: World }) => void = () => {},
) {
  const breaker = createBreaker(0);
  const world: World = { wasted: [], used: [], sent: [], probes: 0, hangs: false };
  let now = 0;
  let probe: object | null = null;
  for (const step of all) {
    switch (step.do) {
      case 'wait':
        now += step.ms;
        break;
      case 'send': {
        const admits = breaker.admits(now);
        look({ now, admits, world });
        if (admits !== 'no')
          world.sent.push({ waiting: breaker.sent(now, step.expectedMs), servedSince: false });
        break;
      }
      case 'end': {
        const [call] = world.sent.splice(step.which % Math.max(1, world.sent.length), 1);
        if (call === undefined) break;
        const ms = now - call.waiting.startedAt;
        breaker.ended(call.waiting, now, step.how);
        if (step.how === 'served') {
          world.used.push({ at: now, ms });
          for (const each of world.sent) if (each.waiting.startedAt < now) each.servedSince = true;
        } else if (step.how !== 'given-up' || ms > call.waiting.expectedMs)
          world.wasted.push({ at: now, ms });
        break;
      }
      case 'sign':
        breaker.sign(now);
        break;
      case 'hung':
        breaker.hung(now);
        world.hangs = true;
        probe = null;
        break;
      case 'back':
        breaker.back(now);
        world.hangs = false;
        break;
      case 'probe': {
        const next = breaker.probe(now);
        if (next !== null) {
          assert.equal(probe, null, 'a second probe is under way');
          probe = next;
        }
        break;
      }
      case 'probed':
        if (probe !== null) breaker.probed(probe, now, step.answered);
        probe = null;
        break;
    }
  }
  return { breaker, world, now, probe };
}

interface World {
  readonly wasted: { readonly at: number; readonly ms: number }[];
  readonly used: { readonly at: number; readonly ms: number }[];
  readonly sent: {
    readonly waiting: { readonly startedAt: number; readonly expectedMs: number };
    servedSince: boolean;
  }[];
  probes: number;
  hangs: boolean;
}

const sumSince = (entries: World['used'], since: number): number =>
  entries.reduce((sum, { at, ms }) => (at > since ? sum + ms : sum), 0);

test('no call is sent while more than the budget was wasted in the last minute', () => {
  fc.assert(
    fc.property(steps, (all) => {
      play(all, ({ now, admits, world }) => {
        if (admits === 'no') return;
        const wasted = sumSince(world.wasted, now - LIMITS.windowMs);
        const used = sumSince(world.used, now - LIMITS.windowMs - SLICE_MS);
        assert.ok(wasted <= Math.max(LIMITS.budgetMs, LIMITS.share * used), `${wasted} ms wasted`);
      });
    }),
    { numRuns: 500 },
  );
});

test('no call follows one that is overdue while nothing has come back since that was sent, or while the server hangs', () => {
  fc.assert(
    fc.property(steps, (all) => {
      play(all, ({ now, admits, world }) => {
        const overdue = world.sent.some(
          ({ waiting, servedSince }) => !servedSince && now - waiting.startedAt > waiting.expectedMs,
        );
        if (overdue || world.hangs) assert.equal(admits, 'no');
      });
    }),
    { numRuns: 500 },
  );
});

test('with probes that are answered it closes again in little more than a minute, whatever came before', () => {
  fc.assert(
    fc.property(steps, (all) => {
      const { breaker, now: end, probe } = play(all);
      let now = end;
      if (probe !== null) breaker.probed(probe, now, false);
      breaker.back(now);
      const deadline = now + LIMITS.windowMs + LIMITS.longestWaitMs + 2 * SLICE_MS;
      breaker.admits(now);
      while (breaker.state !== 'closed') {
        const at = breaker.nextProbe(now);
        assert.ok(at !== null && at <= deadline, `the next probe is at ${at}, the time is ${now}`);
        now = at;
        const next = breaker.probe(now);
        assert.ok(next !== null, 'a probe is due and is refused');
        breaker.probed(next, now, true);
      }
    }),
    { numRuns: 500 },
  );
});

test('probes that fail come ever more rarely, one at a time', () => {
  const breaker = createBreaker(0);
  breaker.ended(breaker.sent(0, 10), 100, 'late');
  const times: number[] = [];
  for (let now = 100; now <= 600_000; now += 100) {
    const probe = breaker.probe(now);
    if (probe === null) continue;
    assert.equal(breaker.probe(now), null);
    assert.equal(breaker.admits(now), 'no');
    times.push(now);
    breaker.probed(probe, now, false);
  }
  assert.deepEqual(times.slice(0, 7), [100, 1100, 3100, 7100, 15_100, 31_100, 61_100]);
  assert.equal(times.length, 6 + Math.floor((600_000 - 31_100) / LIMITS.longestWaitMs));
});

test('one late call opens it if nothing came back since that was sent, and not if something did', () => {
  const alone = createBreaker(0);
  alone.ended(alone.sent(0, 10), 1000, 'late');
  assert.equal(alone.state, 'open');
  const together = createBreaker(0);
  const slow = together.sent(0, 10);
  together.ended(together.sent(1, 10), 5, 'served');
  together.ended(slow, 1000, 'late');
  assert.equal(together.state, 'closed');
});

test('failures that come at once cost nobody anything and open nothing, those that take long do', () => {
  const breaker = createBreaker(0);
  for (let i = 0; i < 1000; i++) breaker.ended(breaker.sent(i, 10), i + 1, 'failed');
  assert.equal(breaker.state, 'closed');
  for (let i = 0; i < 3; i++) breaker.ended(breaker.sent(2000, 10), 3000, 'failed');
  assert.equal(breaker.state, 'open');
});

test('a few failures among thousands of calls do not open it', () => {
  const breaker = createBreaker(0);
  for (let i = 0; i < 6000; i++) {
    const now = 10 * i;
    assert.notEqual(breaker.admits(now), 'no');
    const call = breaker.sent(now, 100);
    breaker.ended(call, now + (i % 100 === 99 ? 300 : 20), i % 100 === 99 ? 'failed' : 'served');
  }
  assert.equal(breaker.state, 'closed');
});

test('an agent that gives up early says nothing about the server, one that waited beyond the usual does', () => {
  const breaker = createBreaker(0);
  breaker.ended(breaker.sent(0, 100), 100, 'given-up');
  assert.equal(breaker.state, 'closed');
  breaker.ended(breaker.sent(200, 100), 301, 'given-up');
  assert.equal(breaker.state, 'open');
});

test('a second call at once is sent only after a sign of life', () => {
  const breaker = createBreaker(0);
  assert.equal(breaker.admits(10), 'yes');
  breaker.sent(10, 100);
  assert.equal(breaker.admits(11), 'ask');
  breaker.sign(11);
  assert.equal(breaker.admits(12), 'yes');
});

test('a probe that a hang has overtaken does not close it', () => {
  const breaker = createBreaker(0);
  breaker.ended(breaker.sent(0, 10), 100, 'late');
  const probe = breaker.probe(100)!;
  breaker.hung(150);
  breaker.probed(probe, 200, true);
  assert.equal(breaker.state, 'open');
  assert.equal(breaker.nextProbe(200), null);
  breaker.back(300);
  breaker.probed(breaker.probe(300)!, 310, true);
  assert.equal(breaker.state, 'closed');
});

test('after a budget is spent, probes wait until there is one again', () => {
  const breaker = createBreaker(0);
  const calls = Array.from({ length: 10 }, () => breaker.sent(27_000, 10));
  // The first one opens it; what the others have waited is known only then.
  for (const call of calls) breaker.ended(call, 30_000, 'late');
  const at = breaker.nextProbe(30_000)!;
  assert.ok(at >= 30_000 + LIMITS.windowMs && at <= 30_000 + LIMITS.windowMs + SLICE_MS);
  assert.equal(breaker.probe(at - 1), null);
  assert.notEqual(breaker.probe(at), null);
});

test('the share of a busy time is gone with that time', () => {
  const breaker = createBreaker(0);
  breaker.ended(breaker.sent(0, 100_000), 40_000, 'served');
  const [failing, other] = [breaker.sent(41_000, 100_000), breaker.sent(42_000, 100_000)];
  breaker.ended(other, 45_000, 'served');
  breaker.ended(failing, 46_000, 'failed');
  assert.equal(breaker.admits(46_000), 'yes');
  assert.equal(breaker.admits(102_000), 'no');
});
