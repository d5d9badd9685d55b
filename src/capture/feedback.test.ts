import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { exampleCall, NOON, temporaryFolder } from '../../test/support/calls.ts';
import { openDataFolder, REDACTION } from '../../test/support/data-folder.ts';
import type { EntityFinder } from '../core/entity.ts';
import type { Feedback, FeedbackContent } from '../core/feedback.ts';
import { newId } from '../core/ids.ts';
import { drain, nothingDrained } from './drain.ts';
import { eraseDays } from './erase.ts';
import { openContent } from './feedback.ts';
import { openRecorder } from './recorder.ts';
import { secondStage } from './second-stage.ts';
import { dayOf } from './vault.ts';

const DAY_MS = 24 * 3600_000;

async function setUp() {
  const dataDir = temporaryFolder();
  const folder = openDataFolder(dataDir);
  const journal = join(dataDir, 'journal');
  const recorder = await openRecorder({
    dir: journal,
    vault: folder.vault,
    redaction: REDACTION,
    log: assert.fail,
    now: () => NOON,
  });
  const corrections = async () =>
    (await folder.calls()).map(({ feedback }) => feedback?.correction?.content ?? null);
  return { ...folder, dataDir, journal, recorder, corrections };
}

const on = (callId: string, content: Partial<FeedbackContent>, id: string | null = null): Feedback => ({
  id,
  about: { callId },
  content: { name: 'correction', value: { role: 'assistant', content: 'billing' }, comment: '', ...content },
});
const gatewayCall = (at: number) => exampleCall(1, { id: newId('call', at), at });

test('a correction stands at its call, whichever of them comes into the store first', async () => {
  for (const isFirst of [true, false]) {
    const { recorder, journal, drain: drainAll, corrections, store } = await setUp();
    const call = gatewayCall(NOON);
    const steps = [() => recorder.record(call, ''), () => recorder.recordFeedback(on(call.id, {}), NOON + 5)];
    for (const step of isFirst ? steps.reverse() : steps) {
      assert.equal(await step(), true);
      recorder.rotate();
      await drainAll(journal);
    }
    assert.deepEqual(await corrections(), ['billing']);
    await recorder.close();
    await store.close();
  }
});

test('of several corrections the latest counts; with an id of its own, one counts once', async () => {
  const { recorder, journal, drain: drainAll, corrections, store, calls } = await setUp();
  const call = gatewayCall(NOON);
  await recorder.record(call, '');
  const say = (content: string, at: number, id: string | null = null) =>
    recorder.recordFeedback(on(call.id, { value: { role: 'assistant', content } }, id), NOON + at);
  await say('second', 2);
  await say('first', 1);
  await say('third', 3, 'my id');
  await say('too late', 4, 'my id');
  await recorder.recordFeedback(on(call.id, { name: 'correct', value: false }), NOON + 9);
  recorder.rotate();
  await drainAll(journal);
  assert.deepEqual(await corrections(), ['third']);
  assert.equal((await calls())[0]?.feedback?.correct, false);
  assert.equal(await store.countFeedback(), 4);
  await recorder.close();
  await store.close();
});

test('what was said is redacted like the call, in both stages, and readable in no file', async () => {
  const { recorder, journal, store, vault, context, dataDir, calls } = await setUp();
  const call = gatewayCall(NOON);
  await recorder.record(call, '');
  const content: Partial<FeedbackContent> = {
    value: { role: 'assistant', content: '{"to":"anna.schmidt@web.de","about":"Zbigniewska"}' },
    comment: 'Ask Zbigniewska, +49 170 1234567',
  };
  await recorder.recordFeedback(on(call.id, content, 'anna.schmidt@web.de'), NOON);
  await recorder.recordFeedback(
    { id: null, about: { session: 'anna.schmidt' }, content: { name: 'r', value: 1, comment: '' } },
    NOON,
  );
  recorder.rotate();
  const finder: EntityFinder = {
    find: async (texts) =>
      texts.map((text) =>
        [...text.matchAll(/Zbigniewska/g)].map(({ index }) => ({
          kind: 'person' as const,
          start: index,
          end: index + 'Zbigniewska'.length,
        })),
      ),
    close: async () => {},
  } as EntityFinder;
  const stage = secondStage({ vault, store, finder, context });
  const drained = await drain({ dir: journal, store, openStage: async () => stage });
  assert.deepEqual(drained, { ...nothingDrained(), calls: 1 });
  const correction = (await calls())[0]?.feedback?.correction?.content ?? '';
  assert.match(correction, /^\{"to":"[^"]+@[^"]+","about":"[^"]+"\}$/);
  const [stored] = await store.feedbackOn([call.id]);
  const said = openContent(stored!.content, await vault.ring([stored!.content.day]));
  for (const text of [correction, said?.comment ?? ''])
    assert.doesNotMatch(text, /anna\.schmidt@web\.de|Zbigniewska|170 1234567/);
  for (const name of readdirSync(dataDir, { recursive: true, encoding: 'utf8' })) {
    if (statSync(join(dataDir, name)).isDirectory()) continue;
    const bytes = readFileSync(join(dataDir, name));
    for (const text of ['anna.schmidt', 'Zbigniewska', 'correction', '"r"'])
      assert.ok(!bytes.includes(text), `${text} in ${name}`);
  }
  await recorder.close();
  await store.close();
});

test('what is long is sealed in the thread, and comes back whole', async () => {
  const { recorder, journal, drain: drainAll, corrections, store } = await setUp();
  const call = gatewayCall(NOON);
  await recorder.record(call, '');
  const long = 'The parcel is on its way. '.repeat(1500);
  assert.equal(
    await recorder.recordFeedback(on(call.id, { value: { role: 'assistant', content: long } }), NOON),
    true,
  );
  await recorder.close();
  await drainAll(journal);
  assert.deepEqual(await corrections(), [long]);
  await store.close();
});

test('erasing the day of a call erases what was said of it on later days, stored or on its way', async () => {
  for (const isDrained of [true, false]) {
    const { recorder, journal, drain: drainAll, store, vault } = await setUp();
    const call = gatewayCall(NOON);
    const stays = gatewayCall(NOON + DAY_MS);
    await recorder.record(call, '');
    await recorder.record(stays, '');
    recorder.rotate();
    await drainAll(journal);
    for (const { id } of [call, stays]) await recorder.recordFeedback(on(id, {}), NOON + DAY_MS);
    recorder.rotate();
    if (isDrained) {
      await drainAll(journal);
      const [stored] = await store.feedbackOn([call.id]);
      assert.equal(stored?.content.day, dayOf(NOON), 'under the key of its call');
    }
    const day = dayOf(NOON);
    await eraseDays({ store, journals: [journal], from: day, to: day });
    assert.deepEqual(await drainAll(journal), nothingDrained());
    assert.deepEqual(await store.feedbackOn([call.id]), []);
    assert.equal((await store.feedbackOn([stays.id])).length, 1);
    assert.equal((await vault.ring([day])).has(day), false, 'the erased day has no new key');
    await recorder.close();
    await store.close();
  }
});

test('erasing the day of what was said of a session erases it', async () => {
  const { recorder, journal, drain: drainAll, store } = await setUp();
  const said = { name: 'resolved', value: true, comment: 'thanks' };
  await recorder.recordFeedback({ id: null, about: { session: 's' }, content: said }, NOON);
  recorder.rotate();
  await drainAll(journal);
  assert.equal(await store.countFeedback(), 1);
  await eraseDays({ store, journals: [journal], from: null, to: dayOf(NOON) });
  assert.equal(await store.countFeedback(), 0);
  await recorder.close();
  await store.close();
});

test('one that cannot be stored keeps out neither the others nor the calls, and is counted', async () => {
  const { recorder, journal, corrections, store, stage } = await setUp();
  const call = gatewayCall(NOON);
  await recorder.record(call, '');
  await recorder.recordFeedback(on(call.id, {}, 'good'), NOON);
  await recorder.recordFeedback(on(call.id, { name: 'rating', value: 1 }, 'bad'), NOON + 1);
  recorder.rotate();
  const picky = {
    ...store,
    addFeedback: async (...[feedback, keys]: Parameters<typeof store.addFeedback>) => {
      assert.ok(feedback.every(({ at }) => at === NOON));
      return store.addFeedback(feedback, keys);
    },
  };
  const drained = await drain({ dir: journal, store: picky, openStage: async () => stage });
  assert.deepEqual(drained, { ...nothingDrained(), calls: 1, damaged: 1, quarantined: 1 });
  assert.deepEqual(await corrections(), ['billing']);
  await recorder.close();
  await store.close();
});
