/** Calls, their payloads and feedback on them, in the admin API. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { z } from 'zod';
import { adminApi } from '../../test/support/admin-api.ts';
import { callListSchema, callSchema, explanationSchema } from './schemas/calls.ts';
import { eventListSchema } from './schemas/events.ts';
import { payloadSchema } from './schemas/payload.ts';

const api = adminApi();
const { ask, post, read, asRole } = api;

describe('calls', () => {
  it('come a page at a time, each once, newest first', async () => {
    const ids: string[] = [];
    let last = Number.POSITIVE_INFINITY;
    for (let next: string | null = ''; next !== null; ) {
      const page: z.infer<typeof callListSchema> = await read(
        callListSchema,
        `/calls?task=task_action&limit=37${next === '' ? '' : `&cursor=${next}`}`,
      );
      for (const { id, at } of page.calls) {
        assert.ok(at <= last);
        last = at;
        ids.push(id);
      }
      next = page.next;
    }
    assert.equal(new Set(ids).size, ids.length);
    assert.equal(ids.length, await api.storage.store.countCalls({ taskId: 'task_action' }));
  });

  it('are filtered by who served, and why', async () => {
    const served = await read(callListSchema, '/calls?servedBy=specialist&limit=20');
    assert.ok(
      served.calls.every(({ servedBy, reason }) => servedBy === 'specialist' && reason === 'confident'),
    );
    const low = await read(callListSchema, '/calls?reason=low-confidence&limit=20');
    assert.ok(low.calls.length > 0 && low.calls.every(({ reason }) => reason === 'low-confidence'));
    assert.equal(low.calls[0]?.model, 'gpt-4.1-mini');
  });

  it('refuse a reason that there is none of, and a cursor that no page gave', async () => {
    assert.equal((await ask('/calls?reason=because')).status, 400);
    assert.equal((await ask('/calls?cursor=soon')).status, 400);
  });

  it('are explained from the record', async () => {
    const found = await read(explanationSchema, `/calls/${api.day.served[0]}/explanation`);
    assert.match(found.summary, /^The specialist for .* answered: its confidence of/);
    assert.equal(found.steps.filter(({ outcome }) => outcome === 'decided').length, 1);
    assert.ok(found.confidence!.value >= found.confidence!.threshold!);
  });
});

describe('payloads', () => {
  it('are opened by a reviewer, and the opening is on record', async () => {
    const id = api.day.differed[0]!;
    const opened = await asRole('reviewer', () => post(`/calls/${id}/payload`));
    assert.equal(opened.status, 200);
    const payload = payloadSchema.strict().parse(await opened.json());
    assert.match(payload.messages[1]?.content ?? '', /^Hello, my order/);
    assert.ok(payload.answer && payload.llmAnswer, 'both answers of an audited call');
    assert.notDeepEqual(payload.answer, payload.llmAnswer);
    const { openings } = await read(callSchema, `/calls/${id}`);
    assert.deepEqual(
      openings.map(({ by }) => by),
      ['a reviewer'],
    );
    const { events } = await read(eventListSchema, '/events?kind=payload-read');
    assert.equal(events[0]?.text, 'A payload was opened by a reviewer.');
    const [entry] = await api.storage.store.trail(0, 1);
    assert.deepEqual([entry?.action, entry?.subject, entry?.actor.keyId], ['payloads-opened', id, 'key_1']);
  });

  it('are opened by nobody below a reviewer, and nothing is put on record', async () => {
    const id = api.day.served[1]!;
    const refused = await asRole('viewer', () => post(`/calls/${id}/payload`));
    assert.equal(refused.status, 403);
    assert.doesNotMatch(await refused.text(), /order/);
    assert.deepEqual((await read(callSchema, `/calls/${id}`)).openings, []);
    const operator = await asRole('operator', () => post(`/calls/${id}/payload`));
    assert.equal(operator.status, 403, 'who may deploy need not read');
  });

  it('stand in no other answer', async () => {
    for (const path of [
      '/overview',
      '/tasks',
      '/tasks/task_triage',
      '/calls',
      `/calls/${api.day.served[0]}`,
      '/events',
    ])
      assert.doesNotMatch(await (await ask(path)).text(), /Hello, my order/, path);
  });
});

describe('feedback', () => {
  it('is taken as the gateway takes it', async () => {
    const body = { call_id: api.day.served[0], name: 'correction', value: 'return' };
    const response = await post('/feedback', body);
    assert.deepEqual([response.status, await response.json()], [200, { added: true }]);
    assert.deepEqual(api.given.at(-1)?.about, { callId: api.day.served[0] });
  });

  it('is refused with what is wrong with it', async () => {
    const response = await post('/feedback', { call_id: api.day.served[0], name: 'correct', value: 'yes' });
    assert.equal(response.status, 400);
    assert.match(await response.text(), /must be true or false/);
  });
});
