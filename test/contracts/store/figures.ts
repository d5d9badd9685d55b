/** What every FigureStore must do: what it adds up is what the calls themselves come to. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { FigureStore } from '../../../src/core/figures.ts';
import type { CallStore, EventStore, SealedPart, StoredCall } from '../../../src/core/store.ts';
import type { Opener } from './store.ts';

const PARTS: readonly SealedPart[] = ['about-1', 'about-2'].map((id) => ({
  id,
  day: '2026-01-02',
  sealed: new Uint8Array(Buffer.from(id)),
}));
const REASONS = ['confident', 'low-confidence', 'no-specialist', 'audit'] as const;
const SINCE = 1000;
const UNTIL = 2000;

/** Some of them outside of the range, some at the same time. */
const callsArb: fc.Arbitrary<StoredCall[]> = fc
  .array(
    fc.record({
      at: fc.integer({ min: SINCE - 50, max: UNTIL + 50 }),
      reason: fc.constantFrom(...REASONS),
      task: fc.constantFrom(null, 't1', 't2'),
      about: fc.constantFrom('about-1', 'about-2'),
      status: fc.constantFrom(200, 200, 200, 500),
      latencyMs: fc.integer({ min: 1, max: 900 }),
      tokens: fc.nat(1000),
    }),
    { maxLength: 60 },
  )
  .map((drawn) =>
    drawn.map(({ at, reason, task, about, status, latencyMs, tokens }, i) => ({
      id: `call_${String(i).padStart(4, '0')}`,
      at,
      status,
      latencyMs,
      sessionId: 's',
      origin: '',
      stream: false,
      requestParts: [],
      responsePart: null,
      aboutPart: about,
      promptTokens: tokens,
      completionTokens: tokens >> 1,
      cachedTokens: tokens >> 2,
      served: {
        by: reason === 'confident' ? 'spec_1' : 'llm',
        reason,
        ...(task === null ? {} : { taskId: task }),
      },
    })),
  );

const sum = (numbers: readonly number[]): number => numbers.reduce((total, n) => total + n, 0);

export function figureStoreContract(
  name: string,
  withStore: Opener<FigureStore & CallStore & EventStore>,
): void {
  describe(`figure store contract: ${name}`, () => {
    it('adds up the calls of each bucket, task, reason and kind', () =>
      fc.assert(
        fc.asyncProperty(callsArb, fc.integer({ min: 1, max: 1500 }), async (calls, bucketMs) =>
          withStore(async (store) => {
            await store.addCalls(calls, PARTS);
            const within = calls.filter(({ at }) => at >= SINCE && at < UNTIL);
            const sums = await store.callSums({ since: SINCE, until: UNTIL, bucketMs });
            assert.equal(sum(sums.map((each) => each.calls)), within.length);
            for (const each of sums) {
              const own = within.filter(
                ({ at, served, aboutPart }) =>
                  SINCE + Math.floor((at - SINCE) / bucketMs) * bucketMs === each.at &&
                  (served.taskId ?? null) === each.taskId &&
                  served.reason === each.reason &&
                  aboutPart === each.aboutPart,
              );
              assert.equal(each.calls, own.length);
              assert.equal(each.promptTokens, sum(own.map(({ promptTokens }) => promptTokens)));
              assert.equal(each.completionTokens, sum(own.map(({ completionTokens }) => completionTokens)));
              assert.equal(each.cachedTokens, sum(own.map(({ cachedTokens }) => cachedTokens)));
            }
          }),
        ),
        { numRuns: 25 },
      ));

    it('gives quantiles that are latencies, without answers to audits and without failed calls', () =>
      fc.assert(
        fc.asyncProperty(callsArb, async (calls) =>
          withStore(async (store) => {
            await store.addCalls(calls, PARTS);
            const filter = { since: SINCE, until: UNTIL, bucketMs: UNTIL - SINCE };
            const classOf = ({ served }: StoredCall): string =>
              served.by === 'llm' ? (served.reason === 'low-confidence' ? 'escalated' : 'llm') : 'specialist';
            const found = await store.latencySums(filter);
            for (const wanted of ['specialist', 'llm', 'escalated']) {
              const own = calls
                .filter(
                  (call) =>
                    call.at >= SINCE &&
                    call.at < UNTIL &&
                    call.status < 400 &&
                    call.served.reason !== 'audit' &&
                    classOf(call) === wanted,
                )
                .map(({ latencyMs }) => latencyMs)
                .sort((a, b) => a - b);
              const one = found.find(({ served }) => served === wanted);
              assert.equal(one?.calls ?? 0, own.length);
              if (!one) continue;
              assert.equal(one.p50, own[Math.ceil(0.5 * own.length) - 1]);
              assert.equal(one.p95, own[Math.ceil(0.95 * own.length) - 1]);
            }
          }),
        ),
        { numRuns: 25 },
      ));

    it('lists calls page after page, each once, newest first, as the filter has it', () =>
      fc.assert(
        fc.asyncProperty(callsArb, fc.integer({ min: 1, max: 9 }), async (calls, limit) =>
          withStore(async (store) => {
            await store.addCalls(calls, PARTS);
            const listed: StoredCall[] = [];
            for (;;) {
              const before = listed.at(-1);
              const page = await store.listCalls({
                limit,
                servedBy: 'llm',
                since: SINCE,
                until: UNTIL,
                ...(before ? { before } : {}),
              });
              listed.push(...page);
              if (page.length < limit) break;
            }
            const wanted = calls
              .filter(({ at, served }) => served.by === 'llm' && at >= SINCE && at <= UNTIL)
              .sort((a, b) => b.at - a.at || (a.id < b.id ? 1 : -1));
            assert.deepEqual(listed, wanted);
          }),
        ),
        { numRuns: 25 },
      ));

    it('adds up the answers that would not have been used', () =>
      withStore(async (store) => {
        const one = (reason: 'error' | 'invalid-output', answers: number) => ({
          deploymentId: 'd1',
          reason,
          answers,
        });
        await store.addUnused([one('invalid-output', 3), one('error', 1)]);
        await store.addUnused([one('invalid-output', 4)]);
        assert.deepEqual(await store.unused(), [one('error', 1), one('invalid-output', 7)]);
      }));

    it('gives one call by its id', () =>
      withStore(async (store) => {
        const [call] = fc.sample(callsArb, { numRuns: 20, seed: 1 }).find((calls) => calls.length > 0)!;
        await store.addCalls([call!], PARTS);
        assert.deepEqual(await store.callOf(call!.id), call);
        assert.equal(await store.callOf('nothing'), null);
      }));

    it('lists events newest first, and what came since', () =>
      withStore(async (store) => {
        for (const id of ['e1', 'e2', 'e3'])
          await store.addEvent({
            id,
            at: 5,
            kind: id === 'e2' ? 'a' : 'b',
            subject: 's',
            detail: { id },
          });
        const [newest, middle] = await store.listEvents({ limit: 2 });
        assert.deepEqual([newest?.id, middle?.id, newest?.detail], ['e3', 'e2', { id: 'e3' }]);
        assert.deepEqual(
          (await store.listEvents({ limit: 9, before: middle!.cursor })).map(({ id }) => id),
          ['e1'],
        );
        assert.deepEqual(
          (await store.listEvents({ limit: 9, after: middle!.cursor })).map(({ id }) => id),
          ['e3'],
        );
        assert.deepEqual(
          (await store.listEvents({ limit: 9, kind: 'a' })).map(({ id }) => id),
          ['e2'],
        );
      }));
  });
}
