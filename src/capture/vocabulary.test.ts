import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Call } from '../core/call.ts';
import { vocabularyFinder } from './vocabulary.ts';

const call = (said: string, content: string): Call => ({
  id: said,
  at: 0,
  sessionId: said,
  origin: '',
  tags: {},
  status: 200,
  latencyMs: 1,
  request: {
    model: 'm',
    tools: [],
    params: {},
    stream: false,
    messages: [
      { role: 'system', content: 'Fill in the form.' },
      { role: 'user', content: said },
    ],
  },
  response: { model: 'm', message: { role: 'assistant', content }, finishReason: 'stop', usage: null },
  served: { by: 'llm', reason: 'no-specialist' },
});

/** The words found over calls, each said otherwise, with the answers that are given. */
function wordsOf(answers: readonly string[]): Set<string> {
  const finder = vocabularyFinder();
  return new Set(answers.flatMap((content, i) => finder.find('site', call(`mail ${i}`, content))));
}

describe('vocabularyFinder', () => {
  const articles = ['Halden oak stool', 'Tarn moka pot', 'Linnea duvet cover', 'Brisa fan heater'];
  it('finds the values of a field that takes few, and nothing of one that takes many', () => {
    const words = wordsOf(
      Array.from({ length: 200 }, (_, i) =>
        JSON.stringify({ article: articles[i % 4], customer: `Ms Wood${i}`, order: String(10_000 + i) }),
      ),
    );
    assert.deepEqual([...words].sort(), [...articles].sort());
  });

  it('takes no name of a person for a word, however often it comes', () => {
    const people = ['Anna Meyer', 'David van Dyk', 'Maria'];
    const words = wordsOf(Array.from({ length: 200 }, (_, i) => JSON.stringify({ clerk: people[i % 3] })));
    assert.deepEqual([...words], []);
  });
});
