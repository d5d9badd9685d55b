import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OutputKind } from '../../core/answer.ts';
import type { Example } from '../../core/dataset.ts';
import { seededRandom } from '../../core/random.ts';
import { whyNotClassified } from './answer-classes.ts';
import { fillTemplate, learnCopying, toTemplate } from './answer-template.ts';

const example = (input: string, answer: string): Example => ({
  id: input,
  callId: input,
  sessionId: input,
  at: 0,
  input,
  answer,
  weight: 1,
});

/** Learns copying from the first examples, then answers the last input with the first one's template. */
const transfer = (kind: OutputKind, pairs: readonly (readonly [string, string])[], input: string) => {
  const examples = pairs.map(([text, answer]) => example(text, answer));
  const plan = learnCopying(kind, examples);
  const templates = new Set(examples.map(({ input, answer }) => toTemplate(kind, plan, input, answer)));
  assert.equal(templates.size, 1, [...templates].join('\n'));
  return fillTemplate(kind, plan, null, [...templates][0]!, input);
};

test('a number that JSON would change is not copied', () => {
  const pairs = [['Account 4711.', '{"account":4711}']] as const;
  assert.equal(transfer('json', pairs, 'Account 4712.')?.answer, '{"account":4712}');
  assert.equal(
    transfer('json', [['Account 471147114711.', '{"account":471147114711}']], 'Account 9007199254740993.'),
    null,
  );
});

test('a tool call copies order numbers, amounts as numbers, and dates', () => {
  const filled = transfer(
    'tool',
    [
      [
        'Refund $12.50 for order ORD-58213, bought 2024-05-01.',
        'refund {"order":"ORD-58213","amount":12.5,"on":"2024-05-01"}',
      ],
      [
        'Bought 2024-06-11: please send back 120.00 for ord-1234567!',
        'refund {"order":"ORD-1234567","amount":120,"on":"2024-06-11"}',
      ].map((text) => text.replace('ord-1234567', 'ORD-1234567')) as [string, string],
    ],
    'My order ORD-99887 from 2025-01-30 was bad. 7.99 please.',
  );
  assert.equal(filled?.answer, 'refund {"order":"ORD-99887","amount":7.99,"on":"2025-01-30"}');
  assert.equal(filled?.slotConfidence, 1);
});

test('case changes are part of the pointer', () => {
  const filled = transfer('json', [['order ab-1234 broke', '{"order":"AB-1234"}']], 'where is cd-9876?');
  assert.equal(filled?.answer, '{"order":"CD-9876"}');
});

test('a constant that happens to stand in an input is not a copy', () => {
  const pairs = [
    ['2 socks for A-1111', '{"id":"A-1111","priority":2}'],
    ['hat for A-2222', '{"id":"A-2222","priority":2}'],
    ['coat for A-3333', '{"id":"A-3333","priority":2}'],
  ] as const;
  assert.equal(transfer('json', pairs, 'gloves 5 A-4444')?.answer, '{"id":"A-4444","priority":2}');
});

test('text copies inside sentences', () => {
  const filled = transfer(
    'text',
    [
      ['Where is 55512?', 'Order 55512 is on its way.'],
      ['Any news of 77123', 'Order 77123 is on its way.'],
    ],
    'tell me about 10009 please',
  );
  assert.equal(filled?.answer, 'Order 10009 is on its way.');
});

test('nothing to copy is no answer; more candidates than asked for is less clear', () => {
  const plan = learnCopying('json', [example('order 12345', '{"id":"12345"}')]);
  const template = toTemplate('json', plan, 'order 12345', '{"id":"12345"}');
  assert.equal(fillTemplate('json', plan, null, template, 'no number here'), null);
  assert.equal(fillTemplate('json', plan, null, template, '11111 not 22222')?.slotConfidence, 0.5);
  assert.equal(fillTemplate('json', plan, null, template, '11111, I repeat 11111')?.slotConfidence, 1);
});

test('labels are their own templates', () => {
  const plan = { paths: [''], slots: [] };
  assert.equal(toTemplate('label', plan, 'order 12345', '12345'), '12345');
  assert.equal(fillTemplate('label', plan, null, '12345', 'whatever')?.answer, '12345');
});

test('answers that are all different cannot be classified', () => {
  const random = seededRandom(1);
  const many = Array.from({ length: 100 }, () => ({ template: `answer ${random.next()}`, weight: 1 }));
  assert.match(whyNotClassified('label', many) ?? '', /100 of 100/);
  const few = many.map(({ weight }, i) => ({ template: i % 2 ? 'yes' : 'no', weight }));
  assert.equal(whyNotClassified('label', few), null);
});
