import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Example } from '../../core/dataset.ts';
import { profileOf } from './profile.ts';

const example = (input: string, answer: string, i: number): Example => ({
  id: `ex_${i}`,
  callId: `call_${i}`,
  sessionId: `session_${i}`,
  at: i,
  weight: 1,
  input,
  answer,
});
const NONE = { repeated: 0, differing: 0 };

test('repetition is counted over calls, entropy in bits', () => {
  const answers = [...Array(5).fill('a'), ...Array(5).fill('b'), 'c', 'd'];
  const examples = answers.map((answer: string, i) => example(i < 4 ? 'the same' : `input ${i}`, answer, i));
  const profile = profileOf('label', examples, NONE);
  assert.equal(profile.answersRepeated, 10 / 12);
  assert.equal(profile.inputsRepeated, 4 / 12);
  assert.equal(profile.distinctAnswers, 4);
  const even = profileOf(
    'label',
    ['a', 'b', 'c', 'd'].map((answer, i) => example('x', answer, i)),
    NONE,
  );
  assert.equal(even.entropyBits, 2);
  assert.equal(profile.copyable, null);
});

test('values that stand in the input are copyable, in whatever case; flags and gaps are no values', () => {
  const examples = [
    example('order 4711 for Ann', '{"order":4711,"name":"ann","urgent":true,"note":null}', 1),
    example('order 12', '{"order":13}', 2),
  ];
  assert.equal(profileOf('json', examples, NONE).copyable, 2 / 3);
});

test('few repeated inputs say nothing of contradictions', () => {
  assert.equal(profileOf('label', [], { repeated: 10, differing: 5 }).contradicted, null);
  assert.equal(profileOf('label', [], { repeated: 100, differing: 5 }).contradicted, 0.05);
});
