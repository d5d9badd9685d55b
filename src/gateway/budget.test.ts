import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { bodyBudget, type Hold } from './budget.ts';

const FREE = 10;

/** Lets promises that are settled have their say. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('large bodies of known length wait in order of arrival, and small ones never', async () => {
  const budget = bodyBudget(100, FREE);
  const first = budget.hold();
  assert.equal(first.grow(80), undefined);
  const order: string[] = [];
  const second = budget.hold();
  second.grow(60)?.then(() => order.push('second'));
  const third = budget.hold();
  // It would fit, but the second came first.
  third.grow(15)?.then(() => order.push('third'));
  assert.equal(budget.counts.waiting, 2);
  for (let i = 0; i < 10; i++) assert.equal(budget.hold().grow(FREE), undefined);
  await settle();
  assert.deepEqual(order, []);
  first.release();
  await settle();
  // Small bodies count, so there is no room for the second until nothing large is left: then it passes alone.
  assert.deepEqual(order, ['second']);
  second.release();
  await settle();
  assert.deepEqual(order, ['second', 'third']);
  assert.equal(budget.counts.waiting, 0);
});

test('a body that is larger than the budget passes alone', async () => {
  const budget = bodyBudget(100, FREE);
  const huge = budget.hold();
  assert.equal(huge.grow(500), undefined);
  const other = budget.hold();
  let came = false;
  other.grow(20)?.then(() => {
    came = true;
  });
  await settle();
  assert.equal(came, false);
  huge.release();
  await settle();
  assert.equal(came, true);
});

test('medium bodies within their share never wait, however many long ones hold the memory or wait for it', async () => {
  const MAX = 6400;
  const long = fc.record({ size: fc.integer({ min: 101, max: 5000 }), known: fc.boolean() });
  const medium = fc.integer({ min: FREE + 1, max: 100 });
  await fc.assert(
    fc.asyncProperty(
      fc.array(long, { maxLength: 30 }),
      fc.array(medium, { minLength: 1, maxLength: 8 }),
      async (longs, mediums) => {
        const budget = bodyBudget(MAX, FREE);
        for (const { size, known } of longs) {
          const hold = budget.hold();
          if (!known) hold.grow(size / 2);
          hold.grow(size);
        }
        for (const size of mediums) assert.equal(budget.hold().grow(size), undefined);
        await settle();
      },
    ),
    { numRuns: 300 },
  );
});

test('medium bodies beyond their share wait, and keep no long one from its turn', async () => {
  const budget = bodyBudget(6400, FREE);
  const mediums = Array.from({ length: 64 }, () => budget.hold());
  for (const hold of mediums) assert.equal(hold.grow(100), undefined);
  const long = budget.hold();
  let came = false;
  long.grow(5000)?.then(() => {
    came = true;
  });
  let later = 0;
  for (let i = 0; i < 10; i++) {
    budget
      .hold()
      .grow(100)
      ?.then(() => later++);
  }
  await settle();
  assert.deepEqual([came, later], [false, 0]);
  for (const hold of mediums) hold.release();
  await settle();
  assert.equal(came, true);
});

test('whoever leaves the queue is told, and those behind move up', async () => {
  const budget = bodyBudget(100, FREE);
  const first = budget.hold();
  first.grow(90);
  const second = budget.hold();
  const told = second.grow(50);
  const third = budget.hold();
  let came = false;
  third.grow(30)?.then((granted) => {
    came = granted;
  });
  second.release();
  assert.equal(await told, false);
  first.release();
  await settle();
  assert.equal(came, true);
  third.release();
  third.release();
  assert.equal(budget.counts.bytes, 0);
});

test('bodies of any length, in any order, all get through, within the bound', async () => {
  const body = fc.record({
    size: fc.integer({ min: 1, max: 150 }),
    known: fc.boolean(),
    step: fc.integer({ min: 1, max: 40 }),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(body, { minLength: 1, maxLength: 20 }),
      fc.infiniteStream(fc.nat()),
      async (bodies, random) => {
        const max = 100;
        const budget = bodyBudget(max, FREE);
        const readers = bodies.map((one) => ({ ...one, hold: budget.hold() as Hold, got: 0, waits: false }));
        let open = [...readers];
        let turns = 0;
        while (open.length > 0) {
          // Each turn takes one reader a step further or ends it: if all of them wait, nobody can go on.
          const ready = open.filter((reader) => !reader.waits);
          assert.notEqual(ready.length, 0, 'every body waits for another');
          assert.ok(turns++ < 10_000);
          const reader = ready[(random.next().value as number) % ready.length]!;
          if (reader.got >= reader.size) {
            reader.hold.release();
            open = open.filter((one) => one !== reader);
          } else {
            const to = reader.known ? reader.size : Math.min(reader.size, reader.got + reader.step);
            const wait = reader.hold.grow(to);
            if (to <= FREE) assert.equal(wait, undefined, 'a small body waits');
            if (wait) {
              reader.waits = true;
              wait.then((granted) => {
                assert.equal(granted, true);
                reader.waits = false;
                reader.got = to;
              });
            } else reader.got = to;
          }
          await Promise.resolve();
          await Promise.resolve();
        }
        const largest = Math.max(...bodies.map((one) => one.size));
        assert.ok(budget.counts.peak <= max + largest + FREE * bodies.length, `peak ${budget.counts.peak}`);
        assert.equal(budget.counts.bytes, 0);
        assert.equal(budget.counts.waiting, 0);
      },
    ),
    { numRuns: 500 },
  );
});

const COPY_FREE = 64 * 1024;

test('copies of responses stay within the budget, never keep a body waiting, and are told when they have to go', async () => {
  const MAX = 10 * COPY_FREE;
  const step = fc.oneof(
    fc.record({ what: fc.constant('copy' as const), which: fc.nat(5), more: fc.nat(4 * COPY_FREE) }),
    fc.record({ what: fc.constant('end' as const), which: fc.nat(5), more: fc.constant(0) }),
    fc.record({ what: fc.constant('body' as const), which: fc.nat(5), more: fc.nat(MAX) }),
    fc.record({ what: fc.constant('free' as const), which: fc.nat(5), more: fc.constant(0) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const budget = bodyBudget(MAX, FREE);
      const copies = new Map<
        number,
        { held: number; taken: boolean; grow(n: number): boolean; release(): void }
      >();
      let bodies: { hold: Hold; bytes: number }[] = [];
      for (const { what, which, more } of steps) {
        if (what === 'copy') {
          let copy = copies.get(which);
          if (copy === undefined) {
            const made = { held: 0, taken: false };
            const spare = budget.spare(() => {
              made.taken = true;
              made.held = 0;
            });
            copy = Object.assign(made, { grow: spare.grow, release: spare.release });
            copies.set(which, copy);
          }
          const grown = copy.grow(copy.held + more);
          assert.equal(grown && copy.taken, false);
          if (grown) copy.held += more;
          else copy.held = 0;
        } else if (what === 'end') {
          copies.get(which)?.release();
          copies.delete(which);
        } else if (what === 'body') {
          const held = bodies.reduce((sum, { bytes }) => sum + bytes, 0);
          const small = [...copies.values()].reduce(
            (sum, { held: bytes }) => sum + Math.min(bytes, COPY_FREE),
            0,
          );
          const hold = budget.hold();
          const wait = hold.grow(more);
          // Copies past their free part are no reason to wait; an eighth is kept for medium bodies.
          if (held + small + more <= (MAX * 7) / 8 && budget.counts.waiting === 0)
            assert.equal(wait, undefined);
          if (wait === undefined) bodies.push({ hold, bytes: more });
          else hold.release();
        } else {
          bodies.shift()?.hold.release();
        }
        const large = bodies.reduce((max, { bytes }) => Math.max(max, bytes), 0);
        assert.ok(budget.counts.bytes <= MAX + large + copies.size * COPY_FREE + bodies.length * FREE);
        const counted = [...copies.values()].reduce((sum, { held }) => sum + held, 0);
        assert.equal(budget.counts.bytes, counted + bodies.reduce((sum, { bytes }) => sum + bytes, 0));
      }
      for (const copy of copies.values()) copy.release();
      for (const { hold } of bodies) hold.release();
      bodies = [];
      await settle();
      assert.equal(budget.counts.bytes, 0);
    }),
    { numRuns: 500 },
  );
});
