/** What a proof was about, and what of a later task or request it does not cover. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { CallRequest, Tool } from '../core/call.ts';
import type { CallSite, Task } from '../core/task.ts';
import { assign, taskAlike } from './assign.ts';
import { asProved, likeProved, provedOn, type TimedRequest, whyUnproved } from './proved.ts';
import { signatureOf } from './signature.ts';
import { withShapes } from './slot-shape.ts';
import { distil } from './variable-part.ts';

const NOW = Date.UTC(2026, 10, 23, 12);
const tool = (description: string, parameters: object = { type: 'object', properties: {} }): Tool => ({
  name: 'look_up',
  description,
  parameters: parameters as Tool['parameters'],
});
const requestOf = (date: string, text: string, over: Partial<CallRequest> = {}): CallRequest => ({
  model: 'm',
  tools: [],
  stream: false,
  params: {},
  messages: [
    { role: 'system', content: `Today is ${date}. You sort the mail of a shop. Answer with one label.` },
    { role: 'user', content: text },
  ],
  ...over,
});
const timed = (request: CallRequest): TimedRequest => ({ request, at: NOW });

const TEMPLATE = { pieces: ['Today is ', '. You sort the mail of a shop. Answer with one label.'] };
function taskOf(requests: readonly CallRequest[], over: Partial<Task> = {}): Task {
  const { toolNames, formatHash, turn } = signatureOf(requests[0]!);
  const site: CallSite = {
    id: 'site_1',
    system: TEMPLATE,
    user: { pieces: ['', ''] },
    toolNames,
    formatHash,
    turn,
  };
  return {
    id: 'task_1',
    name: 'mail',
    kind: 'label',
    labels: ['late', 'broken'],
    tools: [],
    responseFormat: null,
    calls: requests.length,
    sites: [withShapes(site, requests)],
    ...over,
  };
}

const dates = fc
  .date({ min: new Date('2024-01-01'), max: new Date('2027-12-31'), noInvalidDate: true })
  .map((date) => date.toISOString().slice(0, 10));
const texts = fc.string({ minLength: 1, maxLength: 60, unit: fc.constantFrom(...'abc de.\n') });

test('requests that were proved on, and others of their kind, are like those that were proved', () =>
  fc.assert(
    fc.property(
      fc.array(fc.tuple(dates, texts), { minLength: 1, maxLength: 8 }),
      dates,
      texts,
      (made, day, text) => {
        const learnt = made.map(([date, words]) => requestOf(date, `a ${words}`));
        const task = taskOf(learnt);
        const isLike = likeProved(task, provedOn(task, learnt.map(timed)));
        assert.ok(learnt.every((request) => isLike(timed(request))));
        assert.ok(isLike(timed(requestOf(day, text))));
      },
    ),
  ));

test('a prompt that was edited within a slot is unlike what was proved, whatever was added', () =>
  fc.assert(
    fc.property(
      dates,
      fc
        .string({ minLength: 3, maxLength: 80, unit: fc.constantFrom(...'xyzäß,! ') })
        .filter((s) => /\p{L}/u.test(s)),
      (day, edit) => {
        const learnt = ['2026-11-20', '2026-11-21', '2026-11-22'].map((date) =>
          requestOf(date, 'Where is it?'),
        );
        const task = taskOf(learnt);
        const edited = requestOf(`${day}. ${edit}`, 'Where is it?');
        assert.notEqual(distil(task, edited), null);
        assert.equal(likeProved(task, provedOn(task, learnt.map(timed)))(timed(edited)), false);
      },
    ),
  ));

test('a tool or a format that was changed is unlike what was proved; the time in a description is no change', () => {
  const at = (minute: string): Tool => tool(`Looks up an order. It is 2026-11-23 12:${minute}.`);
  const format = (max: number) =>
    ({
      type: 'json_schema',
      json_schema: {
        name: 'a',
        schema: { type: 'object', properties: { n: { type: 'number', maximum: max } } },
      },
    }) as CallRequest['responseFormat'];
  const made = (tools: readonly Tool[], max: number): CallRequest => {
    const responseFormat = format(max);
    return requestOf('2026-11-23', 'Where?', { tools, ...(responseFormat ? { responseFormat } : {}) });
  };
  const learnt = [made([at('00')], 5), made([at('01')], 5)];
  const task = taskOf(learnt, {
    kind: 'json',
    labels: [],
    tools: [at('01')],
    responseFormat: format(5) ?? null,
  });
  const proved = provedOn(task, learnt.map(timed));
  assert.equal(proved.tools?.versions.length, 1);
  assert.equal(proved.tools?.schemas.length, 1);
  const isLike = likeProved(task, proved);
  assert.ok(isLike(timed(made([at('59')], 5))));
  // What is recorded of a description may have had a name replaced.
  assert.ok(isLike(timed(made([tool('Looks up an order, as Anna does.')], 5))));
  assert.ok(!isLike(timed(made([at('01')], 6))));
  const changed = tool(at('01').description, { type: 'object', properties: { id: { type: 'string' } } });
  assert.ok(!isLike(timed(made([changed], 5))));

  const latest = (tools: readonly Tool[], of: number) => [
    ...Array.from({ length: 20 - of }, () => timed(made([at('30')], 5))),
    ...Array.from({ length: of }, () => timed(made(tools, 5))),
  ];
  assert.equal(whyUnproved(task, proved), null);
  for (const now of [changed, tool('Looks up an order or an invoice.')]) {
    assert.equal(whyUnproved(task, proved, latest([now], 10)), null);
    assert.match(whyUnproved(task, proved, latest([now], 11)) ?? '', /tools/);
  }
  assert.match(whyUnproved({ ...task, tools: [] }, proved) ?? '', /tools/);
  assert.match(whyUnproved({ ...task, responseFormat: format(6) ?? null }, proved) ?? '', /format/);
  assert.match(whyUnproved({ ...task, responseFormat: null }, proved) ?? '', /format/);
});

test('a label more, another kind of answer or another token bias ends a proof; a label less and a new order do not', () => {
  const learnt = [requestOf('2026-11-23', 'Where?')];
  const task = taskOf(learnt);
  const proved = provedOn(task, learnt.map(timed));
  assert.equal(whyUnproved(task, proved), null);
  assert.equal(whyUnproved({ ...task, labels: ['broken', 'late'] }, proved), null);
  assert.equal(whyUnproved({ ...task, labels: ['late'] }, proved), null);
  const added = whyUnproved({ ...task, labels: ['late', 'broken', 'a secret'] }, proved) ?? '';
  assert.match(added, /1 label more/);
  assert.doesNotMatch(added, /secret/);
  assert.match(whyUnproved({ ...task, kind: 'text' }, proved) ?? '', /text/);
  assert.match(whyUnproved({ ...task, logitBias: { '11': 5 } }, proved) ?? '', /bias/);
  assert.equal(whyUnproved({ ...task, kind: 'text' }, undefined), null);
});

test('after a template is widened, the calls of the old one are read as before, and no others', () => {
  const learnt = ['2026-11-22', '2026-11-23'].map((date) => requestOf(date, 'Where is it?'));
  const task = taskOf(learnt);
  const proved = provedOn(task, learnt.map(timed));
  const wide: CallSite = { ...task.sites[0]!, id: 'site_2', system: { pieces: ['Today is ', ''] } };
  const widened: Task = { ...task, sites: [wide] };
  const other = requestOf('2026-11-23', 'Where is it?');
  const asked: CallRequest = {
    ...other,
    messages: [{ role: 'system', content: 'Today is 2026-11-23. Write a poem.' }, other.messages[1]!],
  };
  const own = asProved(widened, proved);
  assert.equal(whyUnproved(widened, proved), null);
  assert.equal(distil(own, learnt[0]!), distil(task, learnt[0]!));
  assert.equal(distil(own, asked), null);
  assert.notEqual(distil(widened, asked), null);
});

test('a request that follows no template is of the only task with its signature, if there is one', () => {
  const learnt = [requestOf('2026-11-23', 'Where?')];
  const task = taskOf(learnt);
  const rewritten: CallRequest = {
    ...learnt[0]!,
    messages: [
      { role: 'system', content: 'A prompt of tomorrow.' },
      { role: 'user', content: 'Where?' },
    ],
  };
  const [one, two] = [[task], [task, { ...task, id: 'task_2' }]];
  assert.equal(assign(one, rewritten), null);
  assert.equal(taskAlike(one, rewritten)?.id, 'task_1');
  assert.equal(taskAlike(two, rewritten), null);
  assert.equal(taskAlike(one, { ...rewritten, tools: [tool('')] }), null);
  assert.equal(taskAlike(one, { ...rewritten, messages: [rewritten.messages[1]!] }), null);
});
