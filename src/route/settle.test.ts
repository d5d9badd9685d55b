import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CallResponse } from '../core/call.ts';
import { isCorrectByMajority } from './settle.ts';

const saying = (content: string): CallResponse => ({
  model: 'm',
  message: { role: 'assistant', content },
  finishReason: 'stop',
  usage: null,
});

/** The specialist says 'a', the LLM first 'b', then these. */
async function settle(later: readonly (string | null)[]): Promise<{ correct: boolean; asked: number }> {
  let asked = 0;
  const correct = await isCorrectByMajority(saying('b'), {
    again: async () => {
      const answer = later[asked++] ?? null;
      return answer === null ? null : saying(answer);
    },
    isCorrect: ({ message }) => message.content === 'a',
    same: (x, y) => x.message.content === y.message.content,
  });
  return { correct, asked };
}

test('the specialist is correct where two later answers of the LLM say what it said, and only there', async () => {
  assert.deepEqual(await settle(['a', 'a']), { correct: true, asked: 2 });
  assert.deepEqual(await settle(['b']), { correct: false, asked: 1 });
  for (const later of [
    ['a', 'b'],
    ['a', 'c'],
    ['c', 'a'],
    ['c', 'c'],
    ['a', null],
  ])
    assert.deepEqual(await settle(later), { correct: false, asked: 2 }, later.join());
  assert.deepEqual(await settle([null]), { correct: false, asked: 1 });
});
