/** What every CallStore must do; its keys are a KeyStore's. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { UnderstudyError } from '../../../src/core/errors.ts';
import type { CallFilter, CallStore, KeyStore, SealedPart, StoredCall } from '../../../src/core/store.ts';
import type { Opener } from './store.ts';

const DAY = '2026-01-02';

const part = (id: string, text = id): SealedPart => ({
  id,
  day: DAY,
  sealed: new Uint8Array(Buffer.from(text)),
});

/** The part that every call here holds. */
const ABOUT = part('about');

const call = (
  id: string,
  at: number,
  parts: readonly string[] = [],
  over: Partial<StoredCall> = {},
): StoredCall => ({
  id,
  at,
  sessionId: `session-${id}`,
  origin: 'o1',
  stream: true,
  status: 200,
  latencyMs: 12.5,
  promptTokens: 10,
  completionTokens: 3,
  cachedTokens: 2,
  served: { by: 'llm', reason: 'no-specialist' },
  aboutPart: 'about',
  requestParts: parts,
  responsePart: null,
  ...over,
});

const all = async (store: CallStore, filter?: CallFilter): Promise<StoredCall[]> =>
  (await Array.fromAsync(store.calls(filter))).flat();
const idsOf = async (store: CallStore, filter?: CallFilter): Promise<string[]> =>
  (await all(store, filter)).map(({ id }) => id);
const textOf = (parts: ReadonlyMap<string, SealedPart>, id: string): string =>
  Buffer.from(parts.get(id)?.sealed ?? []).toString();

export function callStoreContract(name: string, withStore: Opener<CallStore & KeyStore>): void {
  describe(`call store contract: ${name}`, () => {
    it('gives calls back as they were given, oldest first', () =>
      withStore(async (store) => {
        const later = call('b', 20, ['p2', 'p1', 'p2'], { responsePart: 'p3' });
        const earlier = call('a', 10, [], {
          served: { by: 'spec_1', reason: 'confident', taskId: 'task_1', confidence: 0.93 },
        });
        await store.addCalls([later, earlier], [ABOUT, part('p1'), part('p2'), part('p3')]);
        assert.deepEqual(await all(store), [earlier, later]);
        assert.equal(await store.countCalls(), 2);
        const parts = await store.parts(['p3', 'p1', 'nowhere']);
        assert.deepEqual([...parts.keys()].sort(), ['p1', 'p3']);
        assert.equal(textOf(parts, 'p3'), 'p3');
        assert.equal(parts.get('p3')?.day, DAY);
      }));

    it('says how many calls were new, and which are known', () =>
      withStore(async (store) => {
        assert.equal(await store.addCalls([call('a', 1), call('b', 2)], [ABOUT]), 2);
        assert.equal(await store.addCalls([call('b', 2), call('c', 3)], [ABOUT]), 1);
        assert.deepEqual(await store.knownCalls(['c', 'nowhere', 'a']), new Set(['a', 'c']));
      }));

    it('filters calls by time, task and count', () =>
      withStore(async (store) => {
        const served = (taskId: string) => ({ by: 'llm', reason: 'shadow', taskId }) as const;
        await store.addCalls(
          [
            call('a', 1),
            call('b', 2, [], { served: served('t1') }),
            call('c', 3, [], { served: served('t1') }),
            call('d', 4, [], { served: served('t2') }),
          ],
          [ABOUT],
        );
        assert.deepEqual(await idsOf(store, { since: 2 }), ['b', 'c', 'd']);
        assert.deepEqual(await idsOf(store, { until: 3 }), ['a', 'b', 'c']);
        assert.deepEqual(await idsOf(store, { taskId: 't1' }), ['b', 'c']);
        assert.deepEqual(await idsOf(store, { taskId: 't1', since: 3, until: 3 }), ['c']);
        assert.deepEqual(await idsOf(store, { limit: 2 }), ['a', 'b']);
        assert.deepEqual(await idsOf(store, { limit: 0 }), []);
        assert.equal(await store.countCalls({ since: 2, until: 3 }), 2);
        assert.equal(await store.countCalls({ taskId: 't2' }), 1);
      }));

    it('counts without the answers to audits where that is wanted', () =>
      withStore(async (store) => {
        const served = (reason: StoredCall['served']['reason']) => ({ by: 'llm', reason, taskId: 't1' });
        await store.addCalls(
          [
            call('a', 1, [], { served: served('audit') }),
            call('b', 2, [], { served: served('canary') }),
            call('c', 3, [], { served: served('audit') }),
          ],
          [ABOUT],
        );
        assert.equal(await store.countCalls(), 3);
        assert.equal(await store.countCalls({ audits: false }), 1);
        assert.equal(await store.countCalls({ audits: false, since: 3 }), 0);
      }));

    it('counts those that the LLM answered, and adds up what calls took by what they have in common', () =>
      withStore(async (store) => {
        const bySpecialist = { by: 's1', reason: 'confident', taskId: 't1' } as const;
        const noon = Date.parse('2026-01-02T12:00Z');
        await store.addCalls(
          [
            call('a', noon, [], { served: bySpecialist }),
            call('b', noon + 1, [], { served: bySpecialist, latencyMs: 7.5 }),
            call('c', noon + 2),
            call('d', noon + 86_400_000, [], { origin: 'o2' }),
            call('e', noon + 3, [], { aboutPart: 'about2' }),
          ],
          [ABOUT, part('about2')],
        );
        assert.equal(await store.countCalls({ byLlm: true }), 3);
        assert.equal(await store.countCalls({ byLlm: true, taskId: 't1' }), 0);
        const usage = await store.usage();
        assert.deepEqual(
          usage.map(({ day, origin, served, aboutPart, calls }) => [
            day,
            origin,
            served.by,
            aboutPart,
            calls,
          ]),
          [
            ['2026-01-02', 'o1', 'llm', 'about', 1],
            ['2026-01-02', 'o1', 'llm', 'about2', 1],
            ['2026-01-02', 'o1', 's1', 'about', 2],
            ['2026-01-03', 'o2', 'llm', 'about', 1],
          ],
        );
        const { day, aboutPart, origin, ...sums } = usage[2]!;
        assert.deepEqual(sums, {
          taskId: 't1',
          served: { by: 's1', reason: 'confident' },
          calls: 2,
          latencyMs: 20,
          promptTokens: 20,
          completionTokens: 6,
          cachedTokens: 4,
        });
        assert.equal((await store.usage({ since: noon + 4 })).length, 1);
        assert.equal((await store.usage({ until: noon - 1 })).length, 0);
      }));

    it('counts how the latest calls of a task were served, by reason', () =>
      withStore(async (store) => {
        const reasons = ['shadow', 'confident', 'audit', 'confident', 'low-confidence'] as const;
        const served = reasons.map((reason, i) =>
          call(`c${i}`, i, [], { served: { by: 'x', reason, taskId: 't1' } }),
        );
        const other = call('d', 9, [], { served: { by: 'x', reason: 'shadow', taskId: 't2' } });
        await store.addCalls([...served, other], [ABOUT]);
        const countsOf = async (limit: number) => Object.fromEntries(await store.countReasons('t1', limit));
        assert.deepEqual(await countsOf(3), { confident: 2, 'low-confidence': 1 });
        assert.deepEqual(await countsOf(9), { shadow: 1, confident: 2, 'low-confidence': 1 });
      }));

    it('finds when the latest call arrived', () =>
      withStore(async (store) => {
        assert.equal(await store.latestCallAt(0), null);
        await store.addCalls([call('a', 30), call('b', 10)], [ABOUT]);
        assert.equal(await store.latestCallAt(0), 30);
        assert.equal(await store.latestCallAt(30), 30);
        assert.equal(await store.latestCallAt(31), null);
      }));

    it('resumes after any call, in the order of time and then id, wherever it was broken off', () =>
      fc.assert(
        fc.asyncProperty(
          fc.uniqueArray(fc.tuple(fc.integer({ min: 0, max: 3 }), fc.stringMatching(/^[0-9a-f]{1,2}$/)), {
            selector: ([, id]) => id,
            minLength: 1,
            maxLength: 12,
          }),
          fc.nat(),
          fc.integer({ min: 1, max: 4 }),
          (made, from, limit) =>
            withStore(async (store) => {
              await store.addCalls(
                made.map(([at, id]) => call(id, at)),
                [ABOUT],
              );
              const ordered = made
                .toSorted(([a, x], [b, y]) => a - b || (x < y ? -1 : 1))
                .map(([at, id]) => ({ at, id }));
              assert.deepEqual(
                (await all(store)).map(({ at, id }) => ({ at, id })),
                ordered,
              );
              const after = ordered[from % ordered.length]!;
              const rest = ordered.slice((from % ordered.length) + 1).map(({ id }) => id);
              assert.deepEqual(await idsOf(store, { after }), rest);
              assert.deepEqual(await idsOf(store, { after, limit }), rest.slice(0, limit));
            }),
        ),
        { numRuns: 25 },
      ));

    it('reads many calls in batches of bounded size, also while they are deleted', () =>
      withStore(async (store) => {
        const many = Array.from({ length: 2500 }, (_, n) => call(`c${String(n).padStart(4, '0')}`, 7));
        await store.addCalls(many, [ABOUT]);
        const sizes: number[] = [];
        let seen = 0;
        for await (const batch of store.calls()) {
          sizes.push(batch.length);
          seen += batch.length;
          await store.deleteCalls(batch.map(({ id }) => id));
        }
        assert.equal(seen, 2500);
        assert.ok(Math.max(...sizes) <= 1000, `${sizes}`);
        assert.equal(await store.countCalls(), 0);
      }));

    it('leaves calls and parts that are already there as they are', () =>
      withStore(async (store) => {
        const first = call('a', 1, ['p1']);
        await store.addCalls([first], [ABOUT, part('p1', 'first')]);
        await store.addCalls([call('a', 99, ['p2'])], [ABOUT, part('p1', 'second'), part('p2')]);
        assert.deepEqual(await all(store), [first]);
        assert.equal(textOf(await store.parts(['p1']), 'p1'), 'first');
        assert.equal((await store.parts(['p2'])).size, 0, 'a part that no call holds is not kept');
      }));

    it('keeps all or nothing of a batch', () =>
      withStore(async (store) => {
        await assert.rejects(
          store.addCalls([call('a', 1, ['p1']), call('b', 2, ['missing'])], [ABOUT, part('p1')]),
          (error) => error instanceof UnderstudyError && error.code === 'bad-input',
        );
        assert.equal(await store.countCalls(), 0);
        assert.equal((await store.parts(['p1'])).size, 0);
        await store.addCalls([call('a', 1, ['p1'])], [ABOUT, part('p1')]);
        assert.equal(await store.countCalls(), 1);
      }));

    it('adds nothing that was sealed under a key that is gone, or another one has followed', () =>
      withStore(async (store) => {
        const key = { day: DAY, wrapped: new Uint8Array([1]) };
        const refused = { code: 'not-found' };
        await assert.rejects(store.addCalls([call('a', 1)], [ABOUT], [key]), refused);
        await store.addKey(key);
        assert.equal(await store.addCalls([call('a', 1)], [ABOUT], [key]), 1);
        await store.deleteKey(DAY);
        await assert.rejects(store.addCalls([call('b', 2)], [ABOUT], [key]), refused);
        const fresh = { day: DAY, wrapped: new Uint8Array([2]) };
        await store.addKey(fresh);
        await assert.rejects(store.addCalls([call('b', 2)], [ABOUT], [key]), refused);
        assert.deepEqual(await idsOf(store), ['a']);
        assert.equal(await store.addCalls([call('b', 2)], [ABOUT], [fresh]), 1);
      }));

    it('deletes a part with the last call that holds it', () =>
      withStore(async (store) => {
        await store.addCalls(
          [call('a', 1, ['shared', 'own']), call('b', 2, ['shared'], { responsePart: 'answer' })],
          [ABOUT, part('shared'), part('own'), part('answer')],
        );
        assert.deepEqual(await store.deleteCalls(['a', 'a', 'unknown']), { calls: 1, parts: 1 });
        assert.deepEqual([...(await store.parts(['shared', 'own', 'answer'])).keys()].sort(), [
          'answer',
          'shared',
        ]);
        assert.deepEqual(await store.deleteCalls(['b']), { calls: 1, parts: 3 });
        assert.equal((await store.parts(['shared', 'own', 'answer', 'about'])).size, 0);
        assert.equal(await store.countCalls(), 0);
      }));

    it('purges what was deleted while nobody else reads', () =>
      withStore(async (store) => {
        await store.addCalls([call('a', 1)], [ABOUT]);
        await store.deleteCalls(['a']);
        assert.equal(await store.purge(), true);
      }));

    it('keeps the words of a site once', () =>
      withStore(async (store) => {
        assert.equal((await store.vocabulary()).size, 0);
        await store.addVocabulary('site1', [
          { id: 'h1', text: 'refund' },
          { id: 'h2', text: 'Puma' },
        ]);
        await store.addVocabulary('site1', [{ id: 'h1', text: 'refund' }]);
        await store.addVocabulary('site2', [{ id: 'h1', text: 'refund' }]);
        assert.deepEqual(
          await store.vocabulary(),
          new Map([
            ['site1', ['refund', 'Puma']],
            ['site2', ['refund']],
          ]),
        );
      }));
  });
}
