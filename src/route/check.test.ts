import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { CallRequest } from '../core/call.ts';
import type { Json, JsonObject } from '../core/json.ts';
import type { Task } from '../core/task.ts';
import { answerCheck, whyUncheckable } from './check.ts';

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

const wants = (schema: JsonObject): CallRequest =>
  request({ responseFormat: { type: 'json_schema', json_schema: { name: 'x', schema } } });

const label = { type: 'string', enum: ['late', 'lost'], pattern: '^[a-z\\_\\-]+$' };
const dialects: readonly [string, JsonObject, readonly string[], readonly string[]][] = [
  ...[
    undefined,
    'http://json-schema.org/draft-07/schema#',
    'http://json-schema.org/draft-06/schema#',
    'https://json-schema.org/draft/2019-09/schema',
    'https://json-schema.org/draft/2020-12/schema',
    'https://example.com/a-schema-of-our-own',
  ].flatMap((name): [string, JsonObject, string[], string[]][] =>
    ['$defs', 'definitions'].map((defs) => [
      `${name ?? 'none named'}, ${defs}`,
      {
        ...(name === undefined ? {} : { $schema: name }),
        type: 'object',
        [defs]: { label },
        properties: { label: { $ref: `#/${defs}/label` } },
        required: ['label'],
        additionalProperties: false,
      },
      ['{"label":"late"}'],
      ['{"label":"Late"}', '{"label":"late","x":1}', '{}'],
    ]),
  ),
  [
    'a tuple of draft-07',
    {
      $schema: 'http://json-schema.org/draft-07/schema#',
      items: [{ type: 'string' }],
      additionalItems: false,
    },
    ['["a"]'],
    ['[1]', '["a",1]'],
  ],
  [
    'a tuple of draft-07, not named',
    { items: [{ type: 'string' }], additionalItems: false },
    ['["a"]'],
    ['[1]', '["a",1]'],
  ],
  [
    'a tuple of 2020-12, not named',
    { prefixItems: [{ type: 'string' }], items: false },
    ['["a"]'],
    ['[1]', '["a",1]'],
  ],
  [
    'what only 2019-09 has',
    {
      $schema: 'https://json-schema.org/draft/2019-09/schema',
      properties: { a: { type: 'string' } },
      dependentRequired: { a: ['b'] },
      unevaluatedProperties: { type: 'number' },
    },
    ['{"a":"x","b":1}'],
    ['{"a":"x"}', '{"b":"x"}'],
  ],
  ['a pattern that needs u', { items: { pattern: '^\\p{Lu}$' } }, ['["Ä"]'], ['["ä"]', '["p{Lu}"]']],
  ['a pattern that u forbids', { items: { pattern: '^[\\w\\-\\:]+$' } }, ['["a-b:c"]'], ['["a b"]']],
  ['a pattern that might take long', { items: { pattern: '^(a+)+$' } }, [], ['["a"]', '[]']],
  ['an asynchronous schema', { $async: true, type: 'object' }, [], ['{}', '[]']],
  ['a reference to elsewhere', { $ref: 'https://example.com/schema' }, [], ['{}']],
  ['a schema that is too large', { description: 'x'.repeat(70_000) }, [], ['{}']],
  [
    'properties of every object',
    { properties: { constructor: { type: 'string' } } },
    ['{}', '{"constructor":"x"}'],
    ['{"constructor":1}'],
  ],
];

test('schemas of every dialect in use are checked, and what cannot be lets nothing through', () => {
  const check = answerCheck(task('json'));
  for (const [name, schema, right, wrong] of dialects) {
    for (const text of right) assert.notEqual(check(text, wants(schema)), null, `${name}: ${text}`);
    for (const text of wrong) assert.equal(check(text, wants(schema)), null, `${name}: ${text}`);
    const responseFormat = wants(schema).responseFormat!;
    assert.equal(whyUncheckable({ ...task('json'), responseFormat }) === null, right.length > 0, name);
  }
});

test('a spelling of a label is that label, and nothing said is an answer where it is a label', () => {
  const check = answerCheck(task('label', ['late', 'broken', '']));
  assert.deepEqual(check('**Late**', request()), { kind: 'text', text: 'late' });
  assert.deepEqual(check('∅', request()), { kind: 'text', text: '' });
  assert.equal(check('', request()), null);
  assert.equal(check('constructor', request()), null);
});

test('a label fits limits under which the LLM gave it', () => {
  const limited = { ...task('label', ['unavailable', 'late', 'lost']), labelLimits: [2, 1, null] };
  const check = answerCheck(limited);
  const at = (max_tokens: number) => request({ params: { max_tokens } });
  assert.deepEqual(check('unavailable', at(2)), { kind: 'text', text: 'unavailable', fits: true });
  assert.deepEqual(check('unavailable', at(1)), { kind: 'text', text: 'unavailable' });
  assert.deepEqual(check('lost', at(9)), { kind: 'text', text: 'lost' });
  assert.deepEqual(check('late', request()), { kind: 'text', text: 'late' });
});

test('any schema and any text are checked or refused, and nothing throws', () => {
  const keyword = fc.constantFrom(
    ...[
      'type',
      'properties',
      'items',
      '$ref',
      '$id',
      '$schema',
      '$async',
      'pattern',
      'enum',
      'required',
      '$defs',
    ],
    ...['anyOf', 'not', 'format', 'constructor', '__proto__', 'dependencies', '$recursiveRef', '$dynamicRef'],
  );
  const value = fc.oneof(
    fc.constantFrom<Json>(
      'object',
      'string',
      '#',
      '#/$defs/a',
      true,
      false,
      1,
      null,
      '(a+)+',
      '[',
      ['a'],
      'x:y',
    ),
    fc.json({ maxDepth: 1 }).map((text) => JSON.parse(text) as Json),
  );
  const schema = fc.letrec<{ schema: Json }>((tie) => ({
    schema: fc
      .array(fc.tuple(keyword, fc.oneof({ depthSize: 'small' }, value, tie('schema'))), { maxLength: 4 })
      .map((entries) => Object.fromEntries(entries) as Json),
  })).schema;
  const text = fc.oneof(
    fc.json(),
    fc.json().map((args) => `f ${args}`),
    fc.string(),
  );
  fc.assert(
    fc.property(schema, text, (made, said) => {
      const tools = [{ name: 'f', description: '', parameters: made }];
      for (const kind of ['json', 'tool', 'label', 'text'] as const)
        answerCheck(task(kind, ['a']))(said, { ...wants(made as JsonObject), tools });
    }),
    { numRuns: 150 },
  );
});

test('a schema that is met again is compiled once, and many schemas are not all kept', () => {
  // The kept checks are not seen from outside; that evicted ones are made anew, and right, is.
  const check = answerCheck(task('json'));
  for (let round = 0; round < 2; round++)
    for (let i = 0; i < 100; i++) {
      assert.notEqual(check(`{"n":${i}}`, wants({ properties: { n: { const: i } } })), null);
      assert.equal(check(`{"n":${i + 1}}`, wants({ properties: { n: { const: i } } })), null);
    }
});
