/** What every FeedbackStore must do; its calls are a CallStore's, its keys a KeyStore's. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { UnderstudyError } from '../../../src/core/errors.ts';
import type {
  CallStore,
  FeedbackStore,
  KeyStore,
  StoredCall,
  StoredFeedback,
} from '../../../src/core/store.ts';
import type { Opener } from './store.ts';

const DAY = '2026-01-02';
const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));

const onCall = (id: string, callId: string, at = 1, day = DAY): StoredFeedback => ({
  id,
  at,
  callId,
  sessionId: null,
  content: { id: `part-${id}`, day, sealed: bytes(`said ${id}`) },
});
const onSession = (id: string, sessionId: string, day = DAY): StoredFeedback => ({
  ...onCall(id, '', 1, day),
  callId: null,
  sessionId,
});
const call = (id: string, sessionId: string, by = 'llm'): StoredCall => ({
  id,
  at: 1,
  sessionId,
  origin: '',
  stream: false,
  status: 200,
  latencyMs: 1,
  promptTokens: 0,
  completionTokens: 0,
  cachedTokens: 0,
  served: { by, reason: by === 'llm' ? 'no-specialist' : 'confident' },
  aboutPart: 'about',
  requestParts: [],
  responsePart: null,
});
const ABOUT = { id: 'about', day: DAY, sealed: bytes('about') };

export function feedbackStoreContract(
  name: string,
  withStore: Opener<FeedbackStore & CallStore & KeyStore>,
): void {
  describe(`feedback store contract: ${name}`, () => {
    it('gives feedback on calls back as it was given, oldest first, before its calls are there too', () =>
      withStore(async (store) => {
        const [late, early, other] = [onCall('b', 'c1', 20), onCall('a', 'c1', 10), onCall('c', 'c2')];
        assert.equal(await store.addFeedback([late, early, other]), 3);
        assert.deepEqual(await store.feedbackOn(['c1', 'c1', 'c9']), [early, late]);
        assert.equal(await store.countFeedback(), 3);
      }));

    it('keeps the first of an id', () =>
      withStore(async (store) => {
        assert.equal(await store.addFeedback([onCall('a', 'c1', 1)]), 1);
        assert.equal(await store.addFeedback([onCall('a', 'c1', 2), onCall('b', 'c1', 3)]), 1);
        assert.deepEqual(
          (await store.feedbackOn(['c1'])).map(({ at }) => at),
          [1, 3],
        );
      }));

    it('adds nothing where a key that sealed it is gone', () =>
      withStore(async (store) => {
        const key = { day: DAY, wrapped: bytes('key') };
        await store.addKey(key);
        await store.addFeedback([onCall('a', 'c1')], [key]);
        await store.deleteKey(DAY);
        await assert.rejects(
          store.addFeedback([onCall('b', 'c1')], [key]),
          (error) => error instanceof UnderstudyError && error.code === 'not-found',
        );
        assert.equal(await store.countFeedback(), 1);
      }));

    it('is counted by the task of its call, and from a time on', () =>
      withStore(async (store) => {
        const ofTask = { ...call('c1', 's1', 'spec_1') };
        await store.addCalls(
          [{ ...ofTask, served: { ...ofTask.served, taskId: 't1' } }, call('c2', 's1')],
          [ABOUT],
        );
        await store.addFeedback([onCall('a', 'c1'), onCall('b', 'c2'), onSession('c', 's1')]);
        const [{ at } = { at: 0 }] = await store.feedbackOn(['c1']);
        assert.equal(await store.countFeedback({ taskId: 't1' }), 1);
        assert.equal(await store.countFeedback({ taskId: 't2' }), 0);
        assert.equal(await store.countFeedback({ taskId: 't1', since: at }), 1);
        assert.equal(await store.countFeedback({ since: at + 1e9 }), 0);
      }));

    it('is deleted with its call, or with its day', () =>
      withStore(async (store) => {
        await store.addCalls([call('c1', 's1'), call('c2', 's1')], [ABOUT]);
        await store.addFeedback([
          onCall('a', 'c1'),
          onCall('b', 'c2'),
          onSession('c', 's1'),
          onSession('d', 's1', '2026-01-03'),
        ]);
        await store.deleteCalls(['c1']);
        assert.deepEqual(await store.feedbackOn(['c1']), []);
        assert.equal(await store.countFeedback(), 3);
        assert.equal(await store.deleteFeedback([DAY, DAY, '2026-05-05']), 2);
        assert.equal(await store.countFeedback(), 1);
      }));

    it('tells the session of each, and whether a specialist served in it', () =>
      withStore(async (store) => {
        await store.addCalls(
          [call('c1', 's1'), call('c2', 's1', 'spec_1'), call('c3', 's2'), call('c4', 's2')],
          [ABOUT],
        );
        const many = Array.from({ length: 1200 }, (_, i) => onCall(`m${i}`, 'c4'));
        await store.addFeedback([
          onCall('a', 'c1'),
          onSession('b', 's2'),
          onCall('c', 'unknown'),
          onSession('d', 'unknown'),
          ...many,
        ]);
        const found = (await Array.fromAsync(store.sessionFeedback())).flat();
        assert.equal(found.length, 1202);
        const short = new Map(found.map(({ id, session, bySpecialist }) => [id, [session, bySpecialist]]));
        assert.deepEqual(short.get('a'), ['s1', true]);
        assert.deepEqual(short.get('b'), ['s2', false]);
        assert.deepEqual(short.get('m1199'), ['s2', false]);
        assert.equal(short.has('c') || short.has('d'), false);
        assert.deepEqual(await store.callTimes(['c1', 'c1', 'unknown']), new Map([['c1', 1]]));
      }));
  });
}
