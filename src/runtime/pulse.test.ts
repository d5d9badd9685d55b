/** How a process is judged by its answers to pings. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { PING_MS, type PulseWatch, pulseWatch } from './pulse.ts';

const IDLE = { ticks: 0, steps: 0, underWay: 0 };

/** Pings and judges at the usual times up to `end`; `answer` gives the counters, or null for no answer. */
function watched(
  end: number,
  answer: (now: number) => Parameters<PulseWatch['answered']>[1] | null,
): { readonly at: number; readonly verdict: string }[] {
  const watch = pulseWatch(0);
  const verdicts: { at: number; verdict: string }[] = [];
  for (let now = PING_MS; now <= end; now += PING_MS) {
    const ping = watch.sent(now);
    const verdict = watch.verdict(now);
    if (verdict !== verdicts.at(-1)?.verdict) verdicts.push({ at: now, verdict });
    const counters = answer(now);
    if (counters !== null) watch.answered(ping, counters, now + 1);
  }
  return verdicts;
}

test('a process that stops answering is silent before a second has passed, and hung after five', () => {
  const verdicts = watched(20_000, (now) => (now < 10_000 ? { ...IDLE, ticks: now } : null));
  assert.deepEqual(verdicts, [
    { at: 250, verdict: 'well' },
    { at: 10_500, verdict: 'silent' },
    { at: 15_000, verdict: 'hung' },
  ]);
});

test('a process that answers again is well again', () => {
  const verdicts = watched(20_000, (now) => (now < 10_000 || now > 12_000 ? { ...IDLE, ticks: now } : null));
  assert.deepEqual(
    verdicts.map(({ verdict }) => verdict),
    ['well', 'silent', 'well'],
  );
});

test('whatever work makes progress at least once a minute is let live, however long it takes', () => {
  const gaps = fc.array(fc.integer({ min: 1, max: 58_000 }), { minLength: 1, maxLength: 30 });
  fc.assert(
    fc.property(gaps, (all) => {
      let end = 0;
      const done = all.map((gap) => {
        end += gap;
        return end;
      });
      const verdicts = watched(end, (now) => ({
        ticks: now,
        steps: done.filter((at) => at <= now).length,
        underWay: 1,
      }));
      assert.deepEqual(verdicts.slice(1), []);
    }),
  );
});

test('native work that stands still for a minute is hung, and so is an event loop; idleness is not', () => {
  const hungAt = (counters: (now: number) => typeof IDLE): number | undefined =>
    watched(300_000, counters).find(({ verdict }) => verdict === 'hung')?.at;
  assert.equal(
    hungAt((now) => ({ ticks: now, steps: 7, underWay: now < 100_000 ? 0 : 1 })),
    160_000,
  );
  assert.equal(
    hungAt((now) => ({ ticks: Math.min(now, 100_000), steps: 0, underWay: 0 })),
    160_250,
  );
  assert.equal(
    hungAt((now) => ({ ticks: now, steps: 7, underWay: 0 })),
    undefined,
  );
});

test('a pause of the program that watches is nobody’s fault', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 600_000 }), { maxLength: 10 }), (pauses) => {
      const watch = pulseWatch(0);
      let now = 0;
      const beat = (answered: boolean): void => {
        now += PING_MS;
        const ping = watch.sent(now);
        assert.equal(watch.verdict(now), 'well');
        if (answered) watch.answered(ping, { ticks: now, steps: 0, underWay: 1 + (now % 2) }, now);
      };
      for (const pause of pauses) {
        beat(true);
        // The answer to this one lies unread during the pause.
        beat(false);
        now += pause;
      }
      beat(true);
    }),
  );
});

test('an answer counts for the time of its ping, and only once', () => {
  const watch = pulseWatch(0);
  const [first, second] = [watch.sent(100), watch.sent(200)];
  assert.equal(watch.answered(second, IDLE, 300), 200);
  assert.equal(watch.answered(second, IDLE, 400), null);
  assert.equal(watch.answered(first, IDLE, 400), null);
});
