import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { said, setUp } from '../../../test/support/imports.ts';

/** Small inputs that once failed, where they are at hand. */
const CASES = join(import.meta.dirname, '../../../../shared/cases');
const ofCase = (name: string) => ({
  skip: existsSync(join(CASES, name)) ? false : `${join(CASES, name)} is not here`,
});
function setUpCase() {
  const { loadWith, read } = setUp();
  const load = (name: string) => loadWith([join(CASES, name)], { now: () => Date.UTC(2026, 11, 1) });
  return { load, read };
}

test('case: function calls of the older form', ofCase('06-function-call.jsonl'), async () => {
  const { load, read } = setUpCase();
  assert.equal((await load('06-function-call.jsonl')).calls, 3);
  const calls = await read();
  assert.ok(calls.every((call) => call.request.tools[0]?.name === 'weather'));
  assert.equal(calls.filter((call) => call.response?.message.toolCalls?.[0]?.name === 'weather').length, 2);
});

test('case: line separators in strings', ofCase('07-u2028.jsonl'), async () => {
  const { load } = setUpCase();
  const result = await load('07-u2028.jsonl');
  assert.deepEqual([result.calls, result.skipped], [4, {}]);
});

test(
  'case: LiteLLM, whose assistant turns are no calls of their own',
  ofCase('08-litellm.jsonl'),
  async () => {
    const { load, read } = setUpCase();
    const result = await load('08-litellm.jsonl');
    assert.deepEqual([result.calls, result.files[0]?.format, result.untimed], [2, 'litellm', 0]);
    assert.deepEqual((await read()).map(said), [
      'The blue one. → Yes, three are left.',
      'Is the chair in stock? → No.',
    ]);
    const [first] = await read();
    assert.deepEqual([first?.sessionId, first?.latencyMs, first?.at], ['s1', 1300, 1_790_000_000_100]);
  },
);

test('case: batches of two days with the same ids', ofCase('09-batch-days'), async () => {
  const { load, read } = setUpCase();
  const result = await load('09-batch-days');
  assert.deepEqual([result.calls, result.skipped], [6, {}]);
  for (const call of await read()) {
    assert.equal(
      call.request.messages[0]?.content,
      `Which day and number? ${call.response?.message.content}`,
    );
  }
});

test('case: sessions under several names', ofCase('11-sessions.jsonl'), async () => {
  const { load, read } = setUpCase();
  assert.equal((await load('11-sessions.jsonl')).calls, 7);
  assert.deepEqual((await read()).map(({ sessionId }) => sessionId).sort(), [
    '42',
    '42',
    'run-7',
    'run-7',
    'run-8',
    'run-8',
    't1',
  ]);
});

test('case: a folder with a file of another kind', ofCase('12-folder'), async () => {
  const { load } = setUpCase();
  const result = await load('12-folder');
  assert.equal(result.calls, 2);
  assert.deepEqual(result.skipped, { 'of no known format': 1 });
});
