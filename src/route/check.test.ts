import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CallRequest } from '../core/call.ts';
import type { Task } from '../core/task.ts';
import { answerCheck } from './check.ts';

const task = (kind: Task['kind'], labels: readonly string[] = []): Task => ({
  id: 'task_1',
  name: 'a task',
  sites: [],
  kind,
  labels,
  tools: [],
  responseFormat: null,
  calls: 0,
});
const request = (fields: Partial<CallRequest> = {}): CallRequest => ({
  model: 'm',
  messages: [],
  tools: [],
  stream: false,
  params: {},
  ...fields,
});
const refund = {
  name: 'refund',
  description: '',
  parameters: { type: 'object', properties: { order: { type: 'string' } }, required: ['order'] },
};

test('a label must be one that the task knows', () => {
  const check = answerCheck(task('label', ['late', 'broken']));
  assert.deepEqual(check('late', request()), { kind: 'text', text: 'late' });
  assert.equal(check('lost', request()), null);
  assert.equal(check('', request()), null);
});

test('JSON must follow the schema of the request it answers', () => {
  const check = answerCheck(task('json'));
  const responseFormat = {
    type: 'json_schema',
    json_schema: {
      name: 'x',
      schema: { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] },
    },
  };
  assert.deepEqual(check('{"n":1}', request({ responseFormat })), { kind: 'json', value: { n: 1 } });
  assert.equal(check('{"n":"one"}', request({ responseFormat })), null);
  assert.equal(check('{"n":1', request({ responseFormat })), null);
  assert.notEqual(check('{"anything":true}', request()), null);
});

test('a tool call must name a tool of the request, with arguments that its schema allows', () => {
  const check = answerCheck(task('tool'));
  const tools = [refund];
  assert.notEqual(check('refund {"order":"48213"}', request({ tools })), null);
  assert.equal(check('refund {"order":48213}', request({ tools })), null);
  assert.equal(check('refund {"order":"48213"}', request()), null);
  assert.equal(check('pay {"order":"48213"}', request({ tools })), null);
  assert.equal(check('I would refund it.', request({ tools })), null);
});

test('what cannot be checked is not served: a schema that does not compile lets nothing through', () => {
  const broken = { ...refund, parameters: { type: 'no such type' } };
  assert.equal(answerCheck(task('tool'))('refund {}', request({ tools: [broken] })), null);
});

test('schemas that differ may have the same $id', () => {
  const check = answerCheck(task('tool'));
  for (const order of ['48213', '48214']) {
    const parameters = { $id: 'refund', type: 'object', properties: { order: { enum: [order] } } };
    const offered = request({ tools: [{ ...refund, parameters }] });
    assert.notEqual(check(`refund {"order":"${order}"}`, offered), null);
    assert.equal(check('refund {"order":"1"}', offered), null);
  }
});
