import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plainCall } from '../../test/support/calls.ts';
import { letterPairs } from '../../test/support/letter-pairs.ts';
import type { Call } from '../core/call.ts';
import { configSchema } from '../core/config.ts';
import { seededRandom } from '../core/random.ts';
import { retrievalText } from '../report/retrieval-text.ts';
import { checkRetrieval } from './retrieval-check.ts';

const WORDS = {
  refund: 'money back refund return purchase paid twice charge'.split(' '),
  delivery: 'parcel late courier arrive package track post delivery'.split(' '),
} as const;

/** Mails of two topics, by default each call in a session of its own. */
function calls(
  n: number,
  answer: (topic: keyof typeof WORDS, i: number) => string,
  session: (i: number) => string = String,
): Call[] {
  const random = seededRandom(1);
  return Array.from({ length: n }, (_, i) => {
    const topic = i % 2 === 0 ? 'refund' : 'delivery';
    const words = Array.from({ length: 5 }, () => random.pick(WORDS[topic])).join(' ');
    return plainCall(
      i,
      {
        system: 'You sort the mail of a shop. Answer with one word and no more.',
        user: `${words} ${i}`,
        answer: answer(topic, i),
      },
      { sessionId: session(i) },
    );
  });
}

const options = { config: configSchema.parse({}), known: [], encoder: letterPairs, notes: [] };
const nearestOf = async (given: Call[]): Promise<Record<string, number>> => {
  const { tasks } = await checkRetrieval(given, options);
  return Object.fromEntries(tasks[0]!.retrievers.map(({ name, nearest }) => [name, nearest.share]));
};

test('where alike inputs are answered alike the nearest other call has the answer', async () => {
  const shares = await nearestOf(calls(200, (topic) => topic));
  assert.ok(shares.hybrid! > 0.95 && shares.lexical! > 0.95, JSON.stringify(shares));
  assert.equal(shares.field, 0);
});

test('where answers have nothing to do with inputs it has the answer as often as chance has', async () => {
  const random = seededRandom(2);
  const shares = await nearestOf(calls(400, () => random.pick(['a', 'b', 'c', 'd'])));
  for (const name of ['hybrid', 'lexical', 'dense'])
    assert.ok(shares[name]! < 0.4, `${name} ${shares[name]}`);
});

test('a call of the same session is never the nearest', async () => {
  // Each session has an answer of its own, so only its own calls could have it.
  const shares = await nearestOf(
    calls(
      200,
      (_, i) => `label${i >> 2}`,
      (i) => `session${i >> 2}`,
    ),
  );
  for (const share of Object.values(shares)) assert.equal(share, 0);
});

test('the report names each retriever, and without an encoder says so', async () => {
  const report = await checkRetrieval(
    calls(100, (topic) => topic),
    { ...options, encoder: null },
  );
  assert.deepEqual(
    report.tasks[0]?.retrievers.map(({ name }) => name),
    ['hybrid', 'lexical', 'field'],
  );
  const text = retrievalText(report, { width: 100, color: false });
  assert.match(text, /There\s+is\s+no\s+encoder\s+here/);
  assert.match(text, /lexical +\d/);
  assert.match(retrievalText({ ...report, tasks: [] }, { width: 100, color: false }), /Next: more calls/);
});
